/**
 * Evidence that a log misbehaved, in a file that a third party checks without asking anybody.
 *
 * Two signed checkpoints of one size with different roots prove a fork by themselves. For two sizes the file also
 * holds the root that the larger tree has at the smaller size, and the consistency proof for it: a tree has only one
 * root at each size, so if that is not the one signed, the two cannot be of one growing log. A smaller tree shown
 * after a larger one is proven only where one witness cosigned both, the smaller one later.
 * @module
 */
import { equalBytes, parseBase64, toBase64 } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import { type Checkpoint, verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignatures } from '../../protocol/log/cosignature.ts';
import { parseNote, parseVerifierKey, type VerifierKey } from '../../protocol/log/note.ts';
import { consistencyProof, verifyConsistency } from '../../protocol/log/tree.ts';
import { readArray, readObject, readOneOf, readString } from '../../protocol/shape.ts';
import type { HashTree } from '../hash-tree.ts';
import { auditError } from './errors.ts';

export interface Evidence {
  format: 'waxseal-evidence/1';
  kind: 'fork' | 'rollback';
  log: { origin: string; key: string };
  /** Verifier keys of the witnesses that the finder knows. */
  witnesses: string[];
  /** Two signed checkpoints, verbatim, in the order in which they were seen. */
  checkpoints: [string, string];
  /** Base64: what root the larger tree has at the smaller size, and the proof; null where that is not needed. */
  ancestor: { root: string; proof: string[] } | null;
  /** RFC 3339. */
  foundAt: string;
}

export interface LogIdentity {
  origin: string;
  key: VerifierKey;
  witnesses: readonly VerifierKey[];
}

/**
 * Evidence that two signed checkpoints contradict each other.
 * @param ancestry for checkpoints of two sizes: the tree of the larger one, and the size of the smaller
 */
export function forkEvidence(
  log: LogIdentity,
  checkpoints: [string, string],
  ancestry: { tree: HashTree; size: number } | null,
  now: number,
): Evidence {
  const ancestor = ancestry && {
    root: toBase64(ancestry.tree.root(ancestry.size)),
    proof: consistencyProof(ancestry.size, ancestry.tree.size, ancestry.tree.hashAt).map(toBase64),
  };
  return { ...describe(log, checkpoints, now), kind: 'fork', ancestor };
}

/** Evidence that the log showed a smaller tree later. */
export function rollbackEvidence(log: LogIdentity, checkpoints: [string, string], now: number): Evidence {
  return { ...describe(log, checkpoints, now), kind: 'rollback', ancestor: null };
}

function describe({ origin, key, witnesses }: LogIdentity, checkpoints: [string, string], now: number) {
  return {
    format: 'waxseal-evidence/1' as const,
    log: { origin, key: key.text },
    witnesses: witnesses.map(({ text }) => text),
    checkpoints,
    foundAt: new Date(now).toISOString(),
  };
}

const LONGEST = 512 * 1024;

/** Reads an evidence file; throws WAX_AUDIT_EVIDENCE. */
export function parseEvidence(bytes: Uint8Array | string): Evidence {
  try {
    const fields = ['format', 'kind', 'log', 'witnesses', 'checkpoints', 'ancestor', 'foundAt'] as const;
    const file = readObject(parseJson(bytes, { bytes: 4 * LONGEST }), 'evidence', fields);
    const log = readObject(file.log, 'log', ['origin', 'key']);
    const notes = readArray(file.checkpoints, 'checkpoints', readNote, { least: 2, most: 2 });
    return {
      format: readOneOf(file.format, 'format', ['waxseal-evidence/1']),
      kind: readOneOf(file.kind, 'kind', ['fork', 'rollback']),
      log: { origin: readString(log.origin, 'log.origin'), key: readString(log.key, 'log.key') },
      witnesses: readArray(file.witnesses, 'witnesses', (key, path) => readString(key, path)),
      checkpoints: [notes[0] ?? '', notes[1] ?? ''],
      ancestor: file.ancestor === null ? null : readAncestor(file.ancestor),
      foundAt: readString(file.foundAt, 'foundAt'),
    };
  } catch (cause) {
    throw auditError('WAX_AUDIT_EVIDENCE', cause instanceof CodedError ? cause.detail : '', { cause });
  }
}

