/** Zip archives to order, honest or not. */
import { crc32, deflateRawSync } from 'node:zlib';
import { utf8 } from '../../protocol/bytes.ts';

export interface ZipEntry {
  path: string;
  data: Uint8Array | string;
  stored?: boolean;
  /** The name in the header in front of the file, where that is another. */
  localPath?: string;
  flags?: number;
  localFlags?: number;
  /** Type of the file, such as 0xa000 for a link. */
  type?: number;
  sum?: number;
  size?: number;
  /** Sizes follow the data, and the header has none. */
  sizesAfter?: boolean;
  /** Place of the header, as the list tells it. */
  offset?: number;
  /** Only in the list. */
  isListedOnly?: boolean;
}

interface ZipChange {
  comment?: string;
  /** Bytes before the first file. */
  before?: Uint8Array;
  count?: number;
}

const record = (fields: readonly (readonly [size: 2 | 4, value: number])[]): Buffer =>
  Buffer.concat(
    fields.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUIntLE(value, 0, size);
      return bytes;
    }),
  );

/** An archive of these files in this order. */
export function makeZip(entries: readonly ZipEntry[], change: ZipChange = {}): Uint8Array {
  const parts: Uint8Array[] = [change.before ?? new Uint8Array(0)];
  const list: Uint8Array[] = [];
  let place = parts[0]?.length ?? 0;
  for (const entry of entries) {
    const data = typeof entry.data === 'string' ? utf8(entry.data) : entry.data;
    const packed = entry.stored ? data : deflateRawSync(data);
    const flags = (entry.flags ?? 0x800) | (entry.sizesAfter ? 8 : 0);
    const method = entry.stored ? 0 : 8;
    const sizes = [
      [4, entry.sum ?? crc32(data)],
      [4, packed.length],
      [4, entry.size ?? data.length],
    ] as const;
    const [name, local] = [utf8(entry.path), utf8(entry.localPath ?? entry.path)];
    const common = (bits: number) =>
      [
        [2, 20],
        [2, bits],
        [2, method],
        [4, 0],
      ] as const;
    const header = record([
      ...([[4, 0x04034b50]] as const),
      ...common(entry.localFlags ?? flags),
      ...sizes.map(([width, value]) => [width, entry.sizesAfter ? 0 : value] as const),
      ...([
        [2, local.length],
        [2, 0],
      ] as const),
    ]);
    const after = entry.sizesAfter ? record([[4, 0x08074b50], ...sizes]) : new Uint8Array(0);
    list.push(
      record([
        ...([
          [4, 0x02014b50],
          [2, 0x31e],
        ] as const),
        ...common(flags),
        ...sizes,
        ...([
          [2, name.length],
          [2, 0],
          [2, 0],
          [2, 0],
          [2, 0],
        ] as const),
        ...([
          [4, ((entry.type ?? 0x8000) << 16) >>> 0],
          [4, entry.offset ?? place],
        ] as const),
      ]),
      name,
    );
    if (entry.isListedOnly) continue;
    parts.push(header, local, packed, after);
    place += header.length + local.length + packed.length + after.length;
  }
  const listBytes = Buffer.concat(list);
  const count = change.count ?? entries.length;
  const comment = utf8(change.comment ?? '');
  const end = record([
    ...([
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, count],
      [2, count],
    ] as const),
    ...([
      [4, listBytes.length],
      [4, place],
      [2, comment.length],
    ] as const),
  ]);
  return new Uint8Array(Buffer.concat([...parts, listBytes, end, comment]));
}

/** A package of Chrome's store around an archive; the signatures in it mean nothing. */
export const makeCrx = (archive: Uint8Array, version = 3): Uint8Array =>
  new Uint8Array(
    Buffer.concat([
      Buffer.from('Cr24'),
      record([
        [4, version],
        [4, 5],
      ]),
      Buffer.from('proof'),
      archive,
    ]),
  );
