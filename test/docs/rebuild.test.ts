import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measurementsOf, measureShape } from '../../protocol/measurement/image.ts';
import { parseShapes } from '../../protocol/measurement/shapes.ts';
import { formatList, hashFiles } from '../../transparency-log/publish/file-manifest.ts';
import { parsePackage } from '../../transparency-log/publish/package.ts';
import { LogBuilder, releaseFields } from '../support/log-builder.ts';
import { makeImage, shapes, shapesFile, writeImage } from '../support/measurement/image.ts';
import { ServedLog } from '../support/served-log.ts';
import { makeCrx, makeZip } from '../support/zip.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = await readFile(join(root, 'docs/rebuild.md'), 'utf8');
const commands = /```sh\n(.*?)```/s.exec(page)?.[1]?.trimEnd().split('\n') ?? [];

/** First column of the table under a heading. */
function firstColumn(heading: string): string[] {
  const [, rest = ''] = page.split(`\n## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) => row.split(' | ')[0]?.slice(2) ?? '');
}

describe('the page for who rebuilds an image', () => {
  it('has ten commands, and says of each what it proves', () => {
    expect(commands).toHaveLength(10);
    expect(firstColumn('Ten commands, and what each proves')).toHaveLength(10);
  });

  it('names only scripts that there are', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const named = [...page.matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(scripts, name).toHaveProperty([name]);
    const paths = [...page.matchAll(/`((?:test|image)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    for (const path of paths) await expect(readFile(join(root, path)), path).resolves.toBeDefined();
  });

  it('lists every file of the folder that is read, and every platform that has a shape', async () => {
    const reader = await readFile(join(root, 'bin/image-folder.ts'), 'utf8');
    const read = [...reader.matchAll(/(?:part|join)\((?:\w+, )?'([\w.]+)'\)/g)].map(([, name = '']) => name);
    const listed = firstColumn('The folder of an image').join(' ');
    expect(read).toContain('shapes.json');
    for (const name of new Set(read)) expect(listed).toContain(`\`${name}\``);
    expect(firstColumn('Shapes').map((cell) => cell.replaceAll('`', ''))).toEqual(
      shapes.map(({ platform }) => platform),
    );
  });

  it('says "no" of exactly the machines whose shapes are refused', () => {
    const rows = page.split('\n').filter((line) => / \| (yes|no)\b[^|]*\|$/.test(line));
    const refused = rows.filter((row) => / \| no \|$/.test(row));
    expect([rows.length, refused.length]).toEqual([6, 3]);
    for (const [index, vmm] of ['ec2', 'gce', 'azure'].entries()) {
      expect(refused[index]).toMatch([/EC2/, /Google/, /Azure/][index] ?? /^$/);
      const text = shapesFile([{ ...shapes[0], vmm }]);
      expect(() => parseShapes(text)).toThrow('WAX_MEASURE_PROVIDER');
    }
  });
});

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) process.stderr.write('skipped: python3 is not installed\n');

describe('the commands for an auditor', { timeout: 60_000 }, () => {
  let folder: string;
  let served: ServedLog;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waxseal-rebuild-'));
    await mkdir(join(folder, 'dist/image/production'), { recursive: true });
    await mkdir(join(folder, 'bin'));
    const image = makeImage();
    await writeImage(join(folder, 'dist/image/production'), image);
    const measured = shapes.map((shape) => measureShape(shape, image));
    const measurements = measurementsOf(measured);
    const published = { format: 'waxseal-measurement/1', measurements, shapes: measured };
    await writeFile(join(folder, 'measurements.json'), JSON.stringify(published));
    const files = [{ path: 'manifest.json', data: '{"version":"1.0.0"}' }];
    await writeFile(join(folder, 'waxseal.crx'), makeCrx(makeZip(files)));
    await mkdir(join(folder, 'dist/extension/chrome'), { recursive: true });
    await writeFile(join(folder, 'dist/extension/chrome/manifest.json'), files[0]?.data ?? '');

    const log = await LogBuilder.create({ at: Math.floor(Date.now() / 1000) * 1000 });
    const approved = measured.map(({ platform, shape, registers }) => [platform, [{ shape, registers }]]);
    await log.release({ ...releaseFields(log.now), measurements: Object.fromEntries(approved) });
    await log.add('extension-release', {
      ...{ browser: 'chrome', version: '1.0.0' },
      manifestSha256: hashFiles(formatList(parsePackage(makeZip(files)))),
      source: { repository: 'https://example.org/waxseal', commit: 'ab'.repeat(20) },
    });
    await log.publish();
    served = await ServedLog.start(log);
    const file = log.domainFile();
    const domain = { ...file, log: { ...(file.log as object), url: served.url } };
    await writeFile(join(folder, 'domain.json'), JSON.stringify(domain));
    const script = `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(root, 'bin/waxseal.mjs')}' "$@"\n`;
    await writeFile(join(folder, 'bin/npx'), script);
    await chmod(join(folder, 'bin/npx'), 0o755);
  });
  afterAll(async () => {
    await served.close();
    await rm(folder, { recursive: true });
  });

  /** Runs a line of the page in a folder that looks like a clone after the builds. */
  function run(line: string): Promise<{ code: number; out: string }> {
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
    const here = line.replace('test/interop/', join(root, 'test/interop/'));
    return new Promise((resolve) => {
      execFile('sh', ['-c', here], { cwd: folder, env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: out + err });
      });
    });
  }
  const lineWith = (word: string) => commands.find((line) => line.includes(word)) ?? '';

  it('succeed as they stand on the page', async () => {
    const measure = await run(lineWith('release measure'));
    expect(measure.out).toContain('rtmr2 = ');
    expect(measure.code).toBe(0);
    const check = await run(lineWith('release check'));
    expect(check.out).toContain('This image is the one that the release approves.');
    expect(check.code).toBe(0);
    const audit = await run(lineWith('audit extension'));
    expect(audit.out).toContain('This copy is the one that was released.');
    expect(audit.code).toBe(0);
  });

  it.skipIf(!hasPython)('get the same numbers from both programs', async () => {
    const [ours, theirs] = await Promise.all([
      run(lineWith('release measure').replace('--explain', '--json')),
      run(lineWith('measure.py')),
    ]);
    expect(JSON.parse(theirs.out)).toEqual(JSON.parse(ours.out));
  });

  it('fail, and say where, for an image of which one byte is another', async () => {
    const path = join(folder, 'dist/image/production/kernel');
    const kernel = await readFile(path);
    await writeFile(
      path,
      kernel.map((byte, index) => (index === 3000 ? byte ^ 1 : byte)),
    );
    const { code, out } = await run(lineWith('release check'));
    await writeFile(path, kernel);
    expect(code).toBe(10);
    expect(out).toContain('FAIL  sev-snp, Genoa, 4 vCPU, launchDigest: other kernel');
    expect(out).toContain('FAIL  tdx, 16 GiB, rtmr1: other kernel');
    expect(await readdir(folder)).toContain('measurements.json');
  });
});
