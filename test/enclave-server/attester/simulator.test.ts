import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSimulator, SIMULATED_CHIP } from '../../../enclave-server/attester/simulator/simulator.ts';
import { hardwareVerifiers } from '../../../protocol/attestation/hardware.ts';
import { parseHardwarePolicy } from '../../../protocol/attestation/policy.ts';
import { simulatorVerifier } from '../../../protocol/attestation/simulator.ts';
import { toHex } from '../../../protocol/bytes.ts';

const measurement = new Uint8Array(48).fill(7);
const day = 86_400_000;
const policies = parseHardwarePolicy({ 'sev-snp': {}, 'sev-snp-simulated': {} });

async function evidenceAt(at: number, simulator = createSimulator({ measurement, now: () => at })) {
  const reportData = new Uint8Array(randomBytes(64));
  return { ...(await simulator.report(reportData)), expectedReportData: reportData, at };
}

describe('the simulator', () => {
  it('makes evidence that its verifier accepts under the strict default policy', async () => {
    const input = { ...(await evidenceAt(Date.now())), policy: policies['sev-snp-simulated'] };
    const result = await simulatorVerifier.verify(input);
    expect(result.checks.filter((check) => check.state !== 'pass')).toEqual([]);
    expect(result.measurement).toEqual({ launchDigest: toHex(measurement) });
    expect(result.hardwareId).toBe(toHex(SIMULATED_CHIP));
    expect(result.product).toBe('genoa');
    expect(result.notAfter).toBeGreaterThan(input.at + day);
  });

  it('makes evidence that no hardware verifier accepts', async () => {
    const input = { ...(await evidenceAt(Date.now())), policy: policies['sev-snp'] };
    for (const verifier of hardwareVerifiers) {
      const { checks } = await verifier.verify(input);
      expect(checks.some((check) => check.state === 'fail')).toBe(true);
    }
    const snp = await hardwareVerifiers[0]?.verify(input);
    const failed = snp?.checks.filter((check) => check.state !== 'pass').map((check) => check.code);
    expect(failed).toEqual(['WAX_X509_ROOT']);
  });

  it('keeps its revocation list in date over weeks, and when the clock goes back', async () => {
    let at = Date.parse('2027-03-01T00:00:00Z');
    const simulator = createSimulator({ measurement, now: () => at });
    for (const step of [0, 3 * day, 9 * day, 30 * day, -60 * day]) {
      at += step;
      const input = { ...(await evidenceAt(at, simulator)), policy: policies['sev-snp-simulated'] };
      const { checks } = await simulatorVerifier.verify(input);
      expect(checks.filter((check) => check.state !== 'pass')).toEqual([]);
    }
  });

  it('takes as long as it is told to', async () => {
    const started = performance.now();
    await createSimulator({ measurement, latencyMs: 50 }).report(new Uint8Array(64));
    expect(performance.now() - started).toBeGreaterThanOrEqual(45);
  });
});
