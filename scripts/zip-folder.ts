/**
 * A zip archive whose bytes follow from the names and contents of its files and from nothing else: no times, no
 * owners, no order of a file system. After APPNOTE.TXT 6.3, without anything beyond version 2.0.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

/** 1 January 1980, the first day that the format knows. */
const day = 0x0021;
/** Names are UTF-8. */
const flags = 0x0800;
const version = 20;

interface Packed {
  readonly name: Buffer;
  readonly method: number;
  readonly crc: number;
  readonly size: number;
  readonly bytes: Buffer;
}

function pack(name: string, content: Buffer): Packed {
  const deflated = deflateRawSync(content, { level: 9 });
  const smaller = deflated.length < content.length;
  return {
    name: Buffer.from(name),
    method: smaller ? 8 : 0,
    crc: crc32(content),
    size: content.length,
    bytes: smaller ? deflated : content,
  };
}

/** What the local header and the entry of the directory have in common. */
function common({ name, method, crc, size, bytes }: Packed): Buffer {
  const head = Buffer.alloc(26);
  head.writeUInt16LE(version, 0);
  head.writeUInt16LE(flags, 2);
  head.writeUInt16LE(method, 4);
  head.writeUInt16LE(day, 8);
  head.writeUInt32LE(crc, 10);
  head.writeUInt32LE(bytes.length, 14);
  head.writeUInt32LE(size, 18);
  head.writeUInt16LE(name.length, 22);
  return head;
}

const mark = (second: number, third: number) => Buffer.from([0x50, 0x4b, second, third]);

/** All files below `folder`, by their path with slashes, sorted by its bytes. */
async function filesIn(folder: string): Promise<[string, Buffer][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const named = files.map(
    (path) =>
      [
        path
          .slice(folder.length + 1)
          .split(sep)
          .join('/'),
        path,
      ] as const,
  );
  named.sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  return Promise.all(named.map(async ([name, path]) => [name, await readFile(path)] as [string, Buffer]));
}

/** The archive of everything in `folder`, which is a path without a slash at its end. */
export async function zipFolder(folder: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of await filesIn(folder)) {
    const packed = pack(name, content);
    const local = Buffer.concat([mark(3, 4), common(packed), packed.name, packed.bytes]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(mark(1, 2), Buffer.from([version, 0]), common(packed), place, packed.name);
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  const count = directory.length / 5;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, entries, mark(5, 6), end]);
}
