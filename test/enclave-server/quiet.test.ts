/** What a built server prints: its events, whatever happens to it. */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counted, notices } from '../../enclave-server/events.ts';
import { processTree } from '../support/canary/processes.ts';
import { chat, openSession, sendTurn } from '../support/enclave.ts';
import { startEnclaveProcess } from '../support/enclave-process.ts';
import { buildScriptedBundle, bundleFolder } from '../support/scripted/bundle.ts';

const bundle = bundleFolder('quiet');
const failing = bundleFolder('surprised');
const secret = 'what somebody has said';
beforeAll(async () => {
  await buildScriptedBundle(bundle);
  await buildScriptedBundle(failing);
  // The same server, in which something goes wrong that nobody has foreseen.
  const surprise = `
process.on('SIGUSR2', () => {
  process.emitWarning(${JSON.stringify(secret)});
  setTimeout(() => Promise.reject(new Error(${JSON.stringify(secret)})), 100);
});`;
  appendFileSync(join(failing, 'main.js'), surprise);
}, 240_000);
afterAll(() => {
  for (const path of [bundle, failing]) rmSync(path, { recursive: true, force: true });
});

const linesOf = (output: string): { event: string }[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a built server', { timeout: 120_000 }, () => {
  it('says events of the list, in their form, and nothing else', async () => {
    const server = await startEnclaveProcess(bundle);
    const { client } = await openSession(server.url);
    for (const words of ['Hello', 'refuse busy', 'throw x', 'garbage x', 'abort']) {
      await sendTurn(server.url, client, chat(words));
    }
    await expect.poll(server.output, { timeout: 30_000 }).toContain('engine-crashed');
    expect(await server.stop()).toBe(0);
    const forms: { [event: string]: string[] } = { listening: ['event', 'url'], minute: ['event', 'atMost'] };
    for (const line of linesOf(server.output())) {
      expect([...notices, 'listening', 'minute']).toContain(line.event);
      expect(Object.keys(line)).toEqual(forms[line.event] ?? ['event']);
      const counts = 'atMost' in line ? Object.keys(line.atMost ?? {}) : [];
      expect(counts.filter((name) => !counted.some((known) => known === name))).toEqual([]);
    }
    expect(linesOf(server.output()).at(-1)).toEqual({ event: 'stopped' });
  });

  it('opens no debugger for whoever sends the signal for it', async () => {
    const server = await startEnclaveProcess(bundle);
    // Port 9229, where it would listen.
    const debuggers = () =>
      readFileSync('/proc/net/tcp', 'utf8').match(/:240D 00000000:0000 0A/g)?.length ?? 0;
    const before = debuggers();
    const processes = processTree(server.child.pid ?? 0);
    expect(processes.length).toBeGreaterThan(1);
    for (const id of processes) process.kill(id, 'SIGUSR1');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(debuggers()).toBe(before);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(server.output()).not.toMatch(/debugger/i);
  });

  it('goes on when nobody listens to it any more', async () => {
    const server = await startEnclaveProcess(bundle);
    server.child.stdout?.destroy();
    server.child.stderr?.destroy();
    const { client } = await openSession(server.url);
    await sendTurn(server.url, client, chat('abort'));
    await expect
      .poll(
        async () => (await sendTurn(server.url, (await openSession(server.url)).client, chat('Hi'))).text,
        {
          timeout: 60_000,
        },
      )
      .toBe('Hi');
    expect(await server.stop()).toBe(0);
  });

  it('ends at what nobody has foreseen, and says only that', async () => {
    const server = await startEnclaveProcess(failing);
    server.child.kill('SIGUSR2');
    await expect.poll(() => server.child.exitCode, { timeout: 30_000 }).toBe(1);
    expect(linesOf(server.output()).map(({ event }) => event)).toEqual(['listening', 'failed']);
    expect(server.output()).not.toContain(secret);
    await server.stop();
  });
});
