/**
 * The add-checkpoint request of C2SP tlog-witness.
 * @module
 */
import { parseUtf8, toBase64, utf8 } from '../bytes.ts';
import { logError } from './errors.ts';
import { parseHashLine, parseSizeLine } from './lines.ts';

export interface AddCheckpoint {
  /** The size that the witness is thought to have recorded last; 0 for none. */
  oldSize: number;
  /** Consistency proof from that size; empty from 0 and for an unchanged size. */
  proof: Uint8Array[];
  /** The signed checkpoint, verbatim. */
  checkpoint: string;
}

/** No tree of 64-bit size needs more. */
const MAX_PROOF_LINES = 63;

/** The body of POST add-checkpoint. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): Uint8Array<ArrayBuffer> {
  if (proof.length > MAX_PROOF_LINES) throw logError('WAX_LOG_REQUEST', `${proof.length} proof lines`);
  return utf8(`old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${checkpoint}`);
}

/** Parses the body of POST add-checkpoint. The checkpoint is not looked into. */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  try {
    const text = parseUtf8(body);
    const split = text.indexOf('\n\n');
    if (split < 0) throw logError('WAX_LOG_REQUEST', 'no empty line');
    const [first = '', ...lines] = text.slice(0, split).split('\n');
    if (!first.startsWith('old ')) throw logError('WAX_LOG_REQUEST', 'no old size');
    if (lines.length > MAX_PROOF_LINES) throw logError('WAX_LOG_REQUEST', `${lines.length} proof lines`);
    return {
      oldSize: parseSizeLine(first.slice(4)),
      proof: lines.map(parseHashLine),
      checkpoint: text.slice(split + 2),
    };
  } catch (cause) {
    throw logError('WAX_LOG_REQUEST', '', { cause });
  }
}
