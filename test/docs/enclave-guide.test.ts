/**
 * What the operator's guide says about an enclave server, as it stands there: its shell blocks are run in order,
 * with simulated evidence, beside a real log with real witnesses. Only addresses are put in the place of the
 * examples', the simulator is allowed, and `--yes` is said where nobody is there to type it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../demo/service.ts';
import { type Stack, startStack } from '../../demo/stack.ts';
import { demoConfig, demoModels } from '../../enclave-server/demo-config.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const guide = readFileSync(join(root, 'docs/operators.md'), 'utf8');

/** The lines of the shell blocks under a heading of the part about enclave servers. */
function linesUnder(heading: string): string[] {
  const [, rest = ''] = guide.split(`\n### ${heading}\n`);
  const [section = ''] = rest.split(/^#{2,3} /m);
  const lines = [...section.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block.trimEnd().split('\n'),
  );
  if (lines.length === 0) throw new Error(`nothing to run under ${heading}`);
  return lines;
}

/** The model draws its words by chance here; that the answer came whole is what an exit code of 0 says. */
const anAnswer = /^[A-Z]\w*( \S+){4,}/m;

interface Running {
  child: ChildProcess;
  port: number;
  output: () => string;
}

describe('the guide to an enclave server, rehearsed', { timeout: 240_000 }, () => {
  let folder: string;
  let stack: Stack;
  const servers = new Map<string, Running>();
  const ports = { 4443: 0, 4444: 0 };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waxseal-guide-'));
    for (const name of ['stack', 'bin', 'here']) await mkdir(join(folder, name));
    stack = await startStack(join(folder, 'stack'), () => {});
    const shim = `#!/bin/sh\nshift\nexec '${process.execPath}' '${root}bin/waxseal.mjs' "$@"\n`;
    await writeFile(join(folder, 'bin/npx'), shim);
    await chmod(join(folder, 'bin/npx'), 0o755);
    const here = (name: string) => join(folder, 'here', name);
    await copyFile(stack.domainFile, here('domain.json'));
    for (const name of ['ada', 'mary'])
      await copyFile(join(folder, `stack/${name}.key`), here(`${name}.key`));
    await symlink(demoModels, here('models'));
    const config = demoConfig(stack.service);
    const source = { repository: 'https://example.com/waxseal', commit: '1'.repeat(40) };
    const build = { recipe: 'scripts/build-enclave.ts', sha256: '2'.repeat(64) };
    for (const [suffix, version, queueMs] of [
      ['', 2, 9_000],
      ['-2', 3, 8_000],
    ] as const) {
      await writeFile(
        here(`enclave${suffix}.json`),
        JSON.stringify({ ...config, limits: { ...config.limits, queueMs } }),
      );
      await writeFile(
        here(`details${suffix}.json`),
        JSON.stringify({ product: 'waxseal-demo', version, source, build }),
      );
    }
    ports[4443] = await freePort();
    ports[4444] = await freePort();
  }, 240_000);
  afterAll(async () => {
    // Whoever started a server passes the signal on; killed at once it would leave the server behind.
    for (const { child } of servers.values()) {
      const ended = child.exitCode === null && once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function here(line: string): string {
    const changed = line
      .replaceAll('https://log.example', stack.log.url)
      .replaceAll('https://chat.fernhill.example', stack.service)
      .replaceAll('/run/waxseal/', `${folder}/here/`)
      .replaceAll(/--port (4443|4444)/g, (_, port: '4443' | '4444') => `--port ${ports[port]}`)
      .replace(/waxseal release (approve|sign|revoke) .*/, '$& --yes')
      .replace(/waxseal enclave serve .*/, '$& --simulate')
      .replace(/waxseal (verify|chat) .*/, '$& --allow-simulator');
    return changed;
  }

  const start = (line: string, cwd = join(folder, 'here')) =>
    spawn('bash', ['-c', `exec ${here(line)}`.replace(/^exec (?!npx)/, '')], {
      cwd,
      env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, TOKEN: 'a token' },
    });

  async function run(line: string, cwd?: string): Promise<{ code: number | null; out: string }> {
    const child = start(line, cwd);
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (out += text));
    const [code] = await once(child, 'close');
    return { code, out };
  }

  async function done(line: string, cwd?: string): Promise<string> {
    const { code, out } = await run(line, cwd);
    expect(code, `${line}\n${out}`).toBe(0);
    return out;
  }

  async function serve(line: string): Promise<void> {
    const name = /--instance (\d+)/.exec(line)?.[1] ?? '';
    const child = start(line);
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (out += text));
    const port = Number(/--port (\d+)/.exec(here(line))?.[1]);
    servers.set(name, { child, port, output: () => out });
    await expect
      .poll(() => out + String(child.exitCode ?? ''), { timeout: 120_000 })
      .toContain('"listening"');
  }

  /** Runs everything under a heading. */
  async function rehearse(heading: string): Promise<string[]> {
    const outputs: string[] = [];
    for (const line of linesUnder(heading)) {
      if (line.includes(' serve ')) await serve(line);
      else outputs.push(await done(line));
    }
    return outputs;
  }

  /** Lets people reach one of the servers, as a proxy does. */
  const reach = (name: string) =>
    stack.replaceEnclave(async () => ({ port: servers.get(name)?.port ?? 0, stop: async () => {} }));
  const [verifyLine = '', chatLine = ''] = linesUnder('Measure, get approved, serve').filter((line) =>
    /waxseal (verify|chat)/.test(line),
  );

  it('measures, gets approved and serves, and people can check and chat', async () => {
    for (const line of linesUnder('Measure, get approved, serve')) {
      if (line.includes(' serve ')) {
        await serve(line);
        await reach('00000001');
      } else if (line === chatLine) expect(await done(line)).toMatch(anAnswer);
      else await done(line);
    }
    expect(await readFile(join(folder, 'here/tokens.txt'), 'utf8')).toBe(
      `${createHash('sha256').update('a token').digest('hex')}\n`,
    );
  });

  it('can be looked at', async () => {
    const [counters = '', health] = await rehearse('Look at it');
    expect(JSON.parse(counters)).toMatchObject({ atMost: { offers: expect.any(Number) }, stapled: null });
    expect(health).toBe('ok');
  });

  it('compiles the helper for Nitro, and has nothing to staple where evidence is simulated', async () => {
    const [compile = ''] = linesUnder('In each kind of hardware');
    await done(compile.replace('-o nsm-helper', `-o ${folder}/nsm-helper`), root);
    expect(existsSync(join(folder, 'nsm-helper'))).toBe(true);
    const [staple = ''] = linesUnder('Staples');
    expect(await run(`${staple} --once`)).toMatchObject({
      code: 20,
      out: expect.stringContaining('WAX_STAPLE_ADMIN'),
    });
  });

  it('is upgraded while both versions are accepted, and the old one ends in order', async () => {
    await rehearse('Upgrade without anybody noticing');
    for (const name of ['00000002', '00000001', '00000002']) {
      await reach(name);
      expect(await done(chatLine), name).toMatch(anAnswer);
    }
    const old = servers.get('00000001');
    const ended = old && once(old.child, 'exit');
    old?.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(old?.output()).toMatch(/"stopping"\}\n\{"event":"stopped"\}\n$/);
    expect(await done(chatLine)).toMatch(anAnswer);
  });

  it('is given up by one publisher, and nobody seals to it any more', async () => {
    await rehearse('Somebody got in');
    expect(await done(verifyLine)).toContain('passed');
    const [again = ''] = linesUnder('Measure, get approved, serve').filter((line) =>
      line.includes(' serve '),
    );
    await serve(again);
    await reach('00000001');
    const refused = await run(verifyLine);
    expect(refused.code).toBe(10);
    expect(refused.out).toContain('WAX_RELEASE_REVOKED');
  });
});
