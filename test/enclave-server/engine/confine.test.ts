/** What a process can still do under confine.c, tried by a program of our own and with the real engine in it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModel } from '../../../enclave-server/demo-config.ts';
import { buildEnclaveBundle } from '../../../scripts/build-enclave.ts';
import { chat, demoEngine, demoModelPath, openSession, sendTurn } from '../../support/enclave.ts';
import { startEnclaveProcess } from '../../support/enclave-process.ts';
import { bundleFolder } from '../../support/scripted/bundle.ts';

const source = fileURLToPath(new URL('../../../enclave-server/engine/confine.c', import.meta.url));
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('skipped: what root may do takes root to try');
const folder = mkdtempSync(join(tmpdir(), 'waxseal-confine-'));
const confine = join(folder, 'confine');
const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-static', '-o', confine, source];
const isBuilt = spawnSync('cc', flags, { stdio: 'inherit' }).status === 0;
const works = isBuilt && spawnSync(confine, [process.execPath, '--version']).status === 0;
if (!works) console.log('skipped: no C compiler, or a kernel without Landlock');

/** Tries one thing; prints `done`, or the code of the error. */
const attempt = (what: string) => `
  import fs from 'node:fs'; import net from 'node:net'; import { spawnSync } from 'node:child_process';
  const connect = (to) => new Promise((resolve, reject) => net.connect(to).on('connect', resolve).on('error', reject));
  try { await (async () => { ${what} })(); console.log('done'); } catch (error) { console.log(error.code); }
  process.exit();`;

