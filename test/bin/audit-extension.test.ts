import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { auditExtensionCommand } from '../../bin/commands/audit-extension.ts';
import { groups } from '../../bin/commands/index.ts';
import { formatList, hashFiles } from '../../transparency-log/publish/file-manifest.ts';
import { parsePackage } from '../../transparency-log/publish/package.ts';
import { LogBuilder } from '../support/log-builder.ts';
import { ServedLog } from '../support/served-log.ts';
import { makeCrx, makeZip, type ZipEntry } from '../support/zip.ts';

const manifest = (version: string) => JSON.stringify({ manifest_version: 3, version });
const build: ZipEntry[] = [
  { path: 'manifest.json', data: manifest('1.2.0') },
  { path: 'background.js', data: 'start();' },
  { path: 'ui/page.js', data: 'show();' },
  { path: 'ui/page.css', data: 'a{}' },
];
const [first, background, page, style] = build as [ZipEntry, ZipEntry, ZipEntry, ZipEntry];
const list = formatList(parsePackage(makeZip(build)));

let folder: string;
let served: ServedLog;
let entry: number;
let lines: string[];
const path = (name: string) => join(folder, name);
const printed = () => lines.join('\n');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-copies-'));
  const log = await LogBuilder.create({ at: Math.floor(Date.now() / 1000) * 1000 });
  const fields = (version: string, manifestSha256: string) => ({
    ...{ browser: 'chrome' as const, version, manifestSha256 },
    source: { repository: 'https://example.org/waxseal', commit: 'ab'.repeat(20) },
  });
  const added = await log.add('extension-release', fields('1.2.0', hashFiles(list)));
  entry = added.index;
  await writeFile(path('entry.json'), added.bytes);
  const old = await log.add('extension-release', fields('1.0.0', 'cd'.repeat(32)));
  await log.revoke(old.index);
  await log.publish();
  served = await ServedLog.start(log);
  const file = log.domainFile();
  await writeFile(
    path('domain.json'),
    JSON.stringify({ ...file, log: { ...(file.log as object), url: served.url } }),
  );
  await writeFile(path('list.txt'), list);
  for (const { path: name, data } of build) {
    await mkdir(dirname(path(`build/${name}`)), { recursive: true });
    await writeFile(path(`build/${name}`), data);
  }
  for (const stream of ['log', 'error'] as const) {
    vi.spyOn(console, stream).mockImplementation((text: string) => {
      lines.push(text);
    });
  }
});
afterAll(async () => {
  vi.restoreAllMocks();
  await served.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  lines = [];
});

/** Audits a copy that consists of these files. */
async function audit(entries: ZipEntry[], ...more: string[]): Promise<number> {
  await writeFile(path('copy.zip'), makeZip(entries));
  return auditExtensionCommand.run([path('copy.zip'), '--domain', path('domain.json'), ...more]);
}

