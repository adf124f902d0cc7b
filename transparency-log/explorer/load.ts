/** Downloads the whole log and checks it. What this returns was checked here; nothing else may be believed. */
import { equalBytes } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { parseJson } from '../../protocol/json.ts';
import { verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignatures } from '../../protocol/log/cosignature.ts';
import type { Publisher } from '../../protocol/log/kinds/policy.ts';
import { emptyLedger } from '../../protocol/log/ledger.ts';
import { parseNote, parseVerifierKey } from '../../protocol/log/note.ts';
import { Replay } from '../../protocol/log/replay.ts';
import { entriesPath, parseEntryBundle, TILE_WIDTH } from '../../protocol/log/tiles.ts';
import { hashLeaf } from '../../protocol/log/tree.ts';
import { readArray, readInteger, readMap, readString } from '../../protocol/shape.ts';
import { HashTree } from '../hash-tree.ts';
import { Approvals } from './approvals.ts';
import { explorerError } from './errors.ts';
import { GrowthRecord } from './growth.ts';
import { digestLike, hasWords } from './query.ts';
import type { LogSource, Query, ViewedEntry } from './source.ts';

/** A checked log, with the signed checkpoint that everything in it adds up to. */
export interface CheckedLog extends LogSource {
  readonly note: string;
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
  const approvals = new Approvals();
  const entries: ViewedEntry[] = [];
  const growth = new GrowthRecord();
  let publishers: readonly Publisher[] = [];
  while (tree.size < size) {
    onProgress(tree.size, size);
    const bundle = await readBundle(tree.size / TILE_WIDTH, Math.min(TILE_WIDTH, size - tree.size));
    for (const bytes of bundle) tree.append(hashLeaf(bytes));
    for (const [offset, judged] of (await replay.apply(bundle)).entries()) {
      const { index, statement, error } = judged;
      const bytes = bundle[offset] as Uint8Array;
      const target =
        statement?.kind === 'status' ? (entries[statement.index]?.judged.statement ?? null) : null;
      const isPolicy = error === null && statement?.kind === 'policy';
      if (isPolicy && index === 0) publishers = statement.publishers;
      entries.push({ index, bytes, judged, publishers, target });
      growth.add(judged);
      approvals.add(judged);
      if (isPolicy) publishers = statement.publishers;
    }
  }
  if (!equalBytes(tree.root(), root)) throw explorerError('WAX_EXPLORER_ROOT', `size ${size}`);
  const matches =
    (query: Query) =>
    ({ judged, bytes }: ViewedEntry) =>
      'words' in query
        ? hasWords(judged, query.words)
        : digestLike(judged, bytes, query.fingerprint) !== null;
  return {
    isChecked: true,
    note,
    origin,
    size,
    quorum,
    witnesses: witnesses.map(({ name }) => ({
      name,
      at: cosignatures.find((cosignature) => cosignature.name === name)?.at ?? null,
    })),
    approvals,
    growth,
    entry: async (index) => entries[index] ?? null,
    entriesBefore: async (before, limit) =>
      entries.slice(Math.max(0, Math.min(before, size) - limit), before).toReversed(),
    find: async (query, before, limit) =>
      entries.slice(0, before).toReversed().filter(matches(query)).slice(0, limit),
    inclusion: async (index) => ({ proof: tree.proof(index, size), size, root }),
  };
}
