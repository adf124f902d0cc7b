/** Reads newc archives, one after another as the kernel does, by the kernel's own description of the format. */

export interface ReadEntry {
  readonly path: string;
  readonly inode: number;
  readonly mode: number;
  readonly owner: readonly [number, number];
  readonly links: number;
  readonly time: number;
  readonly device: readonly [number, number];
  readonly content: Uint8Array;
}

const names = ['ino', 'mode', 'uid', 'gid', 'nlink', 'mtime', 'filesize', 'dmajor', 'dminor'] as const;

export function readCpio(archive: Uint8Array): ReadEntry[] {
  const text = new TextDecoder('latin1');
  const entries: ReadEntry[] = [];
  let at = 0;
  while (at < archive.length) {
    // Zeros may stand between archives.
    if (archive[at] === 0) {
      at += 4;
      continue;
    }
    if (text.decode(archive.subarray(at, at + 6)) !== '070701') throw new Error(`no header at ${at}`);
    const field = (index: number) =>
      Number.parseInt(text.decode(archive.subarray(at + 6 + 8 * index, at + 14 + 8 * index)), 16);
    const [ino = 0, mode = 0, uid = 0, gid = 0, links = 0, time = 0, size = 0] = names.map((_, index) =>
      field(index),
    );
    const [major, minor, nameSize] = [field(9), field(10), field(11)];
    const path = text.decode(archive.subarray(at + 110, at + 110 + nameSize - 1));
    const start = Math.ceil((at + 110 + nameSize) / 4) * 4;
    const content = archive.subarray(start, start + size);
    at = Math.ceil((start + size) / 4) * 4;
    if (path !== 'TRAILER!!!') {
      entries.push({
        path,
        inode: ino,
        mode,
        owner: [uid, gid],
        links,
        time,
        device: [major, minor],
        content,
      });
    }
  }
  return entries;
}
