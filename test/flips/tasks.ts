import type { Bit } from '../support/attestation/bit-flips.ts';
import type { FlipCase } from '../support/attestation/flip-cases.ts';

/** Bytes `from` to `to` of one part, or to its end if `to` is null; every bit of them. */
export interface FlipTask {
  name: string;
  part: number;
  from: number;
  to: number | null;
}

/** How many bits were flipped; those that no check noticed, and why some of these need not be. */
export interface FlipAnswer {
  bits: number;
  unnoticed: Bit[];
  reasons: (string | null)[];
}

const BYTES = 256;

/** Pieces of every part of the evidence; a generated one stays whole, since its bytes differ by process. */
export function tasksOf({ name, generated, input }: FlipCase): FlipTask[] {
  return [input.evidence, ...input.endorsements].flatMap((bytes, part): FlipTask[] => {
    if (generated) return [{ name, part, from: 0, to: null }];
    return Array.from({ length: Math.ceil(bytes.length / BYTES) }, (_, index) => {
      const from = index * BYTES;
      return { name, part, from, to: Math.min(bytes.length, from + BYTES) };
    });
  });
}
