import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAccessTokens } from '../../../enclave-server/access.ts';
import type { Attester } from '../../../enclave-server/attester/attester.ts';
import { createSimulator } from '../../../enclave-server/attester/simulator/simulator.ts';
import { simulatorVerifier } from '../../../protocol/attestation/simulator.ts';
import { createOffer } from '../../../protocol/session/offer.ts';
import { openSession, postOffer, startEnclave, type TestEnclave, testConfig } from '../../support/enclave.ts';

let enclave: TestEnclave | undefined;
afterEach(async () => {
  await enclave?.app.close();
  enclave = undefined;
});

async function start(options: Parameters<typeof startEnclave>[0] = {}): Promise<string> {
  enclave = await startEnclave(options);
  return enclave.url;
}

const COMMON = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-max-age': '7200',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

function expectCommon(headers: Headers): void {
  for (const [name, value] of Object.entries(COMMON)) expect(headers.get(name), name).toBe(value);
  expect(headers.has('set-cookie')).toBe(false);
  expect(headers.has('content-encoding')).toBe(false);
}

describe('POST /waxseal/v1/sessions', () => {
  it('answers with a session that a report over our own nonce covers', async () => {
    const url = await start({ logSizeHint: () => 7 });
    const { answer, statement } = await openSession(url);
    expect(answer.header).toMatchObject({
      offerTtlS: 300,
      sessionTtlS: 1800,
      maxTurns: 64,
      maxRequestBytes: 1_048_576,
    });
    expect(answer.logSizeHint).toBe(7);
    expect(statement.configSha256).toBe(testConfig().sha256);
  });

  it('carries evidence that the verifier accepts, with the measurement that the attester was given', async () => {
    const url = await start({ attester: createSimulator({ measurement: new Uint8Array(48).fill(5) }) });
    const { answer } = await openSession(url);
    expect(answer.evidenceType).toBe(simulatorVerifier.code);
    expect(Buffer.from(answer.evidence.subarray(0x90, 0xc0)).toString('hex')).toBe('05'.repeat(48));
  });

  it('has the headers of the protocol on answers, refusals, preflights and unknown paths', async () => {
    const url = await start();
    const answer = await postOffer(url, createOffer().body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expectCommon(answer.headers);
    const refused = await postOffer(url, new Uint8Array(64));
    expect(refused.status).toBe(400);
    expectCommon(refused.headers);
    const preflight = await fetch(`${url}/waxseal/v1/sessions`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expectCommon(preflight.headers);
    const unknown = await fetch(`${url}/admin`);
    expect(unknown.status).toBe(404);
    expect(await unknown.text()).toBe('');
    expectCommon(unknown.headers);
    const health = await fetch(`${url}/health`);
    expect(await health.text()).toBe('ok');
    expectCommon(health.headers);
  });

  it('has them even where the bytes are not HTTP', async () => {
    const url = new URL(await start());
    const socket = connect(Number(url.port), url.hostname);
    socket.write('not http at all\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    for (const [name, value] of Object.entries(COMMON)) expect(text).toContain(`${name}: ${value}\r\n`);
  });

  it('refuses offers of any other form with 400 and no words', async () => {
    const url = await start();
    const { body } = createOffer();
    const changed = (at: number) => body.map((byte, index) => (index === at ? byte ^ 1 : byte));
    for (const bad of [
      body.slice(0, 63),
      new Uint8Array([...body, 0]),
      changed(0),
      changed(4),
      changed(31),
    ]) {
      const response = await postOffer(url, bad);
      expect(response.status).toBe(400);
      expect(await response.text()).toBe('');
    }
    const json = await postOffer(url, body, { 'content-type': 'application/json' });
    expect(json.status).toBe(400);
    expectCommon(json.headers);
  });

  it('takes no body longer than an offer', async () => {
    const { hostname, port } = new URL(await start());
    const socket = connect(Number(port), hostname);
    // Nothing but the length is sent: a server that would take the body waits for it.
    socket.write(
      `POST /waxseal/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 8000\r\n\r\n`,
    );
    const [first] = await once(socket, 'data');
    socket.destroy();
    expect(String(first)).toMatch(/^HTTP\/1\.1 4/);
  });

  it('asks for a token where the operator wants one, on offers only', async () => {
    const digest = createHash('sha256').update('let-me-in').digest('hex');
    const url = await start({ accessTokens: parseAccessTokens(digest) });
    expect((await postOffer(url, createOffer().body)).status).toBe(401);
    expect((await postOffer(url, createOffer().body, { authorization: 'Bearer wrong' })).status).toBe(401);
    await openSession(url, { authorization: 'Bearer let-me-in' });
  });

  it('answers 503 with a time to wait when the attester fails or there is no room, and health says so', async () => {
    let works = false;
    const simulator = createSimulator({ measurement: new Uint8Array(48) });
    const attester: Attester = {
      evidenceType: simulator.evidenceType,
      report: async (data) => {
        if (!works) throw new Error('secret words of the firmware');
        return simulator.report(data);
      },
    };
    const config = testConfig({ limits: { pendingSessions: 1 } });
    const url = await start({ attester, config });
    const failed = await postOffer(url, createOffer().body);
    expect(failed.status).toBe(503);
    expect(Number(failed.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await failed.text()).toBe('');
    expectCommon(failed.headers);
    expect((await fetch(`${url}/health`)).status).toBe(503);
    works = true;
    await openSession(url);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await postOffer(url, createOffer().body)).status).toBe(503);
    expect(enclave?.events.join()).not.toContain('secret');
  });
});
