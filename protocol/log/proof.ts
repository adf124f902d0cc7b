/**
 * C2SP tlog-proof: a file that shows offline that an entry is in a log and that witnesses saw it there.
 * @module
 */
import { parseBase64, parseUtf8, toBase64 } from '../bytes.ts';
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { type Cosignature, verifyCosignatures } from './cosignature.ts';
import { logError } from './errors.ts';
import { parseHashLine, parseSizeLine } from './lines.ts';
import { parseNote, type VerifierKey } from './note.ts';
import { hashLeaf, verifyInclusion } from './tree.ts';

export interface LogProof {
  index: number;
  /** From the leaf's sibling up to the root's child. */
  proof: Uint8Array[];
  /** The signed and cosigned checkpoint, verbatim. */
  checkpoint: string;
  /** Unauthenticated; null where there is none. */
  extra: Uint8Array | null;
}

const HEADER = 'c2sp.org/tlog-proof@v1';

/** The text of a `.tlog-proof` file. */
export function formatProof({ index, proof, checkpoint, extra }: LogProof): string {
  const extraLine = extra === null ? '' : `extra ${toBase64(extra)}\n`;
  const hashLines = proof.map((hash) => `${toBase64(hash)}\n`).join('');
  return `${HEADER}\n${extraLine}index ${index}\n${hashLines}\n${checkpoint}`;
}

/** Parses a `.tlog-proof` file; nothing in it is verified. */
export function parseProof(input: string | Uint8Array): LogProof {
  try {
    const text = typeof input === 'string' ? input : parseUtf8(input);
    const split = text.indexOf('\n\n');
    if (split < 0) throw logError('WAX_LOG_PROOF', 'no empty line');
    const [header, ...lines] = text.slice(0, split).split('\n');
    if (header !== HEADER) throw logError('WAX_LOG_PROOF', 'header');
    const extraLine = lines[0]?.startsWith('extra ') ? lines.shift() : undefined;
    const indexLine = lines.shift();
    if (!indexLine?.startsWith('index ')) throw logError('WAX_LOG_PROOF', 'no index');
    return {
      index: parseSizeLine(indexLine.slice(6)),
      proof: lines.map(parseHashLine),
      checkpoint: text.slice(split + 2),
      extra: extraLine === undefined ? null : parseBase64(extraLine.slice(6)),
    };
  } catch (cause) {
    throw logError('WAX_LOG_PROOF', '', { cause });
  }
}

export interface ProofClaim {
  proof: string | Uint8Array;
  /** The entry's bytes, as they are in the log. */
  entry: Uint8Array;
  logKey: VerifierKey;
  /** Where it differs from the key's name. */
  origin?: string;
  witnesses: readonly VerifierKey[];
  /** How many of the witnesses must have cosigned. */
  quorum: number;
}

/** What a verified proof says: where the entry is, in which tree, and who saw that tree when. */
export interface ProvenEntry {
  index: number;
  checkpoint: Checkpoint;
  cosignatures: Cosignature[];
}

/** Proves that the entry is in the log under a checkpoint that a quorum has cosigned, at whatever time; or throws. */
export async function verifyProof({
  proof,
  entry,
  logKey,
  origin,
  witnesses,
  quorum,
}: ProofClaim): Promise<ProvenEntry> {
  const parsed = parseProof(proof);
  const checkpoint = await verifyCheckpoint(parsed.checkpoint, logKey, origin);
  const cosignatures = await verifyCosignatures(parseNote(parsed.checkpoint), witnesses);
  if (cosignatures.length < quorum) throw logError('WAX_LOG_QUORUM', `${cosignatures.length} of ${quorum}`);
  const { size, root } = checkpoint;
  verifyInclusion({ index: parsed.index, size, leafHash: hashLeaf(entry), proof: parsed.proof, root });
  return { index: parsed.index, checkpoint, cosignatures };
}
