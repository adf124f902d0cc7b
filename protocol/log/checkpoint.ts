/**
 * C2SP tlog-checkpoint: a note whose text is origin, size and root of a log.
 * @module
 */
import { equalBytes, toBase64 } from '../bytes.ts';
import { logError } from './errors.ts';
import { parseHashLine, parseSizeLine } from './lines.ts';
import { parseNote, type VerifierKey, verifyNote } from './note.ts';
import { emptyRoot } from './tree.ts';

export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
}

/** Parses the text of a checkpoint note. Extension lines are allowed and ignored: nobody can audit them. */
export function parseCheckpoint(text: string): Checkpoint {
  const checkpoint = parseCheckpointLines(text);
  if (checkpoint.size === 0 && !equalBytes(checkpoint.root, emptyRoot)) throw logError('WAX_LOG_EMPTY_ROOT');
  return checkpoint;
}

/** The same without the rule for the root of an empty tree, which a witness applies later than the rest. */
export function parseCheckpointLines(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw logError('WAX_LOG_CHECKPOINT', 'no final newline');
  const lines = text.slice(0, -1).split('\n');
  const [origin, size, root] = lines;
  if (origin === undefined || size === undefined || root === undefined || lines.includes('')) {
    throw logError('WAX_LOG_CHECKPOINT', 'missing or empty line');
  }
  return { origin, size: parseSizeLine(size), root: parseHashLine(root) };
}

/** The note text of a checkpoint, to be signed. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${toBase64(root)}\n`;
  parseCheckpoint(text);
  return text;
}

/**
 * Proves that the log signed this checkpoint, or throws. One bad signature line by the log's key refuses the whole note.
 * @param origin where it differs from the key's name, which C2SP only recommends to be the same
 */
export async function verifyCheckpoint(
  noteText: string | Uint8Array,
  logKey: VerifierKey,
  origin: string = logKey.name,
): Promise<Checkpoint> {
  const note = parseNote(noteText);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== origin) throw logError('WAX_LOG_ORIGIN');
  await verifyNote(note, logKey);
  return checkpoint;
}
