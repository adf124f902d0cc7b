/** Downloads the whole log and checks it. What this returns was checked here; nothing else may be shown. */
import { equalBytes } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { parseJson } from '../../protocol/json.ts';
import { verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { type Cosignature, verifyCosignatures } from '../../protocol/log/cosignature.ts';
import type { PolicyFields } from '../../protocol/log/kinds/policy.ts';
import { emptyLedger, type Ledger } from '../../protocol/log/ledger.ts';
import { parseNote, parseVerifierKey } from '../../protocol/log/note.ts';
import { type JudgedEntry, Replay } from '../../protocol/log/replay.ts';
import { entriesPath, parseEntryBundle, TILE_WIDTH } from '../../protocol/log/tiles.ts';
import { hashLeaf } from '../../protocol/log/tree.ts';
import { readArray, readInteger, readMap, readString } from '../../protocol/shape.ts';
import { HashTree } from '../hash-tree.ts';
import { explorerError } from './errors.ts';

/** An entry that was found under the signed root. */
export interface CheckedEntry {
  index: number;
  bytes: Uint8Array;
  judged: JudgedEntry;
  /** The policy under which it was judged; null for the first. */
  policy: PolicyFields | null;
}

export interface CheckedLog {
  origin: string;
  witnesses: string[];
  quorum: number;
  checkpoint: { note: string; size: number; root: Uint8Array };
  cosignatures: Cosignature[];
  entries: CheckedEntry[];
  tree: HashTree;
  ledger: Ledger;
  checkedAt: number;
}

async function get(path: string): Promise<Uint8Array> {
  const options = { cache: 'no-cache', credentials: 'omit', redirect: 'error' } as const;
  const response = await fetch(path, options).catch((cause) => {
    throw explorerError('WAX_EXPLORER_UNREACHABLE', path, { cause });
  });
  if (!response.ok) throw explorerError('WAX_EXPLORER_UNREACHABLE', `${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Who the log says it is. The page says in words that these keys have to be compared with known ones. */
async function readIdentity() {
  const status = readMap(parseJson(await get('/api/v1/status')), 'status');
  return {
    origin: readString(status.origin, 'origin'),
    logKey: parseVerifierKey(readString(status.key, 'key')),
    genesis: readString(status.policyEntry, 'policyEntry'),
    quorum: readInteger(status.quorum, 'quorum', 1, 64),
    witnesses: readArray(status.witnesses, 'witnesses', (value, path) =>
      parseVerifierKey(readString(readMap(value, path).key, `${path}.key`)),
    ),
  };
}

/** A bundle at the right edge may have been replaced by the full one since the checkpoint was read. */
async function readBundle(index: number, width: number): Promise<Uint8Array[]> {
  try {
    return parseEntryBundle(await get(`/${entriesPath(index, width)}`), width);
  } catch (error) {
    if (width === TILE_WIDTH || !(error instanceof CodedError)) throw error;
    return parseEntryBundle(await get(`/${entriesPath(index)}`), TILE_WIDTH).slice(0, width);
  }
}

/** Loads and checks everything; throws a coded error that says what is wrong. */
export async function loadLog(onProgress: (done: number, size: number) => void): Promise<CheckedLog> {
  const { origin, logKey, genesis, quorum, witnesses } = await readIdentity();
  const note = new TextDecoder().decode(await get('/checkpoint'));
  const { size, root } = await verifyCheckpoint(note, logKey, origin);
  const cosignatures = await verifyCosignatures(parseNote(note), witnesses);
  if (cosignatures.length < quorum) {
    throw explorerError('WAX_EXPLORER_QUORUM', `${cosignatures.length} of ${quorum}`);
  }

  const tree = new HashTree();
  const replay = Replay.from(emptyLedger(origin, genesis));
  const entries: CheckedEntry[] = [];
  let policy: PolicyFields | null = null;
  while (tree.size < size) {
    onProgress(tree.size, size);
    const bundle = await readBundle(tree.size / TILE_WIDTH, Math.min(TILE_WIDTH, size - tree.size));
    for (const bytes of bundle) tree.append(hashLeaf(bytes));
    for (const [offset, judged] of (await replay.apply(bundle)).entries()) {
      const bytes = bundle[offset] as Uint8Array;
      entries.push({ index: judged.index, bytes, judged, policy });
      if (judged.error === null && judged.statement?.kind === 'policy') policy = judged.statement;
    }
  }
  if (!equalBytes(tree.root(), root)) throw explorerError('WAX_EXPLORER_ROOT', `size ${size}`);
  return {
    origin,
    witnesses: witnesses.map(({ name }) => name),
    quorum,
    checkpoint: { note, size, root },
    cosignatures,
    entries,
    tree,
    ledger: replay.ledger(),
    checkedAt: Date.now(),
  };
}
