/**
 * The decisions of a witness (C2SP tlog-witness): it cosigns a checkpoint only if it extends the one it cosigned last.
 * @module
 */
import { createHash } from 'node:crypto';
import { equalBytes, toBase64 } from '../../protocol/bytes.ts';
import type { CodedError } from '../../protocol/errors.ts';
import { type Checkpoint, parseCheckpointLines } from '../../protocol/log/checkpoint.ts';
import { cosign, verifyCosignatures } from '../../protocol/log/cosignature.ts';
import {
  formatNote,
  type Note,
  type NoteSignature,
  parseNote,
  signaturesBy,
  type VerifierKey,
  verifyNote,
} from '../../protocol/log/note.ts';
import type { NoteSigner } from '../../protocol/log/signer.ts';
import { emptyRoot, verifyConsistency } from '../../protocol/log/tree.ts';
import { type AddCheckpoint, parseAddCheckpoint } from '../../protocol/log/witness.ts';
import { witnessError } from './errors.ts';
import type { WitnessedLog } from './log-list.ts';
import { DailyLimit } from './rate-limit.ts';
import type { WitnessRecord, WitnessStore } from './store.ts';

/** Under which name a witness shows what it recorded of a log: SHA-256 of the origin in hexadecimal. */
export function originHash(origin: string): string {
  return createHash('sha256').update(origin).digest('hex');
}

interface KnownLog {
  keys: VerifierKey[];
  requestsPerDay: number | null;
}

export class Witness {
  readonly #signer: NoteSigner;
  readonly #store: WitnessStore;
  readonly #now: () => number;
  readonly #limit = new DailyLimit();
  readonly #logs = new Map<string, KnownLog>();
  readonly #origins = new Map<string, string>();

  constructor(signer: NoteSigner, logs: readonly WitnessedLog[], store: WitnessStore, now: () => number) {
    this.#signer = signer;
    this.#store = store;
    this.#now = now;
    for (const { origin, key, requestsPerDay } of logs) {
      // Two keys under one origin: a log that is changing its key.
      const known = this.#logs.get(origin) ?? { keys: [], requestsPerDay };
      if (known.keys.some(({ text }) => text === key.text))
        throw witnessError('WAX_WITNESS_LOG_TWICE', origin);
      known.keys.push(key);
      this.#logs.set(origin, known);
      this.#origins.set(originHash(origin), origin);
    }
  }

  /** The cosigned checkpoint recorded last for the log with this origin hash. */
  latest(hash: string): string | null {
    const origin = this.#origins.get(hash);
    return origin === undefined ? null : (this.#store.latest(origin)?.note ?? null);
  }

  get key(): VerifierKey {
    return this.#signer.verifierKey;
  }

  /** What is recorded of each log, for the operator's page. */
  async recorded() {
    const logs = [...this.#logs].map(async ([origin, { requestsPerDay: limit }]) => {
      const used = this.#limit.used(origin, this.#now());
      const record = this.#store.latest(origin);
      if (record === null) return { origin, limit, used, record };
      const [cosignature] = await verifyCosignatures(parseNote(record.note), [this.key]);
      const { size, root } = record;
      return { origin, limit, used, record: { size, root: toBase64(root), at: cosignature?.at ?? 0 } };
    });
    return Promise.all(logs);
  }

  /**
   * Judges the body of POST add-checkpoint and returns the cosignature line, after the new record is on disk.
   * The detail of WAX_WITNESS_CONFLICT is the recorded size.
   */
  async addCheckpoint(body: Uint8Array): Promise<string> {
    const request = parseAddCheckpoint(body);
    const note = parseNote(request.checkpoint);
    const claimed = parseCheckpointLines(note.text);
    const log = this.#logs.get(claimed.origin);
    if (log === undefined) throw witnessError('WAX_WITNESS_UNKNOWN_LOG');
    const signed = await verifyLog(note, log);
    if (log.requestsPerDay !== null && !this.#limit.take(claimed.origin, log.requestsPerDay, this.#now())) {
      throw witnessError('WAX_WITNESS_RATE', `${log.requestsPerDay}`);
    }
    if (request.oldSize > claimed.size) throw witnessError('WAX_WITNESS_OLD_SIZE');
    const recorded = this.#store.latest(claimed.origin);
    requireSuccessor(request, claimed, recorded);
    const line = await cosign(note.text, this.#signer, Math.floor(this.#now() / 1000));
    const kept = `${formatNote(signed)}${line}`;
    const { origin, size, root } = claimed;
    // The record may have moved on while this request was being judged; the store looks again as it writes.
    if (!this.#store.advance(recorded, { origin, size, root, note: kept })) throw this.#conflict(origin);
    return line;
  }

  #conflict(origin: string): CodedError {
    return witnessError('WAX_WITNESS_CONFLICT', `${this.#store.latest(origin)?.size ?? 0}`);
  }
}

/** The note with only those signature lines that were verified; one bad line by a known key refuses it. */
async function verifyLog(note: Note, { keys }: KnownLog): Promise<Note> {
  const signers = keys.filter((key) => signaturesBy(note, key).length > 0);
  if (signers.length === 0) throw witnessError('WAX_WITNESS_UNTRUSTED');
  try {
    for (const key of signers) await verifyNote(note, key);
  } catch (cause) {
    throw witnessError('WAX_WITNESS_UNTRUSTED', '', { cause });
  }
  const isVerified = (line: NoteSignature) =>
    signers.some(({ name, keyId }) => name === line.name && equalBytes(keyId, line.keyId));
  return { text: note.text, signatures: note.signatures.filter(isVerified) };
}

/** Nothing recorded counts as size 0, which every tree extends and which needs no proof. */
function requireSuccessor(
  { oldSize, proof }: AddCheckpoint,
  next: Checkpoint,
  recorded: WitnessRecord | null,
): void {
  const recordedSize = recorded?.size ?? 0;
  if (oldSize !== recordedSize) throw witnessError('WAX_WITNESS_CONFLICT', `${recordedSize}`);
  if (next.size === 0 && !equalBytes(next.root, emptyRoot)) {
    throw witnessError('WAX_WITNESS_INCONSISTENT', 'root of the empty tree');
  }
  if (recorded === null || recordedSize === 0) {
    if (proof.length > 0) throw witnessError('WAX_WITNESS_INCONSISTENT', 'a proof from size 0');
    return;
  }
  try {
    verifyConsistency({ oldSize, oldRoot: recorded.root, newSize: next.size, newRoot: next.root, proof });
  } catch (cause) {
    throw witnessError('WAX_WITNESS_INCONSISTENT', '', { cause });
  }
}
