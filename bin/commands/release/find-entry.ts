/** Finds the entry that something is compared with: in a file, in a log that is verified first, or in any log. */
import { toHex } from '../../../protocol/bytes.ts';
import { parseCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { parseEnvelope } from '../../../protocol/log/dsse.ts';
import { type ApprovalKind, isLogged, type Ledger } from '../../../protocol/log/ledger.ts';
import { parseNote } from '../../../protocol/log/note.ts';
import { parseStatement, type Statement, type StatementOf } from '../../../protocol/log/statement.ts';
import { TILE_WIDTH } from '../../../protocol/log/tiles.ts';
import { LogReader } from '../../../transparency-log/audit/log-reader.ts';
import { nativeHashes } from '../../native-hashes.ts';
import { findContext, readInput } from './context.ts';
import { releaseCommandError } from './errors.ts';

export interface FoundEntry<K extends ApprovalKind> {
  statement: StatementOf<K>;
  statementSha256: string;
  /** Where it stands in the log, and that it is in force; null where no log was asked. */
  logged: { index: number; signers: string[]; threshold: number } | null;
}

/** The ledger of the log that a trust domain names, verified; null without a domain. */
export async function findLedger(domain: string | undefined): Promise<Ledger | null> {
  return (await findContext(domain === undefined ? {} : { domain }))?.ledger ?? null;
}

/** An approval in force, by its place in the log or by its statement. @throws WAX_RELEASECMD_ENTRY */
function inLedger<K extends ApprovalKind>(
  ledger: Ledger,
  kind: K,
  { index, statementSha256 }: { index?: number; statementSha256?: string },
): FoundEntry<K> {
  const wanted = index === undefined ? 'the statement of this file' : `entry ${index}`;
  const logged = ledger.approvals.find((one) =>
    index === undefined ? one.statementSha256 === statementSha256 : one.index === index,
  );
  if (logged === undefined) throw releaseCommandError('WAX_RELEASECMD_ENTRY', wanted);
  if (!isLogged(logged, kind)) throw releaseCommandError('WAX_RELEASECMD_ENTRY', `${wanted} is no ${kind}`);
  if (logged.takenBack !== null) {
    throw releaseCommandError(
      'WAX_RELEASECMD_ENTRY',
      `${wanted} was taken back by entry ${logged.takenBack.index}`,
    );
  }
  const { statement, signers, threshold } = logged;
  return {
    statement,
    statementSha256: logged.statementSha256,
    logged: { index: logged.index, signers, threshold },
  };
}

function isOfKind<K extends ApprovalKind>(
  statement: Statement,
  kind: K,
): statement is StatementOf<K> & Statement {
  return statement.kind === kind;
}

/**
 * `entry` is the number of an entry, which needs a ledger, or a file; with a ledger, the file's statement has to be
 * in force there. @throws WAX_RELEASECMD_ENTRY, WAX_RELEASECMD_OPTION and the errors of reading an entry
 */
export async function findEntry<K extends ApprovalKind>(
  kind: K,
  entry: string,
  ledger: Ledger | null,
): Promise<FoundEntry<K>> {
  if (/^\d{1,9}$/.test(entry)) {
    if (ledger === null) throw releaseCommandError('WAX_RELEASECMD_OPTION', '--domain, to look an entry up');
    return inLedger(ledger, kind, { index: Number(entry) });
  }
  return readEntry(kind, await readInput(entry), ledger);
}

/** What an entry says of this kind; with a ledger, it has to be in force there. */
function readEntry<K extends ApprovalKind>(kind: K, bytes: Uint8Array, ledger: Ledger | null): FoundEntry<K> {
  const { payload } = parseEnvelope(bytes);
  const statement = parseStatement(payload);
  const statementSha256 = toHex(nativeHashes.sha256(payload));
  if (!isOfKind(statement, kind))
    throw releaseCommandError('WAX_RELEASECMD_ENTRY', `it is a ${statement.kind}`);
  if (ledger !== null) return inLedger(ledger, kind, { statementSha256 });
  return { statement, statementSha256, logged: null };
}

const TIMEOUT_MS = 10_000;

/**
 * An entry as a log hands it out, without a look at anybody's signature: for a log of which one has no trust domain.
 * @throws WAX_RELEASECMD_ENTRY, WAX_RELEASECMD_OPTION and the errors of reading a log
 */
export async function fetchEntry<K extends ApprovalKind>(
  kind: K,
  entry: string,
  url: string,
): Promise<FoundEntry<K>> {
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw releaseCommandError('WAX_RELEASECMD_OPTION', '--log URL');
  if (!/^\d{1,9}$/.test(entry))
    throw releaseCommandError('WAX_RELEASECMD_OPTION', '--log goes with a number');
  const reader = new LogReader({ url: url.replace(/\/$/, ''), fetch, timeoutMs: TIMEOUT_MS });
  const { size } = parseCheckpoint(parseNote(await reader.checkpoint()).text);
  const bundle = Math.floor(Number(entry) / TILE_WIDTH);
  if (Number(entry) >= size) throw releaseCommandError('WAX_RELEASECMD_ENTRY', `entry ${entry} of ${size}`);
  const entries = await reader.entries(bundle, Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH));
  return readEntry(kind, entries[Number(entry) % TILE_WIDTH] ?? new Uint8Array(0), null);
}
