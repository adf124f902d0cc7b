import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulator } from '../../enclave-server/attester/simulator/simulator.ts';
import type { Engine } from '../../enclave-server/engine/engine.ts';
import { simulatorVerifier } from '../../protocol/attestation/simulator.ts';
import { parseHex } from '../../protocol/bytes.ts';
import type { ReleaseFields } from '../../protocol/log/kinds/release.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import { sealTo, verifyAnswer } from '../../protocol/verify.ts';
import {
  chat,
  demoEngine,
  postOffer,
  sendTurn,
  startEnclave,
  type TestEnclave,
  testConfig,
} from '../support/enclave.ts';
import { LogBuilder, MINUTE, START, testDigest } from '../support/log-builder.ts';
import { FakeClock } from '../support/session.ts';
import { acceptedState, SERVICE } from '../support/verified-exchange.ts';

const launchDigest = testDigest('this bundle', 48);
const config = testConfig({ service: SERVICE });
const approved: Partial<ReleaseFields> = {
  measurements: { 'sev-snp-simulated': [{ shape: 'simulated', registers: { launchDigest } }] },
  configSha256: config.sha256,
  models: config.models.map(({ id, sha256 }) => ({ id, sha256 })),
  services: [SERVICE],
  wire: config.wire,
};

const clock = new FakeClock();
clock.wall = START + 10 * MINUTE;
let engine: Engine;
let enclave: TestEnclave;
beforeAll(async () => {
  engine = await demoEngine();
  const attester = createSimulator({ measurement: parseHex(launchDigest), now: clock.now });
  enclave = await startEnclave({ config, engine, attester, logSizeHint: () => 2 });
});
afterAll(async () => {
  await enclave.app.close();
  await engine.stop();
});

/** Asks the server for a session and verifies its answer against a log with one release. */
async function verify(release: Partial<ReleaseFields>) {
  const log = await LogBuilder.create();
  await log.release({ ...approved, ...release });
  await log.publish();
  const domain = log.domain();
  const offer = createOffer();
  const sentAt = { now: clock.now(), monotonic: clock.monotonic() };
  const answerBody = new Uint8Array(await (await postOffer(enclave.url, offer.body)).arrayBuffer());
  const surroundings = {
    domain,
    imported: false,
    log: { state: await acceptedState(log, domain, clock.now()), problem: null },
    clock,
    verifiers: [simulatorVerifier],
  };
  const report = await verifyAnswer({ offer, answerBody, service: SERVICE, sentAt }, surroundings);
  return { report, surroundings };
}

describe('a chat with a server that the log approves', () => {
  it('passes every check, and only then is there a key to seal with', async () => {
    const { report, surroundings } = await verify({});
    expect(report.rows.filter((row) => row.state !== 'pass')).toEqual([]);
    expect(report).toMatchObject({ verdict: 'pass', state: 'simulated', simulated: true });
    const { session } = await sealTo(report, surroundings);
    if (!session) throw new Error('no session');
    const { text, outcome } = await sendTurn(enclave.url, session, chat('What is a Merkle tree?'));
    expect(text).toMatch(/tree of hashes/);
    expect(outcome).toMatchObject({ state: 'complete', session: 'kept' });
  });

  it.each([
    [
      'another bundle',
      {
        measurements: {
          'sev-snp-simulated': [{ shape: 's', registers: { launchDigest: testDigest('other', 48) } }],
        },
      },
    ],
    ['another configuration', { configSha256: testDigest('other') }],
    ['another model', { models: [{ id: 'waxseal-demo', sha256: testDigest('other') }] }],
    ['another service', { services: ['https://other.example'] }],
    ['another rhythm', { wire: { ...config.wire, tickMs: 100 } }],
  ])('fails when the release is of %s', async (_name, release) => {
    const { report, surroundings } = await verify(release);
    expect(report.verdict).toBe('fail');
    await expect(sealTo(report, surroundings)).rejects.toThrow('WAX_VERIFY_REFUSED');
  });
});
