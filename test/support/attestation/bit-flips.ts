/** Evidence with one bit changed, and what then still counts as accepted. */
import type { EvidenceInput, EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';

/** A bit of the evidence (part 0) or of an endorsement (parts 1 and on). */
export interface Bit {
  part: number;
  byte: number;
  bit: number;
}

const partsOf = ({ evidence, endorsements }: EvidenceInput) => [evidence, ...endorsements];

/** Every bit there is, in order. */
export function allBits(input: EvidenceInput): Bit[] {
  return partsOf(input).flatMap((bytes, part) =>
    Array.from({ length: 8 * bytes.length }, (_, index) => ({ part, byte: index >> 3, bit: index & 7 })),
  );
}

/** `count` of these, spread over all of them; the seed chooses which (mulberry32). */
export function sampleBits(bits: readonly Bit[], count: number, seed: number): Bit[] {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const stride = bits.length / count;
  const chosen = Array.from({ length: count }, (_, index) => bits[Math.floor((index + random()) * stride)]);
  return chosen.filter((bit) => bit !== undefined);
}

function flip(input: EvidenceInput, { part, byte, bit }: Bit): EvidenceInput {
  const [evidence = new Uint8Array(), ...endorsements] = partsOf(input).map((bytes, index) =>
    index === part ? bytes.with(byte, (bytes[byte] ?? 0) ^ (1 << bit)) : bytes,
  );
  return { ...input, evidence, endorsements };
}

/**
 * Verifies with each bit flipped by itself.
 * @returns the bits whose flip no check noticed that passes without it, and for each the reason why it need not
 * be noticed, or null if there is none
 */
export async function unnoticedFlips(
  verifier: EvidenceVerifier,
  input: EvidenceInput,
  bits: readonly Bit[],
): Promise<{ unnoticed: Bit[]; reasons: (string | null)[] }> {
  const passing = ({ checks }: Awaited<ReturnType<EvidenceVerifier['verify']>>) =>
    new Set(checks.filter(({ state }) => state === 'pass').map(({ id }) => id));
  const before = passing(await verifier.verify(input));
  const unnoticed: Bit[] = [];
  for (const bit of bits) {
    const after = passing(await verifier.verify(flip(input, bit)));
    if ([...before].every((id) => after.has(id))) unnoticed.push(bit);
  }
  return { unnoticed, reasons: unnoticed.map((bit) => reasonUncovered(input, bit)) };
}

/**
 * Why a bit is covered by no signature, or null if it has to be. Only text that spells bytes has such bits: the
 * case of a hexadecimal letter in the signature beside a signed JSON body (bit 5 of the letter).
 */
function reasonUncovered({ evidence, endorsements }: EvidenceInput, { part, byte, bit }: Bit): string | null {
  const bytes = [evidence, ...endorsements][part] ?? evidence;
  const text = new TextDecoder('latin1').decode(bytes);
  const signature = /"signature"\s*:\s*"[0-9a-fA-F]+"\s*\}\s*$/.exec(text);
  const isLetter = /[a-fA-F]/.test(text.charAt(byte));
  if (part > 0 && signature && byte > signature.index + 11 && isLetter && bit === 5) {
    return 'case of a hexadecimal letter in a detached signature: the same number';
  }
  return null;
}
