import fc from 'fast-check';

/** Changed copies of `original`: bytes overwritten, a piece cut out, doubled, or the end cut off. */
export function mutationsOf(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.nat(Math.max(0, original.length - 1));
  const overwrite = fc
    .array(fc.tuple(position, fc.nat(255)), { minLength: 1, maxLength: 4 })
    .map((changes) => {
      const changed = original.slice();
      for (const [index, value] of changes) changed[index] = value;
      return changed;
    });
  const piece = fc.tuple(position, fc.nat(64));
  const cut = piece.map(
    ([start, size]) => new Uint8Array([...original.subarray(0, start), ...original.subarray(start + size)]),
  );
  const double = piece.map(
    ([start, size]) => new Uint8Array([...original.subarray(0, start + size), ...original.subarray(start)]),
  );
  const end = position.map((size) => original.subarray(0, size));
  return fc.oneof(overwrite, cut, double, end);
}

/** Any bytes, and bytes that look like DER at the start. */
export const noise: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ maxLength: 120 }).map((bytes) => Uint8Array.of(0x30, bytes.length, ...bytes)),
  fc.uint8Array({ maxLength: 120 }).map((bytes) => Uint8Array.of(0x30, 0x84, ...bytes)),
);

/** Runs a parser; only a coded error may come out of it. Returns the code, or null if it parsed. */
export function codeOf(parse: () => unknown): string | null {
  try {
    parse();
    return null;
  } catch (error) {
    if (error instanceof Error && error.name === 'CodedError' && 'code' in error) return String(error.code);
    throw error;
  }
}
