import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zipFolder } from '../../../scripts/zip-folder.ts';
import { formatList, listFiles } from '../../../transparency-log/publish/file-manifest.ts';
import { compareLists, parsePackage, readCopy } from '../../../transparency-log/publish/package.ts';
import { parseZip } from '../../../transparency-log/publish/zip.ts';
import { makeCrx, makeZip, type ZipEntry } from '../../support/zip.ts';

const files: ZipEntry[] = [
  { path: 'manifest.json', data: '{"version":"1.2.0","name":"x"}' },
  { path: 'page/app.js', data: 'run();'.repeat(100) },
  { path: 'page/ünïcode.css', data: 'a{}' },
  { path: 'empty', data: '' },
];
const archive = makeZip(files);

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) process.stderr.write('skipped: python3 is not installed\n');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-package-'));
  for (const { path, data } of files) {
    await mkdir(dirname(join(folder, 'own', path)), { recursive: true });
    await writeFile(join(folder, 'own', path), data);
  }
});
afterEach(() => rm(folder, { recursive: true }));

describe('a package', () => {
  it('has the list of the folder that it was made of, from whichever store', async () => {
    const list = await listFiles(join(folder, 'own'));
    const mozilla = makeZip([...files, { path: 'META-INF/mozilla.rsa', data: 'proof' }]);
    const google = makeCrx(makeZip([...files, { path: '_metadata/verified_contents.json', data: '[]' }]));
    const upload = await zipFolder(join(folder, 'own'));
    for (const bytes of [archive, mozilla, google, upload])
      expect(formatList(parsePackage(bytes))).toBe(list);
  });

  it('is read by what it is, not by what it is called', async () => {
    await writeFile(join(folder, 'a.bin'), makeCrx(archive));
    const list = await listFiles(join(folder, 'own'));
    for (const copy of ['a.bin', 'own']) expect(formatList(await readCopy(join(folder, copy)))).toBe(list);
    await expect(readCopy(join(folder, 'none'))).rejects.toThrow('WAX_PUBLISH_FILES');
  });

  it.skipIf(!hasPython)('is read as other programs write it', async () => {
    const target = join(folder, 'python.zip');
    execFileSync('python3', ['-m', 'zipfile', '-c', target, '.'], { cwd: join(folder, 'own') });
    const read = parseZip(new Uint8Array(await readFile(target)));
    expect(read.map(({ path }) => path).sort()).toEqual(files.map(({ path }) => path).sort());
  });

  it('is refused where it is of an older form of Chrome, or cut short', () => {
    expect(() => parsePackage(makeCrx(archive, 2))).toThrow('WAX_PUBLISH_PACKAGE');
    expect(() => parsePackage(makeCrx(archive).subarray(0, 14))).toThrow('WAX_PUBLISH_PACKAGE');
  });
});

