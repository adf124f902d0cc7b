import { equalBytes, parseUtf8 } from '../protocol/bytes.ts';
import { CodedError } from '../protocol/errors.ts';
import { type Checkpoint, verifyCheckpoint } from '../protocol/log/checkpoint.ts';
import type { VerifierKey } from '../protocol/log/note.ts';
import { hashLeaf } from '../protocol/log/tree.ts';
import { serverError } from './errors.ts';
import type { HashTree } from './hash-tree.ts';
import { CHECKPOINT_LIMIT, request } from './http.ts';
import type { LogRules } from './rules.ts';
import type { EntryStore, Storage } from './storage/storage.ts';
import { changedFiles } from './tree-files.ts';

/** Entries read from the database at a time. */
const CHUNK = 1024;
/** For the whole answer of the public address. */
const PUBLISHED_TIMEOUT_MS = 5000;

/** Writes the identity of a new log, or refuses to go on with a folder that belongs to another one. */
export async function requireIdentity(entries: EntryStore, origin: string, key: VerifierKey): Promise<void> {
  const identity = await entries.identity();
  if (!identity) return entries.begin({ origin, key: key.text });
  if (identity.origin !== origin) throw serverError('WAX_LOGSERVER_ORIGIN', identity.origin);
  if (identity.key !== key.text) throw serverError('WAX_LOGSERVER_FOREIGN_KEY', identity.key);
}

/** Rebuilds tree and ledger from the stored entries alone, and holds the stored head against the result. */
export async function replay(entries: EntryStore, tree: HashTree, rules: LogRules): Promise<void> {
  const head = await entries.head();
  const size = head?.size ?? 0;
  while (tree.size < size) {
    const stored = await entries.entries(tree.size, Math.min(size, tree.size + CHUNK));
    for (const { entry } of stored) tree.append(hashLeaf(entry));
    await rules.replay(stored);
  }
  if (head && !equalBytes(tree.root(), head.root)) throw serverError('WAX_LOGSERVER_DAMAGED', `size ${size}`);
}

/** Throws if this database cannot be the one from which the checkpoint was made. */
export function requireHistory(tree: HashTree, { size, root }: Checkpoint, seenBy: string): void {
  if (size > tree.size)
    throw serverError('WAX_LOGSERVER_BEHIND', `size ${size} by ${seenBy}, ${tree.size} here`);
  if (!equalBytes(tree.root(size), root))
    throw serverError('WAX_LOGSERVER_TWO_ROOTS', `size ${size} by ${seenBy}`);
}

/**
 * Holds the tree against what this log itself signed and published.
 * @returns the published note, or null if nothing was published yet
 */
export async function requireOwnHistory(
  { entries, files }: Storage,
  tree: HashTree,
  key: VerifierKey,
  origin: string,
): Promise<string | null> {
  const signed = await entries.newestSigned();
  if (signed) {
    const checkpoint = await readOwn(signed.note, key, origin, 'the signed checkpoint in the database');
    requireHistory(tree, checkpoint, 'the database');
    if (checkpoint.size !== signed.size || !equalBytes(checkpoint.root, signed.root))
      throw serverError('WAX_LOGSERVER_DAMAGED', `the checkpoint of size ${signed.size}`);
  }
  const published = await files.read('checkpoint');
  if (!published) return null;
  const checkpoint = await readOwn(published, key, origin, 'the published checkpoint');
  requireHistory(tree, checkpoint, 'the published checkpoint');
  return parseUtf8(published);
}

/** What this log wrote itself carries its signature, or something else has written to its disk. */
async function readOwn(
  note: string | Uint8Array,
  key: VerifierKey,
  origin: string,
  what: string,
): Promise<Checkpoint> {
  return verifyCheckpoint(note, key, origin).catch((cause: unknown) => {
    const code = cause instanceof CodedError ? cause.code : 'unreadable';
    throw serverError('WAX_LOGSERVER_DAMAGED', `${what} (${code})`, { cause });
  });
}

/** Writes whichever static files of a tree of `size` are missing or differ: they follow from the entries. */
export async function repairFiles({ entries, files }: Storage, tree: HashTree, size: number): Promise<void> {
  for await (const file of changedFiles(0, size, tree, entries)) {
    const found = await files.read(file.path);
    if (!found || !equalBytes(found, file.bytes)) await files.write([file]);
  }
}

/**
 * The checkpoint at the log's public address, or null if nothing answers there.
 * @throws WAX_LOGSERVER_CONFIG for an answer that is no checkpoint of this log
 */
export async function fetchPublished(
  url: string,
  key: VerifierKey,
  origin: string,
  fetcher: typeof fetch,
): Promise<Checkpoint | null> {
  try {
    const limits = { timeoutMs: PUBLISHED_TIMEOUT_MS, limit: CHECKPOINT_LIMIT };
    const { status, body } = await request({ url: `${url}/checkpoint`, fetch: fetcher, ...limits });
    return status === 200 ? await verifyCheckpoint(body, key, origin) : null;
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    if (cause.code === 'WAX_HTTP_UNREACHABLE') return null;
    // Somebody else's log under our address is a mistake in the configuration, and not a reason to sign.
    throw serverError('WAX_LOGSERVER_CONFIG', `the checkpoint at ${url} is not ours (${cause.code})`, {
      cause,
    });
  }
}
