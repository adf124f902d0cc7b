import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EvidenceSource } from '../../../enclave-server/attester/source.ts';
import { openTsm, type TsmOptions } from '../../../enclave-server/attester/tsm/source.ts';
import { reportDataOf } from '../../../enclave-server/report-data.ts';
import { makeSnp } from '../../support/attestation/amd-pki.ts';
import { makeTdx } from '../../support/attestation/intel-pki.ts';
import { realEvidence } from '../../support/attestation/real-evidence.ts';
import { canFakeKernel, FakeKernel } from '../../support/fake-kernel.ts';

const script = fileURLToPath(new URL('../../../enclave-server/attester/tsm/child.ts', import.meta.url));
const EBUSY = 16;
const EAGAIN = 11;
const EIO = 5;
const ETIMEDOUT = 110;

describe.skipIf(!canFakeKernel)('reports through configfs-tsm', { timeout: 60_000 }, () => {
  let kernel: FakeKernel;
  const opened: EvidenceSource[] = [];
  beforeAll(() => {
    kernel = new FakeKernel();
  });
  afterAll(async () => {
    await Promise.all(opened.map((source) => source.close()));
    kernel.remove();
  });
  const snp = makeSnp().input.evidence;
  const asked = () => new Uint8Array(randomBytes(64));
  beforeEach(() => kernel.reset({ provider: 'sev_guest\n', blob: snp, offset: '80', auxblob: 'table' }));

  const open = async (options: Partial<TsmOptions> = {}) => {
    const source = await openTsm({ script, folder: kernel.tsm, env: kernel.env, ...options });
    opened.push(source);
    return source;
  };

  it('gives the report over the bytes asked for, with the certificates of the host', async () => {
    const source = await open();
    expect(source.evidenceType).toBe(1);
    for (let round = 0; round < 3; round++) {
      const data = asked();
      const { evidence, certificates } = await source.report(data);
      expect(evidence).toHaveLength(1184);
      expect(reportDataOf(1, evidence)).toEqual(data);
      expect(Buffer.from(certificates).toString()).toBe('table');
      expect(kernel.requests.subarray(64 * round)).toEqual(Buffer.from(data));
    }
  });

  it('takes the entry that was prepared for a server without rights, and leaves it there', async () => {
    execFileSync('mkdir', [join(kernel.tsm, 'waxseal')], { env: kernel.env });
    const before = readdirSync(kernel.tsm);
    try {
      const source = await openTsm({ script, folder: kernel.tsm, env: kernel.env });
      const data = asked();
      expect(reportDataOf(1, (await source.report(data)).evidence)).toEqual(data);
      expect(readdirSync(kernel.tsm)).toEqual(before);
      await source.close();
      expect(readdirSync(kernel.tsm)).toEqual(before);
    } finally {
      execFileSync('rmdir', [join(kernel.tsm, 'waxseal')], { env: kernel.env });
    }
  });

  it('takes a TDX quote, which comes without certificates', async () => {
    kernel.reset({ provider: 'tdx_guest\n', blob: makeTdx().input.evidence, offset: '568' });
    const source = await open();
    expect(source.evidenceType).toBe(2);
    const data = asked();
    const { evidence, certificates } = await source.report(data);
    expect(reportDataOf(2, evidence)).toEqual(data);
    expect(certificates).toHaveLength(0);
  });

  it.skipIf(realEvidence().length === 0)('hands on real evidence as it is', async () => {
    const real = realEvidence().filter(
      ({ platform, expected, input }) =>
        platform !== 'nitro' && expected.crypto === 'valid' && input.expectedReportData !== null,
    );
    expect(real.length).toBeGreaterThanOrEqual(8);
    for (const { name, platform, input, verifier } of real) {
      const tdx = platform === 'tdx';
      const offset = tdx ? (input.evidence[0] === 5 ? 574 : 568) : 80;
      const provider = tdx ? 'tdx_guest\n' : 'sev_guest\n';
      kernel.reset({ provider, blob: input.evidence, offset: String(offset) });
      const source = await openTsm({ script, folder: kernel.tsm, env: kernel.env });
      const wanted = input.expectedReportData ?? new Uint8Array();
      const { evidence } = await source.report(wanted);
      await source.close();
      expect(Buffer.from(evidence).equals(input.evidence), name).toBe(true);
      expect(reportDataOf(source.evidenceType, evidence), name).toEqual(wanted);
      const { checks } = await verifier.verify({ ...input, evidence });
      const signature = checks.filter(({ layer, state }) => layer === 'binding' && state === 'fail');
      expect(signature, name).toEqual([]);
    }
  });

  it('asks again while the host owns the buffer, and when a report is older than what was written', async () => {
    const source = await open();
    kernel.set({ errors: `${EBUSY}\n${EAGAIN}\n0\n`, lost: 'xx' });
    const data = asked();
    const { evidence } = await source.report(data);
    expect(reportDataOf(1, evidence)).toEqual(data);
  });

  it('says after a moment that the device is busy, and works again afterwards', async () => {
    const source = await open({ retryMs: 100 });
    kernel.set({ errors: `${EBUSY}\n`.repeat(50) });
    await expect(source.report(asked())).rejects.toThrow(/WAX_ENCLAVE_REPORT_BUSY.*EBUSY/);
    kernel.set({ errors: '', lost: 'x'.repeat(60) });
    await expect(source.report(asked())).rejects.toThrow(/WAX_ENCLAVE_REPORT_BUSY.*generation/);
    kernel.set({ lost: '' });
    const data = asked();
    expect(reportDataOf(1, (await source.report(data)).evidence)).toEqual(data);
  });

  it('says that an error of the SEV firmware is for good', async () => {
    const source = await open();
    kernel.set({ errors: `${EIO}\n` });
    await expect(source.report(asked())).rejects.toThrow(/WAX_ENCLAVE_FIRMWARE.*EIO/);
  });

  it('does not say so of TDX, where the next quote may come', async () => {
    kernel.reset({ provider: 'tdx_guest\n', blob: makeTdx().input.evidence, offset: '568' });
    const source = await open();
    kernel.set({ errors: `${ETIMEDOUT}\n` });
    await expect(source.report(asked())).rejects.toThrow(/WAX_ENCLAVE_REPORT.*ETIMEDOUT/);
    await source.report(asked());
  });

  it('holds up nothing but its own process while the device does not answer, and starts another', async () => {
    const source = await open({ hangMs: 2_000 });
    kernel.set({ sleep: '60000' });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await expect(source.report(asked())).rejects.toThrow(/WAX_ENCLAVE_REPORT.*does not answer/);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
    kernel.set({ sleep: '0' });
    const data = asked();
    expect(reportDataOf(1, (await source.report(data)).evidence)).toEqual(data);
  });

  it('removes its entry at the end, and what a process that is gone has left', async () => {
    for (const left of [...opened]) await left.close();
    mkdirSync(join(kernel.tsm, 'waxseal-999999999-dead'), { recursive: true });
    mkdirSync(join(kernel.tsm, 'somebody-else'), { recursive: true });
    const source = await open();
    const own = readdirSync(kernel.tsm).filter((name) => name.startsWith('waxseal-'));
    expect(own).toHaveLength(1);
    expect(own[0]).not.toContain('999999999');
    await source.close();
    expect(readdirSync(kernel.tsm)).toEqual(['somebody-else']);
  });

  it('says that there is no device where the kernel has none, or one that is not known', async () => {
    kernel.reset({});
    await expect(open()).rejects.toThrow(/WAX_ENCLAVE_NO_ATTESTER.*ENXIO/);
    await expect(open({ folder: '/nowhere/tsm' })).rejects.toThrow(/WAX_ENCLAVE_NO_ATTESTER.*ENOENT/);
    kernel.reset({ provider: 'arm_cca_guest\n' });
    await expect(open()).rejects.toThrow(/WAX_ENCLAVE_NO_ATTESTER.*provider/);
  });
});
