import { concatBytes, utf8 } from '../../../protocol/bytes.ts';

/** Values of a CBOR item. */
export type CborInput = number | string | null | Uint8Array | CborInput[] | Map<number | string, CborInput>;

function head(major: number, value: number): Uint8Array {
  if (value < 24) return Uint8Array.of((major << 5) | value);
  const size = value < 256 ? 1 : value < 65_536 ? 2 : value < 2 ** 32 ? 4 : 8;
  const bytes = Array.from(
    { length: size },
    (_, index) => Math.floor(value / 256 ** (size - 1 - index)) % 256,
  );
  return Uint8Array.of((major << 5) | (24 + Math.log2(size)), ...bytes);
}

/** Writes CBOR with the shortest heads; maps of indefinite length where `indefinite`, as newer modules do. */
export function writeCbor(value: CborInput, indefinite = false): Uint8Array {
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return concatBytes(head(3, utf8(value).length), utf8(value));
  if (value instanceof Uint8Array) return concatBytes(head(2, value.length), value);
  if (Array.isArray(value))
    return concatBytes(head(4, value.length), ...value.map((item) => writeCbor(item, indefinite)));
  const entries = [...value].flatMap(([key, item]) => [writeCbor(key), writeCbor(item, indefinite)]);
  if (indefinite) return concatBytes(Uint8Array.of(0xbf), ...entries, Uint8Array.of(0xff));
  return concatBytes(head(5, value.size), ...entries);
}
