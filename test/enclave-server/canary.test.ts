/** A small part of `npm run canary`: prompts in every way that a chat can go, and no trace of them afterwards. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoConfig } from '../../enclave-server/demo-config.ts';
import { Canaries } from '../support/canary/canary.ts';
import { drive } from '../support/canary/drive.ts';
import { watchProcesses } from '../support/canary/processes.ts';
import { startWire } from '../support/canary/wire.ts';
import { chat, openSession, sendTurn, service } from '../support/enclave.ts';
import { startEnclaveProcess } from '../support/enclave-process.ts';
import { buildScriptedBundle, bundleFolder } from '../support/scripted/bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'waxseal-canary-'));
const bundle = bundleFolder('canary');
beforeAll(() => buildScriptedBundle(bundle), 120_000);
afterAll(() => {
  for (const path of [folder, bundle]) rmSync(path, { recursive: true, force: true });
});

describe('the search for canaries', () => {
  const canaries = new Canaries();
  const canary = canaries.next();
  const swap = (bytes: Buffer) => Buffer.from(bytes).swap16();
  const planted: [string, Buffer | string][] = [
    ['as it is', canary],
    ['capitals', canary.toUpperCase()],
    ['UTF-16', Buffer.from(canary, 'utf16le')],
    ['UTF-16, big-endian', swap(Buffer.from(canary, 'utf16le'))],
    ['hex', Buffer.from(canary).toString('hex')],
    ['hex capitals', Buffer.from(canary).toString('hex').toUpperCase()],
    ['Base64', Buffer.from(canary).toString('base64')],
    ['Base64, one further', Buffer.from(`a${canary}`).toString('base64')],
    ['Base64, two further', Buffer.from(`ab${canary}`).toString('base64')],
    ['Base64 for URLs', Buffer.from(`?>${canary}`).toString('base64url')],
    ['Base64 of UTF-16', Buffer.from(canary, 'utf16le').toString('base64')],
    ['a URL', encodeURIComponent(canary)],
    ['a URL, every byte', Buffer.from(canary).toString('hex').replace(/../g, '%$&')],
    ['JSON', JSON.stringify({ prompt: canary })],
    ['JSON escapes', [...canary].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
    ['backwards', [...canary].reverse().join('')],
  ];

  it.each(planted)('finds one in %s, in the midst of other bytes', (_name, text) => {
    const around = Buffer.alloc(99, 7);
    expect(canaries.search('here', Buffer.concat([around, Buffer.from(text), around]))).not.toEqual([]);
  });

  it('finds one in a file that is read in pieces, where two of them meet', () => {
    const path = join(folder, 'large');
    writeFileSync(path, Buffer.concat([Buffer.alloc((1 << 24) - 20), Buffer.from(canary)]));
    expect(canaries.searchFile(path)).toEqual([{ where: path, form: 'as it is' }]);
    rmSync(path);
  });

  it('finds one in the name of a file, and in a file of a folder of a folder', () => {
    const deep = join(folder, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'c'), canary);
    writeFileSync(join(deep, canaries.mark), '');
    expect(canaries.searchTree(folder).map(({ where }) => where)).toEqual([
      join(deep, 'c'),
      `the name ${join(deep, canaries.mark)}`,
    ]);
    rmSync(join(folder, 'a'), { recursive: true });
  });

  it('finds nothing where there is none', () => {
    expect(canaries.search('here', Buffer.from(new Canaries().next()))).toEqual([]);
    expect(canaries.searchTree(folder)).toEqual([]);
  });
});

describe.skipIf(process.platform !== 'linux')('prompts in every way that a chat can go', () => {
  const config = {
    ...demoConfig(service),
    wire: { tickMs: 20, recordBytes: 512, maxRecords: 512 },
  };

  it('leave nothing on the wire, in output, processes or files', { timeout: 240_000 }, async () => {
    const canaries = new Canaries();
    const begun = Date.now() - 1000;
    const server = await startEnclaveProcess(bundle, { config });
    const wire = await startWire(Number(new URL(server.url).port), canaries);
    const watch = watchProcesses(server.child.pid ?? 0, canaries);
    const target = { sealed: wire.url, direct: server.url };
    const tally = await drive({ target, canaries, prompts: 70, atOnce: 4, engine: 'scripted' });
    const { client } = await openSession(server.url);
    const reply = sendTurn(server.url, client, chat(`silent ${canaries.next()}`)).catch(() => 'cut off');
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.child.kill('SIGKILL');
    expect(await reply).toBe('cut off');
    watch.stop();
    wire.close();
    // It did answer, and it did fail.
    for (const ended of [
      'stream → complete',
      'block → complete',
      'bad value → bad-request',
      'engine throws → engine-failed',
    ]) {
      expect([...tally.keys()]).toContain(ended);
    }
    expect(wire.found).toEqual([]);
    expect(watch.found).toEqual([]);
    expect([...watch.written]).toEqual([]);
    expect(canaries.search('output', server.output())).toEqual([]);
    for (const folder of [server.folder, bundle]) expect(canaries.searchTree(folder)).toEqual([]);
    for (const folder of [tmpdir(), '/dev/shm', '/var/tmp'])
      expect(canaries.searchTree(folder, begun)).toEqual([]);
    expect(readdirSync(server.folder)).toEqual(['enclave.json']);
    rmSync(server.folder, { recursive: true, force: true });
  });

  it('would be found if the engine wrote them down', { timeout: 120_000 }, async () => {
    const canaries = new Canaries();
    const begun = Date.now() - 1000;
    const server = await startEnclaveProcess(bundle, { config });
    const watch = watchProcesses(server.child.pid ?? 0, canaries, 20);
    const { client } = await openSession(server.url);
    expect((await sendTurn(server.url, client, chat(`leak ${canaries.next()}`))).outcome.state).toBe(
      'complete',
    );
    await expect.poll(() => watch.found.length, { timeout: 30_000 }).toBeGreaterThan(0);
    watch.stop();
    const found = canaries.searchTree(tmpdir(), begun);
    expect(found.map(({ where }) => where)).toEqual([expect.stringContaining('/leak-')]);
    for (const { where } of found) rmSync(where);
    await server.stop();
  });
});
