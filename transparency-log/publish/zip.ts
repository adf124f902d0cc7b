/**
 * Reads a zip archive as stores and browsers exchange extensions (PKWARE APPNOTE 6.3): every file once, by the list
 * at the end and by the header in front of it alike. Readers of zip archives differ, and what differs between them
 * could hide a file, so everything ambiguous is refused.
 * @module
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { parseUtf8 } from '../../protocol/bytes.ts';
import { publishError } from './errors.ts';
import type { ExtensionFile } from './file-manifest.ts';

const END = 0x06054b50;
const END_BYTES = 22;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const METHODS = { stored: 0, deflated: 8 } as const;
const FLAGS = { encrypted: 1, sizesAfter: 8, utf8: 0x800 } as const;
/** Checksum and sizes behind a file, with a signature and in eight bytes each. */
const MAX_SIZES_AFTER = 24;
/** What compressors note about their effort. */
const EFFORT = 6;
const MAX_FILES = 4096;
const MAX_BYTES = 256 << 20;
const FILE_TYPE = 0xf000;
const ORDINARY = [0, 0x4000, 0x8000];

const wrong = (detail: string) => publishError('WAX_PUBLISH_PACKAGE', detail);

interface Entry {
  path: string;
  nameBytes: Buffer;
  flags: number;
  method: number;
  sum: number;
  packedSize: number;
  size: number;
  offset: number;
}

/** A name that is the same file on every system, and inside the folder. */
function requirePath(path: string): string {
  const isOutside = path.split('/').some((part) => part === '..' || part === '.' || part === '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (isOutside || /[\\:\x00-\x1f\x7f]/.test(path)) throw wrong(`the name ${JSON.stringify(path)}`);
  return path;
}

class Archive {
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  slice(offset: number, size: number): Buffer {
    if (offset + size > this.#bytes.length) throw wrong('it is cut short');
    return this.#bytes.subarray(offset, offset + size);
  }

  /** Where the list of files is, from the record that ends the archive. */
  list(): { count: number; offset: number; size: number } {
    // A comment may follow the record; it has to end where the file does.
    const least = Math.max(0, this.#bytes.length - END_BYTES - 0xffff);
    for (let at = this.#bytes.length - END_BYTES; at >= least; at--) {
      const isEnd = this.#bytes.readUInt32LE(at) === END;
      if (!isEnd || at + END_BYTES + this.#bytes.readUInt16LE(at + 20) !== this.#bytes.length) continue;
      const [count, size, offset] = [
        this.#bytes.readUInt16LE(at + 10),
        this.#bytes.readUInt32LE(at + 12),
        this.#bytes.readUInt32LE(at + 16),
      ];
      const isOneDisk = this.#bytes.readUInt32LE(at + 4) === 0 && this.#bytes.readUInt16LE(at + 8) === count;
      if (!isOneDisk || count > MAX_FILES || offset + size !== at) throw wrong('its list of files');
      return { count, offset, size };
    }
    throw wrong('it has no list of files');
  }

  entry(at: number): { entry: Entry; next: number } {
    const head = this.slice(at, 46);
    if (head.readUInt32LE(0) !== ENTRY) throw wrong('its list of files');
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((field) => head.readUInt16LE(field)) as [
      number,
      number,
      number,
    ];
    const nameBytes = this.slice(at + 46, nameSize);
    const type = (head.readUInt32LE(38) >>> 16) & FILE_TYPE;
    const path = parseUtf8(nameBytes);
    if (!ORDINARY.includes(type)) throw wrong(`${JSON.stringify(path)} is neither file nor folder`);
    return {
      entry: {
        ...{ path, nameBytes, flags: head.readUInt16LE(8), method: head.readUInt16LE(10) },
        ...{ sum: head.readUInt32LE(16), packedSize: head.readUInt32LE(20), size: head.readUInt32LE(24) },
        offset: head.readUInt32LE(42),
      },
      next: at + 46 + nameSize + extraSize + commentSize,
    };
  }

  /** The contents of a file, and where they end. */
  read({ path, nameBytes, flags, method, sum, packedSize, size, offset }: Entry): {
    data: Uint8Array;
    end: number;
  } {
    const told = JSON.stringify(path);
    const head = this.slice(offset, 30);
    const name = this.slice(offset + 30, head.readUInt16LE(26));
    const isSame =
      head.readUInt32LE(0) === LOCAL &&
      name.equals(nameBytes) &&
      head.readUInt16LE(6) === flags &&
      head.readUInt16LE(8) === method;
    if (!isSame) throw wrong(`two headers for ${told}`);
    if ((flags & ~(FLAGS.sizesAfter | FLAGS.utf8 | EFFORT)) !== 0) throw wrong(`flags of ${told}`);
    const isTold = (flags & FLAGS.sizesAfter) === 0;
    const sizes = [head.readUInt32LE(14), head.readUInt32LE(18), head.readUInt32LE(22)];
    if (isTold && sizes.join() !== [sum, packedSize, size].join()) throw wrong(`two sizes for ${told}`);
    const at = offset + 30 + nameBytes.length + head.readUInt16LE(28);
    const data = unpack(this.slice(at, packedSize), method, size);
    if (data === null || data.length !== size || crc32(data) !== sum) throw wrong(`the contents of ${told}`);
    return { data, end: at + packedSize };
  }
}

function unpack(packed: Buffer, method: number, size: number): Uint8Array | null {
  if (method === METHODS.stored) return new Uint8Array(packed);
  if (method !== METHODS.deflated) return null;
  try {
    // One byte more than it says, so that a longer one is told apart.
    return new Uint8Array(inflateRawSync(packed, { maxOutputLength: size + 1 }));
  } catch {
    return null;
  }
}

/**
 * The files of an archive, folders left out; no path leads out of it. Throws WAX_PUBLISH_PACKAGE for what is no archive, for names that lead
 * out of it, that it has twice or that some systems take for one, for links, and where its two headers disagree.
 */
export function parseZip(bytes: Uint8Array): ExtensionFile[] {
  const archive = new Archive(bytes);
  const list = archive.list();
  const files: ExtensionFile[] = [];
  const names = new Set<string>();
  const places: { start: number; end: number; room: number }[] = [];
  let at = list.offset;
  let total = 0;
  for (let index = 0; index < list.count; index++) {
    const { entry, next } = archive.entry(at);
    at = next;
    const isFolder = entry.path.endsWith('/');
    const path = requirePath(isFolder ? entry.path.slice(0, -1) : entry.path);
    const folded = path.normalize('NFC').toLowerCase();
    if (names.has(folded)) throw wrong(`${JSON.stringify(path)} twice`);
    names.add(folded);
    total += entry.size;
    if (total > MAX_BYTES) throw wrong('it unpacks to more than any extension');
    const { data, end } = archive.read(entry);
    const room = (entry.flags & FLAGS.sizesAfter) === 0 ? 0 : MAX_SIZES_AFTER;
    places.push({ start: entry.offset, end, room });
    if (!isFolder) files.push({ path, data });
    else if (data.length > 0) throw wrong(`the folder ${JSON.stringify(path)} has contents`);
  }
  if (at !== list.offset + list.size) throw wrong('its list of files');
  places.sort((a, b) => a.start - b.start);
  let [expected, gap] = [0, 0];
  for (const { start, end, room } of [...places, { start: list.offset, end: 0, room: 0 }]) {
    // Bytes in no file are seen by nobody who reads the list, and may be by somebody who does not.
    if (start < expected || start > expected + gap)
      throw wrong('files overlap, or bytes that are in no file');
    [expected, gap] = [end, room];
  }
  return files;
}