describe.skipIf(!works)('a confined process', { timeout: 60_000 }, () => {
  const file = join(folder, 'written');
  const socket = join(folder, 'peer.sock');
  const listener = createServer((peer) => peer.destroy());
  let port = 0;
  beforeAll(async () => {
    const tcp = createServer((peer) => peer.destroy()).listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    port = (tcp.address() as { port: number }).port;
    tcp.unref();
    await once(listener.listen(socket), 'listening');
    writeFileSync(file, 'x');
  });
  afterAll(() => {
    listener.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function tryTo(what: string, confined: boolean): Promise<string> {
    const script = join(folder, `${crypto.randomUUID()}.mjs`);
    const values: Record<string, string> = { FILE: file, SOCKET: socket, PORT: String(port), FOLDER: folder };
    writeFileSync(
      script,
      attempt(what.replace(/\b(FILE|SOCKET|PORT|FOLDER)\b/g, (name) => values[name] ?? '')),
    );
    const command = confined ? [confine, process.execPath] : [process.execPath];
    const child = spawn(command[0] ?? '', [...command.slice(1), script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
    });
    await once(child, 'close');
    return output.trim();
  }

  it.each([
    ['write a file', `fs.writeFileSync('FILE', 'y')`, 'EACCES'],
    ['make a file', `fs.writeFileSync('FOLDER/new', 'y')`, 'EACCES'],
    ['make a folder, as one asks for a report', `fs.mkdirSync('FOLDER/report' + Math.random())`, 'EACCES'],
    ['open a device for writing', `fs.openSync('/dev/zero', 'r+')`, 'EACCES'],
    ['remove a file', `fs.rmSync('FILE'); fs.writeFileSync('FILE', 'x')`, 'EACCES'],
    ['connect to a port', `await connect({ port: PORT, host: '127.0.0.1' })`, 'EPERM'],
    ['connect to a Unix socket', `await connect('SOCKET')`, 'EPERM'],
    ['read the memory of the server', "fs.openSync('/proc/' + process.ppid + '/mem', 'r')", 'EACCES'],
    ['signal the server', 'process.kill(process.ppid, 0)', 'EPERM'],
    ['signal all of its group', 'process.kill(0, 0)', 'EPERM'],
    ['signal everybody', 'process.kill(-1, 0)', 'EPERM'],
    ['change the rights to a file', `fs.chmodSync('FILE', 0o644)`, 'EPERM'],
    ['change them by a descriptor', `fs.fchmodSync(fs.openSync('FILE', 'r'), 0o644)`, 'EPERM'],
    ['give a file away', `fs.chownSync('FILE', process.getuid(), process.getgid())`, 'EPERM'],
    ['change the times of a file', `fs.utimesSync('FILE', 1, 1)`, 'EPERM'],
  ])('cannot %s, which another process can', async (_what, attempted, code) => {
    expect(await tryTo(attempted, false)).toBe('done');
    expect(await tryTo(attempted, true)).toBe(code);
  });

  it.skipIf(!isRoot).each([
    ['read what only its owner may', `fs.readFileSync('FOLDER/private')`, 'EACCES'],
    ['become somebody else', 'process.setuid(1)', 'EPERM'],
  ])('of root cannot %s, which another of root can', async (_what, attempted, code) => {
    const path = join(folder, 'private');
    writeFileSync(path, 'x', { mode: 0o600 });
    chownSync(path, 1, 1);
    expect(await tryTo(attempted, false)).toBe('done');
    expect(await tryTo(attempted, true)).toBe(code);
  });

  it('passes its bounds on to whatever it starts', async () => {
    const child = `const made = spawnSync('sh', ['-c', 'echo y > FILE']); if (made.status !== 0) throw { code: 'refused' };`;
    expect(await tryTo(child, false)).toBe('done');
    expect(await tryTo(child, true)).not.toBe('done');
  });

  it('can read, and look at itself', async () => {
    expect(
      await tryTo(
        `fs.readFileSync('FILE'); fs.readFileSync('/proc/self/status'); process.kill(process.pid, 0)`,
        true,
      ),
    ).toBe('done');
  });

  it('is not started where the program is not there', () => {
    expect(spawnSync(confine, ['/nowhere/node']).status).toBe(1);
    expect(spawnSync(confine, []).status).toBe(1);
  });

  it('runs the real engine: chats, grammars, vectors, and the change from one process to the next', async () => {
    let loaded = 0;
    const engine = await demoEngine({
      confine,
      models: [{ ...demoModel, path: demoModelPath, embeddingTokens: 64 }],
      recycleAfterSessions: 1,
      onLoaded: () => loaded++,
    });
    const job = { model: demoModel.id, maxTokens: 60, temperature: 0, topP: 1, stop: [], seed: 1 };
    const messages = [{ role: 'user', content: 'What is 7 + 5?' }] as const;
    const signal = new AbortController().signal;
    for (const session of [1, 2]) {
      await expect.poll(() => loaded, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
      let text = '';
      await engine.generate(
        { ...job, session, messages },
        (piece) => {
          text += piece;
        },
        signal,
      );
      expect(text).toContain('7 plus 5');
    }
    const format = { kind: 'schema', name: 'n', schema: { type: 'boolean' } } as const;
    let answer = '';
    await engine.generate(
      { ...job, session: 2, messages, format },
      (piece) => {
        answer += piece;
      },
      signal,
    );
    expect(answer.trim()).toMatch(/^(true|false)$/);
    const made = await engine.embed?.({ session: 2, model: demoModel.id, inputs: ['a'] }, signal);
    expect(made?.vectors).toHaveLength(1);
    await engine.stop();
  });

  it('is what the built server starts its engine in, where the program lies beside it', async () => {
    const bundle = await buildEnclaveBundle('development', bundleFolder('confine'));
    copyFileSync(confine, join(bundle, 'confine'));
    const server = await startEnclaveProcess(bundle);
    try {
      const { pid } = server.child;
      const status = (of: number | string | undefined) => readFileSync(`/proc/${of}/status`, 'utf8');
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      expect(children.length).toBeGreaterThan(0);
      for (const child of children)
        expect(status(child)).toMatch(/CapPrm:\t0+\n(?:.*\n)*?NoNewPrivs:\t1\n(?:.*\n)*?Seccomp:\t2\n/);
      expect(status(pid)).toMatch(/Seccomp:\t0\n/);
      const { client } = await openSession(server.url);
      expect((await sendTurn(server.url, client, chat('What is 7 + 5?'))).text).toContain('7 plus 5');
    } finally {
      await server.stop();
      rmSync(bundle, { recursive: true, force: true });
    }
  });
});