describe('waxseal audit extension', () => {
  it('is found before the audit of a log, whose name begins its own', async () => {
    const names = (await groups.audit?.())?.map(({ name }) => name);
    expect(names).toEqual(['audit extension', 'audit']);
  });

  it('knows the released build, packed by either store, unpacked, and as one has built it', async () => {
    const google = [...build, { path: '_metadata/verified_contents.json', data: '[]' }];
    expect(await audit(google)).toBe(0);
    expect(printed()).toContain(`entry ${entry}, signed by`);
    expect(printed()).toContain('Added by stores, not compared: _metadata/verified_contents.json');
    await writeFile(path('copy.crx'), makeCrx(makeZip(google)));
    await writeFile(path('copy.xpi'), makeZip([...build, { path: 'META-INF/mozilla.sf', data: 'x' }]));
    for (const copy of ['copy.crx', 'copy.xpi', 'build']) {
      expect(await auditExtensionCommand.run([path(copy), '--domain', path('domain.json')])).toBe(0);
    }
  });

  it('knows it by an entry of the log, and by a file alone', async () => {
    expect(await audit(build, '--entry', String(entry), '--json')).toBe(0);
    expect(JSON.parse(printed())).toMatchObject({
      ...{ format: 'waxseal-audit-extension/1', verdict: 'same', differences: [], notCompared: [] },
      release: { logged: { index: entry } },
    });
    expect(await auditExtensionCommand.run([path('copy.zip'), '--entry', path('entry.json')])).toBe(0);
    expect(printed()).toContain('whether it is in a log, only --domain can tell');
  });

  const tampered: [what: string, entries: ZipEntry[], kind: string, file: string][] = [
    ['changed', [first, background, { ...page, data: 'steal();' }, style], 'changed', 'ui/page.js'],
    [
      'changed in its manifest',
      [{ ...first, data: manifest('1.2.0 ') }, background, page, style],
      'changed',
      'manifest.json',
    ],
    ['added', [...build, { path: 'ui/evil.js', data: 'steal();' }], 'added', 'ui/evil.js'],
    ['removed', [first, background, page], 'removed', 'ui/page.css'],
    [
      'called otherwise, by the case of a letter',
      [first, background, { ...page, path: 'ui/Page.js' }, style],
      'renamed',
      'ui/Page.js',
    ],
    [
      'moved out of the folder of a store',
      [...build, { path: 'metadata/x.js', data: '1' }],
      'added',
      'metadata/x.js',
    ],
  ];
  it.each(tampered)('names the file that was %s', async (_what, entries, kind, file) => {
    for (const against of ['list.txt', 'build']) {
      lines = [];
      // By its version it cannot be found where the manifest is what was changed: then by number.
      expect(await audit(entries, '--entry', String(entry), '--against', path(against), '--json')).toBe(10);
      const { verdict, differences } = JSON.parse(printed());
      expect(verdict).toBe('different');
      expect(differences).toMatchObject([{ kind, path: file }]);
    }
    lines = [];
    expect(await audit(entries, '--entry', String(entry))).toBe(10);
    expect(printed()).toContain('--against tells');
    expect(printed()).toContain('This copy is not the one that was released.');
  });

  const hostile: [what: string, entries: ZipEntry[]][] = [
    ['leads out of its folder', [...build, { path: '../evil.js', data: '1' }]],
    ['has a file twice', [...build, { ...page, data: 'steal();' }]],
    ['has a file twice but for case', [...build, { ...page, path: 'UI/page.js' }]],
    ['says two names of a file', [...build, { path: 'evil.js', localPath: 'good.js', data: '1' }]],
    ['has a link', [...build, { path: 'link', data: '/etc/passwd', type: 0xa000 }]],
  ];
  it.each(hostile)('refuses a package that %s', async (_what, entries) => {
    await expect(audit(entries)).rejects.toThrow('WAX_PUBLISH_PACKAGE');
  });

  it('finds no release for a version that was taken back or never made', async () => {
    for (const version of ['1.0.0', '9.9.9']) {
      lines = [];
      expect(await audit([{ ...first, data: manifest(version) }, background], '--json')).toBe(10);
      expect(JSON.parse(printed())).toMatchObject({ verdict: 'unknown', release: null });
    }
    expect(await audit(build, '--entry', '0')).toBe(10);
  });

  it('does not compare with a list that the release does not name', async () => {
    await writeFile(path('other.txt'), `${'00'.repeat(32)} evil.js\n${list}`);
    await expect(audit(build, '--against', path('other.txt'))).rejects.toThrow('WAX_AUDITCOMMAND_OTHER_LIST');
    await expect(audit(build, '--against', path('none'))).rejects.toThrow('WAX_AUDITCOMMAND_FILE');
  });

  it('ends with 20 when the log is not there, and is refused without a copy or a release', async () => {
    served.broken = 503;
    expect(await audit(build)).toBe(20);
    served.broken = null;
    await expect(auditExtensionCommand.run([path('copy.zip')])).rejects.toThrow('WAX_AUDITCOMMAND_OPTION');
    await expect(auditExtensionCommand.run(['--domain', path('domain.json')])).rejects.toThrow(
      'WAX_AUDITCOMMAND_OPTION',
    );
    await expect(auditExtensionCommand.run([path('none'), '--entry', path('entry.json')])).rejects.toThrow(
      'WAX_PUBLISH_FILES',
    );
  });
});
