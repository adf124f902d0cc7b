/** What the files of session vectors consist of, and the randomness that makes them the same each time. */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, parseHex, toHex, u32, utf8 } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';

/** Bytes in JSON: hexadecimal, or pieces to be joined, so that long runs stay short. */
export type Bytes = string | (string | { text: string } | { repeat: string; count: number })[];

export function bytesOf(value: Bytes): Uint8Array<ArrayBuffer> {
  if (typeof value === 'string') return parseHex(value);
  return concatBytes(
    ...value.map((piece) => {
      if (typeof piece === 'string') return parseHex(piece);
      if ('text' in piece) return utf8(piece.text);
      const unit = parseHex(piece.repeat);
      return Uint8Array.from({ length: unit.length * piece.count }, (_, at) => unit[at % unit.length] ?? 0);
    }),
  );
}

/** One case: its inputs, and either what comes of them or the code of the refusal. */
export type Case = { name: string; refused?: string } & Record<string, unknown>;

export interface VectorFile {
  format: 'waxseal-session-vectors/1';
  step: string;
  section: string;
  cases: Case[];
}

export const vectorFile = (step: string, section: string, cases: Case[]): VectorFile => ({
  format: 'waxseal-session-vectors/1',
  step,
  section,
  cases,
});

/** A case that must be refused; that it is, and with which code, is found out by doing it. */
export function refused(name: string, inputs: Record<string, unknown>, run: () => unknown): Case {
  try {
    run();
  } catch (error) {
    if (error instanceof CodedError) return { name, ...inputs, refused: error.code };
    throw error;
  }
  throw new Error(`not refused: ${name}`);
}

/** Like `refused`, for what is done in promises. */
export async function refusedLater(
  name: string,
  inputs: Record<string, unknown>,
  run: () => Promise<unknown>,
) {
  const error = await run().then(
    () => new Error(`not refused: ${name}`),
    (reason: unknown) => reason,
  );
  return refused(name, inputs, () => {
    throw error;
  });
}

/** The body with the byte at `at` set. */
export const withByte = (bytes: Uint8Array, at: number, byte: number) =>
  Uint8Array.from(bytes).with(at, byte);
/** The body with the lowest bit of the byte at `at` turned. */
export const flipped = (bytes: Uint8Array, at: number) => withByte(bytes, at, (bytes.at(at) ?? 0) ^ 1);

export const hex = toHex;

/**
 * Runs `work` with every `crypto.getRandomValues` replaced by SHA-256 over a label and a counter; gives what was
 * drawn to `onDraw`. Only for what takes all its randomness from there.
 */
export async function withRandomness<Result>(
  label: string,
  work: () => Result | Promise<Result>,
  onDraw: (bytes: Uint8Array) => void = () => {},
): Promise<Result> {
  const original = crypto.getRandomValues;
  let counter = 0;
  const draw = <T extends ArrayBufferView | null>(array: T): T => {
    if (array === null) return array;
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at += 32) {
      const block = sha256(concatBytes(utf8(label), u32(counter++)));
      bytes.set(block.subarray(0, Math.min(32, bytes.length - at)), at);
    }
    onDraw(bytes.slice());
    return array;
  };
  crypto.getRandomValues = draw;
  try {
    return await work();
  } finally {
    crypto.getRandomValues = original;
  }
}
