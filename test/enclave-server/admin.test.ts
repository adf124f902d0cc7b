import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdmin, listenAdmin } from '../../enclave-server/admin.ts';
import { HardwareAttester } from '../../enclave-server/attester/hardware.ts';
import { enclaveError } from '../../enclave-server/errors.ts';
import { EventList } from '../../enclave-server/events.ts';
import { concatBytes, u32, utf8 } from '../../protocol/bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'waxseal-admin-'));
const socketPath = join(folder, 'admin.sock');
const events = new EventList(() => {});
let failing: Error | null = null;
const fatal: string[] = [];
let hardware: HardwareAttester;
let server: ReturnType<typeof createAdmin>;

beforeAll(async () => {
  const source = {
    evidenceType: 1,
    async report(data: Uint8Array) {
      if (failing) throw failing;
      return { evidence: concatBytes(utf8('report over '), data), certificates: utf8('table') };
    },
    async close() {},
  };
  hardware = await HardwareAttester.over(source, (error) => fatal.push(error.code));
  server = createAdmin({ events, hardware });
  await listenAdmin(server, socketPath);
});
afterAll(() => {
  server.close();
  events.stop();
  rmSync(folder, { recursive: true, force: true });
});

function ask(method: string, path: string, body?: Uint8Array) {
  return new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false }, async (response) => {
      const parts: Buffer[] = [];
      for await (const part of response) parts.push(part);
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
const items = (...parts: Uint8Array[]) => concatBytes(...parts.flatMap((part) => [u32(part.length), part]));

describe('the admin interface', () => {
  it('is a socket that only its owner may use', () => {
    expect(statSync(socketPath).isSocket()).toBe(true);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  });

  it('gives counters in steps, and only those of the last whole minute', async () => {
    for (let turn = 0; turn < 13; turn++) events.count('turns');
    const counters = async () => JSON.parse(String((await ask('GET', '/counters')).body)).atMost;
    expect(await counters()).toMatchObject({ turns: 0, offers: 0 });
    events.summarise();
    expect(await counters()).toMatchObject({ turns: 20, offers: 0 });
    for (let turn = 0; turn < 13; turn++) events.count('turns');
    events.summarise();
    expect(await counters()).toMatchObject({ turns: 50 });
  });

  it('gives the newest report', async () => {
    const { status, body } = await ask('GET', '/evidence');
    expect(status).toBe(200);
    expect(body[0]).toBe(1);
    expect(body.readUInt32BE(1)).toBe(12 + 64);
    expect(body.subarray(5, 17).toString()).toBe('report over ');
    expect(body.subarray(-9)).toEqual(Buffer.from(concatBytes(u32(5), utf8('table'))));
  });

  it('takes endorsements of the number that this machine has, and puts them beside every report', async () => {
    await expect(hardware.report(new Uint8Array(64))).rejects.toThrow('WAX_ENCLAVE_UNSTAPLED');
    const parts = ['vcek', 'ask', 'ark', 'crl'].map(utf8);
    for (const [why, body] of [
      ['one too few', items(...parts.slice(1))],
      ['one too many', items(...parts, utf8('more'))],
      ['an empty one', items(...parts.slice(1), new Uint8Array())],
      ['cut off', items(...parts).slice(0, -1)],
      ['more bytes than an answer holds', items(...parts.slice(1), new Uint8Array(448 * 1024))],
    ] as const) {
      const { status, body: answer } = await ask('PUT', '/staple', body);
      expect(status, why).toBe(400);
      expect(JSON.parse(String(answer)).code, why).toBe('WAX_ENCLAVE_STAPLE');
      expect(hardware.stapled, why).toBe(false);
    }
    expect((await ask('PUT', '/staple', items(...parts))).status).toBe(200);
    expect((await hardware.report(new Uint8Array(64))).endorsements).toEqual(parts);
  });

  it('has nothing else', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['POST', '/staple'],
      ['GET', '/staple'],
      ['GET', '/counters?x'],
      ['DELETE', '/evidence'],
    ] as const) {
      expect((await ask(method, path)).status, `${method} ${path}`).toBe(404);
    }
  });

  it('has no staples where evidence is simulated', async () => {
    const simulated = createAdmin({ events, hardware: null });
    const path = join(folder, 'simulated.sock');
    await listenAdmin(simulated, path);
    const status = await new Promise((resolve) => {
      request({ socketPath: path, method: 'PUT', path: '/staple', agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end('x');
    });
    expect(status).toBe(404);
    simulated.close();
  });

  it('listens at a socket or at loopback, and nowhere else', async () => {
    for (const at of ['0.0.0.0:4444', 'admin.sock', '127.0.0.1', '[::]:4444', 'example.com:80']) {
      expect(() => listenAdmin(createAdmin({ events, hardware: null }), at), at).toThrow(
        'WAX_ENCLAVE_OPTION',
      );
    }
    await expect(listenAdmin(createAdmin({ events, hardware: null }), socketPath)).rejects.toThrow(
      'WAX_ENCLAVE_OPTION',
    );
  });
});

describe('a machine whose security processor has failed', () => {
  it('is said so at once, and an ordinary failure is not', async () => {
    failing = enclaveError('WAX_ENCLAVE_REPORT', 'EBUSY');
    await expect(hardware.report(new Uint8Array(64))).rejects.toThrow('WAX_ENCLAVE_REPORT');
    expect(fatal).toEqual([]);
    failing = enclaveError('WAX_ENCLAVE_FIRMWARE', 'EIO');
    await expect(hardware.report(new Uint8Array(64))).rejects.toThrow('WAX_ENCLAVE_FIRMWARE');
    expect(fatal).toEqual(['WAX_ENCLAVE_FIRMWARE']);
  });
});
