import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, writeCpio } from '../../image/cpio.ts';
import { concatBytes, utf8 } from '../../protocol/bytes.ts';
import { readCpio } from '../support/image/read-cpio.ts';

async function write(entries: readonly Entry[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of writeCpio(entries)) parts.push(part);
  return concatBytes(...parts);
}

const file = (path: string, content = path, executable = false): Entry => {
  const source = utf8(content);
  return { kind: 'file', path, source, size: source.length, executable };
};
const folder = (path: string): Entry => ({ kind: 'folder', path });

describe('an archive of first files', () => {
  it('begins with init, then has each folder before what lies in it', async () => {
    const entries = [
      file('bin/node'),
      file('app.js'),
      folder('bin'),
      file('init', '', true),
      folder('a'),
      file('a/b'),
    ];
    const paths = readCpio(await write(entries)).map(({ path }) => path);
    expect(paths).toEqual(['init', 'a', 'a/b', 'app.js', 'bin', 'bin/node']);
  });

  it('gives nobody the right to write, and all files to root', async () => {
    const device: Entry = { kind: 'device', path: 'console', major: 5, minor: 1 };
    const link: Entry = { kind: 'link', path: 'model', target: '/dev/vda' };
    const read = readCpio(await write([file('init', 'x', true), file('text'), folder('dev'), device, link]));
    const modes = Object.fromEntries(read.map(({ path, mode }) => [path, mode.toString(8)]));
    expect(modes).toEqual({
      init: '100555',
      text: '100444',
      dev: '40555',
      console: '20600',
      model: '120777',
    });
    expect(read.every(({ owner, time }) => owner[0] === 0 && owner[1] === 0 && time === 0)).toBe(true);
    expect(read.find(({ path }) => path === 'console')?.device).toEqual([5, 1]);
    expect(read.find(({ path }) => path === 'model')?.content).toEqual(utf8('/dev/vda'));
  });

  it('is the same whatever order the files come in, from memory or from a disk', async () => {
    const entries = [file('init'), folder('d'), file('d/e'), file('f')];
    const scratch = mkdtempSync(join(tmpdir(), 'waxseal-cpio-'));
    try {
      writeFileSync(join(scratch, 'f'), 'f');
      const fromDisk: Entry = {
        ...{ kind: 'file', path: 'f', executable: false, size: 1 },
        source: { file: join(scratch, 'f') },
      };
      const expected = await write(entries);
      expect(await write(entries.toReversed())).toEqual(expected);
      expect(await write([fromDisk, ...entries.slice(0, 3)])).toEqual(expected);
      expect(expected.length % 512).toBe(0);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  it.each([
    ['a path that leaves the archive', '../etc/passwd'],
    ['a path from the root', '/init'],
    ['an empty part of a path', 'a//b'],
    ['a path with a space', 'a b'],
    ['a path with a NUL', 'a\0b'],
    ['a name of its own end', ''],
  ])('refuses %s', async (_, path) => {
    await expect(write([folder('a'), file(path)])).rejects.toThrow('WAX_IMAGE_ENTRY');
  });

  it('refuses a path that comes twice, a file without its folder, and a file that has grown', async () => {
    await expect(write([file('a'), file('a')])).rejects.toThrow('WAX_IMAGE_ENTRY');
    await expect(write([file('a/b')])).rejects.toThrow('a/b has no folder');
    await expect(write([{ ...file('a', 'long'), size: 3 } as Entry])).rejects.toThrow(
      'changed while it was read',
    );
  });

  it('is read back as it was written, also two of them in a row', async () => {
    const name = fc.stringMatching(/^[a-z0-9_-]{1,12}$/).filter((text) => text !== 'init');
    const files = fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 64 }), fc.boolean()), {
      selector: ([path]) => path,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(files, files, async (first, second) => {
        const entries = (some: typeof first) =>
          some.map(([path, source, executable]): Entry => {
            return { kind: 'file', path, source, size: source.length, executable };
          });
        const read = readCpio(concatBytes(await write(entries(first)), await write(entries(second))));
        const sorted = (some: typeof first) => some.toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(read.map(({ path, content }) => [path, content])).toEqual(
          [...sorted(first), ...sorted(second)].map(([path, source]) => [path, source]),
        );
      }),
      { numRuns: 50 },
    );
  });
});
