/** What only a real terminal shows: the question before a signature, and the progress of an audit. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import { LogBuilder } from '../support/log-builder.ts';
import { ServedLog } from '../support/served-log.ts';

const hasTerminal = spawnSync('script', ['--version']).status === 0;
if (!hasTerminal) process.stderr.write('skipped: no script(1) to make a terminal with\n');
const waxseal = fileURLToPath(new URL('../../bin/waxseal.ts', import.meta.url));

/** Runs `waxseal` in a pseudo-terminal; types `answer` once `question` is on the screen. */
async function runInTerminal(args: string[], question: RegExp | null = null, answer = '') {
  const command = [process.execPath, waxseal, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let [screen, answered] = ['', false];
  child.stdout.on('data', (data: Buffer) => {
    screen += data.toString();
    if (answered || !question?.test(screen)) return;
    answered = true;
    child.stdin.write(answer);
  });
  const [code] = await once(child, 'close');
  return { code, screen };
}

describe.skipIf(!hasTerminal)('in a terminal', { timeout: 60_000 }, () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waxseal-terminal-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function draft(): Promise<string> {
    const file = join(folder, 'policy.json');
    const key = join(folder, 'ada.key');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [waxseal, 'release', ...args]).stdout.toString();
    const vkey = run('keygen', '--name', 'ada', '--out', key).trim();
    run('init', '--log', 'log.example/one', '--publisher', vkey, '--threshold', '1', '--out', file);
    return file;
  }
  const signers = async (file: string) => parseEnvelope(await readFile(file)).signatures.length;
  const sign = (file: string, answer: string) =>
    runInTerminal(['release', 'sign', file, '--key', join(folder, 'ada.key')], /Type yes:/, answer);

  it('release sign shows what the draft does, asks, and signs after "yes"', async () => {
    const file = await draft();
    const { code, screen } = await sign(file, 'yes\r');
    expect(code).toBe(0);
    expect(screen).toContain('From then on, 1 of 1 publishers approve programs.');
    expect(screen.indexOf('publisher')).toBeLessThan(screen.indexOf('Sign this as ada?'));
    expect(screen).toContain('is complete. Next: waxseal log init');
    expect(await signers(file)).toBe(1);
  });

  it.each([
    ['"no"', 'no\r'],
    ['"y"', 'y\r'],
    ['nothing', '\r'],
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('release sign takes %s for a no, and says so in one line', async (_, answer) => {
    const file = await draft();
    const { code, screen } = await sign(file, answer);
    expect(code).toBe(30);
    expect(screen).toContain('WAX_RELEASECMD_DECLINED');
    expect(screen).not.toMatch(/ {4}at |Node\.js v/);
    expect(await signers(file)).toBe(0);
  });

  it('audit shows how far it is, and takes that off the screen before its report', async () => {
    const builder = await LogBuilder.create({ at: Math.floor(Date.now() / 1000) * 1000 });
    await builder.release();
    await builder.publish();
    const served = await ServedLog.start(builder);
    try {
      const domain = join(folder, 'domain.json');
      await writeFile(domain, JSON.stringify(builder.domainFile()));
      const { code, screen } = await runInTerminal(['audit', served.url, '--domain', domain]);
      expect(code).toBe(0);
      expect(screen).toContain('[##############################] entries 1/1');
      expect(screen).toContain('] tiles 1/1');
      const [bars = '', report = ''] = screen.split('\r\u001b[Klog.example');
      expect(bars).toContain('[###');
      expect(report).not.toContain('[###');
      expect(report).toContain('Nothing is wrong with this log.');
      const piped = spawn(process.execPath, [waxseal, 'audit', served.url, '--domain', domain]);
      let noise = '';
      piped.stderr.on('data', (data: Buffer) => {
        noise += data.toString();
      });
      await once(piped, 'close');
      expect(noise).toBe('');
    } finally {
      await served.close();
    }
  });
});