describe('a zip archive', () => {
  it('is read with files packed or not, with sizes before or after, folders and a comment', () => {
    const entries = files.map((entry, index) => ({
      ...entry,
      stored: index % 2 === 0,
      sizesAfter: index > 1,
    }));
    const bytes = makeZip([{ path: 'page/', data: '', type: 0x4000 }, ...entries], {
      comment: 'PK\u0005\u0006',
    });
    expect(parseZip(bytes)).toEqual(parseZip(archive));
    expect(parseZip(archive).map(({ data }) => Buffer.from(data).toString())).toEqual(
      files.map(({ data }) => data),
    );
  });

  const evil = { path: 'evil.js', data: 'evil();' };
  const wrong: [what: string, entries: ZipEntry[], change?: Parameters<typeof makeZip>[1]][] = [
    ['a name that leads out of it', [{ ...evil, path: '../evil.js' }]],
    ['a name that leads out of it later', [{ ...evil, path: 'page/../../evil.js' }]],
    ['a name from the root', [{ ...evil, path: '/evil.js' }]],
    ['a name with a drive', [{ ...evil, path: 'c:evil.js' }]],
    ['a name with backslashes', [{ ...evil, path: '..\\evil.js' }]],
    ['a name that means the same as another', [{ ...evil, path: 'page/./app.js' }]],
    ['an empty name', [{ ...evil, path: '' }]],
    ['a line break in a name', [{ ...evil, path: 'a\nb' }]],
    ['a NUL in a name', [{ ...evil, path: 'evil.js\0.png' }]],
    ['a file twice', [{ ...evil, path: 'page/app.js' }]],
    ['a file twice but for the case of its letters', [{ ...evil, path: 'page/App.js' }]],
    ['a file twice but for the form of its accents', [{ ...evil, path: 'page/u\u0308ni\u0308code.css' }]],
    ['another name in front of the file', [{ ...evil, localPath: 'good.js' }]],
    ['other flags in front of the file', [{ ...evil, localFlags: 0 }]],
    ['an encrypted file', [{ ...evil, flags: 1 }]],
    ['a link', [{ ...evil, type: 0xa000 }]],
    ['a wrong checksum', [{ ...evil, sum: 1 }]],
    ['a size too small', [{ ...evil, size: 3 }]],
    ['a size too large', [{ ...evil, size: 8 }]],
    ['more than any extension', [{ ...evil, size: 2 ** 31 }]],
    [
      'two files in one place',
      [{ ...evil, path: 'manifest2.json', ...{ offset: 0, localPath: 'manifest.json' } }],
    ],
    ['a folder with contents', [{ ...evil, path: 'evil/' }]],
    ['bytes in front of its files', [], { before: new Uint8Array(7) }],
    ['fewer files in its count than in its list', [evil], { count: 4 }],
    ['more files in its count than in its list', [evil], { count: 6 }],
  ];
  it.each(wrong)('is refused with %s', (_what, entries, change) => {
    expect(() => parseZip(makeZip([...files, ...entries], change))).toThrow('WAX_PUBLISH_PACKAGE');
  });

  it('is refused with bytes after it, and cut short anywhere', () => {
    expect(() => parseZip(new Uint8Array([...archive, 0]))).toThrow('WAX_PUBLISH_PACKAGE');
    for (let size = 0; size < archive.length; size += 5) {
      expect(() => parseZip(archive.subarray(0, size))).toThrow('WAX_PUBLISH_PACKAGE');
    }
  });

  it('is refused where two files share bytes', () => {
    const inner = { path: 'b', data: 'y', stored: true };
    // A file whose contents are another file, with its header.
    const outer = { path: 'a', data: makeZip([inner]).subarray(0, 32), stored: true };
    const apart = makeZip([{ path: 'manifest.json', data: '{}' }, outer, inner]);
    expect(parseZip(apart)).toHaveLength(3);
    expect(() => parseZip(makeZip([outer, { ...inner, offset: 31, isListedOnly: true }]))).toThrow('overlap');
  });

  /** The archive with bytes changed at a distance from its end, or from its start. */
  const edited = (at: number, ...bytes: number[]) => {
    const copy = archive.slice();
    copy.set(bytes, at < 0 ? copy.length + at : at);
    return copy;
  };
  const end = -22;
  const listAt = Buffer.from(archive).readUInt32LE(archive.length - 6);
  const spliced = (at: number, more: Uint8Array, grown: number) => {
    const copy = Buffer.concat([archive.subarray(0, at), more, archive.subarray(at)]);
    copy.writeUInt32LE(copy.readUInt32LE(copy.length - 10) + grown, copy.length - 10);
    return new Uint8Array(copy);
  };
  const firstOfList = archive.slice(listAt, listAt + 46 + 'manifest.json'.length);
  const broken: [what: string, bytes: Uint8Array][] = [
    ['an end that is none', edited(end, 0)],
    ['a part on another disk', edited(end + 4, 1)],
    ['another number of files on this disk', edited(end + 8, 3)],
    ['an entry in its list that is none', edited(listAt, 0)],
    ['another checksum in front of a file', edited(14, 0)],
    ['something between its list and its end', spliced(archive.length - 22, new Uint8Array(4), 0)],
    [
      'an entry more in its list than it counts',
      spliced(archive.length - 22, firstOfList, firstOfList.length),
    ],
  ];
  it.each(broken)('is refused with %s', (_what, bytes) => {
    expect(bytes).not.toEqual(archive);
    expect(() => parseZip(bytes)).toThrow('WAX_PUBLISH_PACKAGE');
  });

  it('is refused with more files, or more in them, than any extension has', () => {
    const many = Array.from({ length: 4097 }, (_, index) => ({ path: `${index}`, data: '', stored: true }));
    expect(() => parseZip(makeZip(many))).toThrow('its list of files');
    expect(() => parseZip(makeZip([{ path: 'a', data: 'x', size: 2 ** 31 }]))).toThrow('unpacks to more');
  });

  it('is read, or refused with a code, whatever bytes are changed; and never with other contents', () => {
    const whole = JSON.stringify(formatList(parseZip(archive)));
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = archive.slice();
        bytes[at] = (bytes[at] ?? 0) ^ change;
        let read = whole;
        try {
          read = JSON.stringify(formatList(parseZip(bytes)));
        } catch (error) {
          expect(error).toMatchObject({ name: 'CodedError' });
        }
        expect(read).toBe(whole);
      }),
      { seed: 8, numRuns: 2000 },
    );
  });
});

describe('two lists', () => {
  const change = (entries: ZipEntry[]) =>
    compareLists(formatList(parseZip(archive)), formatList(parseZip(makeZip(entries))));
  const [manifest, app, style, empty] = files as [ZipEntry, ZipEntry, ZipEntry, ZipEntry];

  it('are the same for the same files in another order', () => {
    expect(change([empty, style, app, manifest])).toEqual([]);
  });

  it('differ by the file that is changed, added, removed or called otherwise', () => {
    expect(change([manifest, { ...app, data: 'evil();' }, style, empty])).toEqual([
      { kind: 'changed', path: 'page/app.js' },
    ]);
    expect(change([...files, { path: 'evil.js', data: 'evil();' }])).toEqual([
      { kind: 'added', path: 'evil.js' },
    ]);
    expect(change([manifest, style, empty])).toEqual([{ kind: 'removed', path: 'page/app.js' }]);
    expect(change([manifest, { ...app, path: 'page/App.js' }, style, empty])).toEqual([
      { kind: 'renamed', path: 'page/App.js', from: 'page/app.js' },
    ]);
    expect(change([{ ...manifest, data: '{"version":"1.2.1","name":"x"}' }, app, style, empty])).toEqual([
      { kind: 'changed', path: 'manifest.json' },
    ]);
  });

  it('are the same where a store has added what stores add to the manifest', () => {
    const stored = {
      ...manifest,
      data: '{"version":"1.2.0","key":"abc","name":"x","update_url":"https://store.example"}',
    };
    expect(change([stored, app, style, empty])).toEqual([]);
  });
});
