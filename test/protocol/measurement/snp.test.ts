import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nativeHashes } from '../../../bin/native-hashes.ts';
import { parseHex, toHex } from '../../../protocol/bytes.ts';
import { parseSevLayout } from '../../../protocol/measurement/firmware.ts';
import {
  firmwareDigest,
  kernelHashes,
  type SnpLaunch,
  snpLaunchDigest,
} from '../../../protocol/measurement/snp.ts';
import { cpuidSignature, type VcpuType, type Vmm } from '../../../protocol/measurement/vmsa.ts';
import { makeFirmware, usualSections } from '../../support/measurement/firmware.ts';
import { labelled, vectorFile } from '../../support/measurement/vectors.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const kernel = kernelHashes({
  kernel: new Uint8Array(5000).fill(1),
  initrd: new Uint8Array(9000).fill(2),
  commandLine: 'console=ttyS0 panic=-1',
});
const launch: SnpLaunch = {
  firmware: makeFirmware(),
  kernel,
  vmm: 'qemu',
  vcpuType: 'EPYC-Genoa',
  vcpus: 2,
  guestFeatures: 1,
};
const digestOf = (change: Partial<SnpLaunch> = {}) => toHex(snpLaunchDigest({ ...launch, ...change }).digest);

describe('the launch digest', () => {
  it('is the same from native and portable hashes, and its last step is the digest', () => {
    const { digest, events } = snpLaunchDigest(launch);
    expect(snpLaunchDigest(launch, nativeHashes).digest).toEqual(digest);
    expect(events.at(-1)?.value).toBe(toHex(digest));
    expect(events.map(({ text }) => text.split(',')[0])).toEqual([
      'firmware',
      'memory of the firmware',
      'secrets',
      'CPUID',
      'SHA-256 of the kernel',
      'SHA-256 of the initramfs',
      'SHA-256 of the command line',
      'hashes of kernel',
      'processor 0',
      'processor 1',
    ]);
  });

  it('is the same from the digest of a firmware and its layout as from the firmware', () => {
    const whole = makeFirmware();
    const firmware = { digest: firmwareDigest(whole), layout: parseSevLayout(whole) };
    expect(digestOf({ firmware })).toBe(digestOf());
  });

  const otherFirmware = makeFirmware();
  otherFirmware[0] = (otherFirmware[0] ?? 0) ^ 1;
  const changes: [what: string, change: Partial<SnpLaunch>][] = [
    ['one bit of the firmware', { firmware: otherFirmware }],
    ['the kernel', { kernel: { ...kernel, kernel: kernel.initrd } }],
    ['the initramfs', { kernel: { ...kernel, initrd: kernel.kernel } }],
    ['the command line', { kernel: { ...kernel, commandLine: kernel.kernel } }],
    ['that there is a kernel', { kernel: null }],
    ['the number of processors', { vcpus: 3 }],
    ['the type of processor', { vcpuType: 'EPYC-Milan' }],
    ['the features of the guest', { guestFeatures: 0x21 }],
    ['the hypervisor', { vmm: 'gce' }],
    ['the hypervisor, to EC2', { vmm: 'ec2' }],
    ['where the other processors start', { firmware: makeFirmware({ hashTable: 0x810800 }) }],
  ];
  it.each(changes)('changes with %s', (_what, change) => {
    expect(digestOf(change)).not.toBe(digestOf());
  });

  it('is refused for a kernel that the firmware would boot unmeasured', () => {
    const noTable = makeFirmware({ hashTable: null });
    const noSection = makeFirmware({ sections: usualSections.slice(0, 3) });
    for (const firmware of [noTable, noSection]) {
      expect(() => digestOf({ firmware })).toThrow('WAX_MEASURE_NO_KERNEL_HASHES');
      expect(digestOf({ firmware, kernel: null })).toHaveLength(96);
    }
  });

  it('is refused for a number of processors that no guest has', () => {
    for (const vcpus of [0, -1, 1.5, 1025, Number.NaN]) {
      expect(() => digestOf({ vcpus })).toThrow('WAX_MEASURE_VCPUS');
    }
  });

  it('is refused where the table of hashes is not in a measured page, or crosses one', () => {
    for (const hashTable of [0x80f000, 0x811000, 0x810f80]) {
      expect(() => digestOf({ firmware: makeFirmware({ hashTable }) })).toThrow('WAX_MEASURE_SEV');
    }
  });
});

const shared = sharedVectors('measurement');

interface Row {
  name: string;
  firmware: string;
  vcpus: number;
  vcpuType: VcpuType;
  vcpuSig: number;
  guestFeatures: number;
  vmm: Vmm;
  kernel: string | null;
  initrd: string | null;
  append: string | null;
  digest: string | null;
}

describe.skipIf(shared === null)('vectors of SEV-SNP launches', () => {
  const rows: Row[] =
    shared === null ? [] : JSON.parse(readFileSync(`${shared}snp/computed.json`, 'utf8')).rows;

  it.each(rows)('$name', (row) => {
    const measured = () =>
      snpLaunchDigest(
        {
          ...row,
          firmware: vectorFile(row.firmware),
          kernel:
            row.kernel === null
              ? null
              : kernelHashes({
                  kernel: labelled(row.kernel),
                  initrd: row.initrd === null ? null : labelled(row.initrd),
                  commandLine: row.append ?? '',
                }),
        },
        nativeHashes,
      ).digest;
    if (row.vmm === 'qemu') expect(cpuidSignature(row.vcpuType)).toBe(row.vcpuSig);
    if (row.digest === null) expect(measured).toThrow('WAX_MEASURE_NO_KERNEL_HASHES');
    else expect(toHex(measured())).toBe(row.digest);
  });

  it('is what a real Milan chip signed', () => {
    const real = JSON.parse(readFileSync(`${shared}snp/real-milan-dstack.json`, 'utf8'));
    const { digest } = snpLaunchDigest({
      firmware: {
        digest: parseHex(real.ovmfLaunchDigest, 48),
        layout: { sections: real.sections, resetEip: real.resetEip, hashTableGpa: real.hashesTableGpa },
      },
      kernel: {
        kernel: parseHex(real.kernelSha256, 32),
        initrd: parseHex(real.initrdSha256, 32),
        commandLine: Uint8Array.from(createHash('sha256').update(`${real.append}\0`).digest()),
      },
      vmm: real.vmm,
      vcpuType: real.vcpuType,
      vcpus: real.vcpus,
      guestFeatures: real.guestFeatures,
    });
    const report = readFileSync(`${shared}snp/real-milan-dstack.report.bin`);
    expect(toHex(digest)).toBe(report.subarray(0x90, 0x90 + 48).toString('hex'));
  });
});
