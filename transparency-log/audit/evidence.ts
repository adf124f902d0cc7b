/**
 * Reads and checks evidence that a log misbehaved (protocol/log/evidence.ts), from the file alone.
 * @module
 */
import { equalBytes, parseBase64 } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import { type Checkpoint, verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignatures } from '../../protocol/log/cosignature.ts';
import type { Ancestor, Evidence } from '../../protocol/log/evidence.ts';
import { parseNote, parseVerifierKey } from '../../protocol/log/note.ts';
import { consistencyProof, verifyConsistency } from '../../protocol/log/tree.ts';
import { readArray, readObject, readOneOf, readString } from '../../protocol/shape.ts';
import type { HashTree } from '../hash-tree.ts';
import { auditError } from './errors.ts';

/** What a whole tree says of its own beginning. */
export function ancestorIn(tree: HashTree, size: number): Ancestor {
  return { root: tree.root(size), proof: consistencyProof(size, tree.size, tree.hashAt) };
}

const LONGEST = 512 * 1024;
/** A report lists every refused entry, too. */
const LONGEST_FILE = 16 * LONGEST;

/** Reads an evidence file, or the evidence in the report of an audit; throws WAX_AUDIT_EVIDENCE. */
export function parseEvidence(bytes: Uint8Array | string): Evidence {
  try {
    const fields = ['format', 'kind', 'log', 'witnesses', 'checkpoints', 'ancestor', 'foundAt'] as const;
    const file = readObject(evidenceIn(parseJson(bytes, { bytes: LONGEST_FILE })), 'evidence', fields);
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

/** A report as `--json` prints it, and webhooks get it, holds the evidence as a whole. */
function evidenceIn(file: JsonValue): JsonValue {
  const isReport =
    file !== null && typeof file === 'object' && !Array.isArray(file) && file.format === 'waxseal-audit/1';
  if (isReport && file.evidence === null) throw auditError('WAX_AUDIT_EVIDENCE', 'the report holds none');
  return isReport ? (file.evidence ?? null) : file;
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
