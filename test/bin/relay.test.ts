import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { chatCommand } from '../../bin/commands/chat.ts';
import { relayCommand } from '../../bin/commands/relay.ts';
import { verifyCommand } from '../../bin/commands/verify.ts';
import type { JsonValue } from '../../protocol/json.ts';
import { scriptedEngine } from '../support/enclave.ts';
import { type SealedWorld, startSealedWorld } from '../support/sealed-world.ts';

const runner = `
  import { relayCommand } from ${JSON.stringify(new URL('../../bin/commands/relay.ts', import.meta.url).href)};
  process.exitCode = await relayCommand.run(process.argv.slice(1));
`;
const folder = mkdtempSync(join(tmpdir(), 'waxseal-relay-'));
const path = (name: string) => join(folder, name);
const children: ChildProcess[] = [];

/** The relay as its own process. */
async function start(args: string[], env: { [name: string]: string } = {}) {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', runner, '--', ...args, '--port', '0', '--json'],
    { env: { PATH: process.env.PATH ?? '', ...env } },
  );
  children.push(child);
  let said = '';
  const first = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        said += data;
        if (said.includes('\n')) resolve();
      });
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  await first;
  return { child, exit, said: () => said, ready: JSON.parse(said) as { url: string; services: string[] } };
}

let world: SealedWorld;
const asked: string[] = [];
beforeAll(async () => {
  world = await startSealedWorld(
    scriptedEngine(async ({ messages }, onText) => {
      asked.push(messages.at(-1)?.content ?? '');
      onText('A sealed answer.');
      return { finish: 'stop', promptTokens: 1, completionTokens: 3 };
    }),
  );
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

/** Addresses that `fetch` was asked for, but for those of the log. */
function watchFetch(): string[] {
  const urls: string[] = [];
  const real = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    if (init?.method === 'POST') urls.push(String(input));
    return real(input, init);
  });
  return urls;
}

describe('waxseal relay', () => {
  it('carries a whole chat, says where it listens and not a word after it, and stops on SIGTERM', async () => {
    const relay = await start(['--service', world.service]);
    expect(relay.ready.services).toEqual([world.service]);
    const before = relay.said();
    writeFileSync(path('domain.json'), world.domain);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.spyOn(console, 'log').mockReturnValue();
    const urls = watchFetch();
    const args = ['--domain', path('domain.json'), '--allow-simulator', '--relay', relay.ready.url];
    expect(await chatCommand.run([world.service, 'A private word', ...args])).toBe(0);
    expect(await verifyCommand.run([world.service, ...args])).toBe(0);
    expect(asked).toEqual(['A private word']);
    expect(urls.length).toBeGreaterThan(2);
    for (const url of urls) expect(url.startsWith(`${relay.ready.url}/relay/`), url).toBe(true);
    await fetch(`${relay.ready.url}/relay/evil.example/waxseal/v1/sessions`, { method: 'POST' });
    relay.child.kill('SIGTERM');
    expect(await relay.exit).toBe(0);
    expect(relay.said()).toBe(before);
  });

  it('is what the trust domain names, unless the person says another or none', async () => {
    const relay = await start(['--service', world.service]);
    const domain = JSON.parse(world.domain) as { enclaves: { [key: string]: JsonValue }[] };
    const named = { url: relay.ready.url, operator: 'Rowan Foundation' };
    const enclaves = domain.enclaves.map((enclave) => ({ ...enclave, relay: named }));
    writeFileSync(path('relayed.json'), JSON.stringify({ ...domain, enclaves }));
    vi.spyOn(console, 'log').mockReturnValue();
    vi.spyOn(console, 'error').mockReturnValue();
    const urls = watchFetch();
    const run = async (...args: string[]) => {
      urls.splice(0);
      const code = await verifyCommand.run([
        ...[world.service, '--domain', path('relayed.json'), '--allow-simulator'],
        ...args,
      ]);
      return [code, new URL(urls[0] ?? '').origin];
    };
    expect(await run()).toEqual([0, relay.ready.url]);
    expect(await run('--relay', 'none')).toEqual([0, world.service]);
    expect(await run('--relay', 'http://127.0.0.1:9')).toEqual([20, 'http://127.0.0.1:9']);
    await expect(run('--relay', 'http://relay.example')).rejects.toThrow('not an https origin');
  });

  it('reaches a service over TLS only if its certificate is good', async () => {
    const [key, cert] = [path('tls.key'), path('tls.pem')];
    const openssl = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${cert}`;
    execFileSync('openssl', openssl.split(' '), { stdio: 'ignore' });
    const service = createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (incoming, response) => {
        incoming.resume().on('end', () => response.end(`over ${incoming.headers.host}`));
      },
    );
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const host = `localhost:${(service.address() as AddressInfo).port}`;
    const offer = async (env: { [name: string]: string }) => {
      const relay = await start(['--service', `https://${host}`], env);
      const response = await fetch(`${relay.ready.url}/relay/${host}/waxseal/v1/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: new Uint8Array(64),
      });
      return [response.status, await response.text()];
    };
    try {
      expect(await offer({ NODE_EXTRA_CA_CERTS: cert })).toEqual([200, `over ${host}`]);
      expect(await offer({})).toEqual([502, 'WAX_RELAY_UNREACHABLE\n']);
    } finally {
      service.closeAllConnections();
      service.close();
    }
  });

  it.each([
    [[], 'WAX_RELAY_SERVICES'],
    [['--service', 'http://chat.example'], 'WAX_RELAY_SERVICES'],
    [['--service', 'https://chat.example', '--port', '70000'], 'WAX_RELAYCOMMAND_OPTION'],
    [['--service', 'https://chat.example', '--most', '0'], 'WAX_RELAYCOMMAND_OPTION'],
  ])('refuses %j', async (args, code) => {
    await expect(relayCommand.run(args)).rejects.toThrow(code);
  });
});