const readNote = (value: JsonValue, path: string) => readString(value, path, { most: LONGEST });

function readAncestor(value: JsonValue): Evidence['ancestor'] {
  const { root, proof } = readObject(value, 'ancestor', ['root', 'proof']);
  return {
    root: readString(root, 'ancestor.root'),
    proof: readArray(proof, 'ancestor.proof', (hash, path) => readString(hash, path), { most: 64 }),
  };
}

/**
 * Proves from the file alone that the holder of the log's key signed what cannot both be true, and says so in a
 * sentence. Whether that key is the log's is for the reader to compare.
 * @throws WAX_AUDIT_EVIDENCE_REFUTED
 */
export async function verifyEvidence(evidence: Evidence): Promise<string> {
  const key = parseVerifierKey(evidence.log.key);
  const verify = async (note: string): Promise<Checkpoint> => {
    try {
      return await verifyCheckpoint(note, key, evidence.log.origin);
    } catch (cause) {
      throw auditError('WAX_AUDIT_EVIDENCE_REFUTED', 'a checkpoint is not signed by the log', { cause });
    }
  };
  const checkpoints: [Checkpoint, Checkpoint] = [
    await verify(evidence.checkpoints[0]),
    await verify(evidence.checkpoints[1]),
  ];
  return evidence.kind === 'fork' ? proveFork(evidence, checkpoints) : proveRollback(evidence, checkpoints);
}

function proveFork({ ancestor }: Evidence, checkpoints: [Checkpoint, Checkpoint]): string {
  const [smaller, larger] = checkpoints.toSorted((a, b) => a.size - b.size) as [Checkpoint, Checkpoint];
  if (smaller.size === larger.size) {
    if (!equalBytes(smaller.root, larger.root)) return `The log signed two roots for size ${smaller.size}.`;
    throw auditError('WAX_AUDIT_EVIDENCE_REFUTED', 'both checkpoints are the same');
  }
  if (ancestor === null) throw auditError('WAX_AUDIT_EVIDENCE_REFUTED', 'no proof for the smaller size');
  let root: Uint8Array;
  try {
    root = parseBase64(ancestor.root, 32);
    const proof = ancestor.proof.map((hash) => parseBase64(hash, 32));
    verifyConsistency({
      oldSize: smaller.size,
      oldRoot: root,
      newSize: larger.size,
      newRoot: larger.root,
      proof,
    });
  } catch (cause) {
    throw auditError('WAX_AUDIT_EVIDENCE_REFUTED', 'the proof does not verify', { cause });
  }
  if (equalBytes(root, smaller.root))
    throw auditError('WAX_AUDIT_EVIDENCE_REFUTED', 'the larger tree extends the smaller');
  return `The log signed a tree of ${larger.size} entries that does not begin with the tree of ${smaller.size} it also signed.`;
}

async function proveRollback(evidence: Evidence, [first, second]: [Checkpoint, Checkpoint]): Promise<string> {
  if (second.size >= first.size)
    throw auditError('WAX_AUDIT_EVIDENCE_REFUTED', 'the later tree is not smaller');
  const witnesses = evidence.witnesses.map(parseVerifierKey);
  const [before, after] = await Promise.all(
    evidence.checkpoints.map((note) => verifyCosignatures(parseNote(note), witnesses)),
  );
  const turned = before?.find(({ name, at }) => after?.some((other) => other.name === name && other.at > at));
  if (turned !== undefined) {
    return `The log signed a tree of ${first.size} entries, and ${turned.name} cosigned a smaller one of ${second.size} later.`;
  }
  throw auditError(
    'WAX_AUDIT_EVIDENCE_REFUTED',
    'signed checkpoints carry no time, and no witness cosigned both: that the smaller one came later is the word of the finder',
  );
}
