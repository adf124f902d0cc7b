import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeHashes } from '../../../bin/native-hashes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import { compareMeasurements } from '../../../protocol/measurement/compare.ts';
import { type Image, measurementsOf, measureShape } from '../../../protocol/measurement/image.ts';
import { parseShapes } from '../../../protocol/measurement/shapes.ts';
import { makeFirmware } from '../../support/measurement/firmware.ts';
import {
  flipMiddle,
  type ImageChange,
  MEMORY,
  makeImage,
  shapes,
  shapesFile,
} from '../../support/measurement/image.ts';

const [snp, tdx, nitro] = shapes;
const measure = (image: Image, list: Parameters<typeof measureShape>[0][] = [...shapes]) =>
  list.map((shape) => measureShape(shape, image, nativeHashes));

/** `measurements` as the reader of a release leaves them. */
const stated = (image: Image, list?: Parameters<typeof measure>[1]) =>
  Object.fromEntries(
    Object.entries(measurementsOf(measure(image, list))).map(([platform, all]) => [
      platform,
      all.map(({ shape = '', ...registers }) => ({ shape, registers })),
    ]),
  );

describe('the measurements of an image', () => {
  it('are those that test/interop/measure.py computed for this very image', () => {
    const file = new URL('../../vectors/measurement/expected.json', import.meta.url);
    expect(measurementsOf(measure(makeImage()))).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  it('have every register that a release needs, with the steps that led to it', () => {
    for (const { registers, events } of measure(makeImage())) {
      for (const [name, value] of Object.entries(registers)) {
        expect(value).toMatch(/^[0-9a-f]{96}$/);
        const hasSteps = events.some(({ register }) => register === name);
        expect(hasSteps || name === 'rtmr3').toBe(true);
      }
    }
  });

  const missing: [part: string, image: Partial<Image>, shape: (typeof shapes)[number]][] = [
    ['kernel', { kernel: null }, snp],
    ['initramfs', { initramfs: null }, tdx],
    ['cmdline', { commandLines: { 'sev-snp': null, tdx: null } }, snp],
    ['firmware.fd', { usualFirmware: null }, tdx],
    ['image.eif', { eif: null }, nitro],
  ];
  it.each(missing)('are refused without %s', (part, change, shape) => {
    expect(() => measureShape(shape, { ...makeImage(), ...change })).toThrow(
      expect.objectContaining({ code: 'WAX_MEASURE_PART', detail: part }),
    );
  });

  it('are refused for a firmware that is not there, and computed for one named by its hash', () => {
    const image = makeImage();
    const named = { ...snp, firmware: image.usualFirmware };
    expect(measureShape(named, image).registers).toEqual(measureShape(snp, image).registers);
    expect(() => measureShape({ ...snp, firmware: 'ab'.repeat(32) }, image)).toThrow('WAX_MEASURE_PART');
  });

  it('are refused for a firmware that would boot the kernel unmeasured', () => {
    const stock = makeFirmware({ hashTable: 0, tdx: {} });
    const image = { ...makeImage(), firmware: new Map([['00', stock]]), usualFirmware: '00' };
    expect(() => measureShape(snp, image)).toThrow('WAX_MEASURE_NO_KERNEL_HASHES');
  });

  it('are refused for a kernel that QEMU would change before it is measured', () => {
    const other = { ...tdx, memoryBytes: 2 ** 30 };
    expect(() => measureShape(other, makeImage())).toThrow('WAX_MEASURE_KERNEL_HEADER');
    // Above the gap for devices, memory makes no difference to the kernel.
    expect(measureShape({ ...tdx, memoryBytes: 2 * MEMORY }, makeImage()).registers.rtmr1).toBe(
      measureShape(tdx, makeImage()).registers.rtmr1,
    );
  });

  it('are refused for an enclave image whose borders can move', () => {
    expect(() => measureShape(nitro, makeImage({ enclaveLine: 'reboot=k' }))).toThrow(
      'WAX_MEASURE_EIF_BORDER',
    );
  });
});

describe('a comparison with a release', () => {
  const places = (change: ImageChange, account = true) => {
    const published = account ? measure(makeImage()) : [];
    const { differences } = compareMeasurements(stated(makeImage()), measure(makeImage(change)), published);
    return differences.map((one) =>
      one.kind === 'register' ? `${one.platform} ${one.register}: ${one.parts.join(', ')}` : one.kind,
    );
  };

  it('finds nothing in the same image', () => {
    expect(places({})).toEqual([]);
    expect(compareMeasurements(stated(makeImage()), measure(makeImage())).agreeing).toBe(9);
  });

  const changes: [what: string, change: ImageChange, found: string[]][] = [
    [
      'the kernel',
      { kernel: flipMiddle },
      ['sev-snp launchDigest: kernel', 'tdx rtmr1: kernel', 'nitro pcr0: kernel', 'nitro pcr1: kernel'],
    ],
    [
      'the initramfs',
      { initramfs: flipMiddle },
      [
        ...['sev-snp launchDigest: initramfs', 'tdx rtmr2: initramfs'],
        ...['nitro pcr0: initramfs', 'nitro pcr1: initramfs'],
      ],
    ],
    [
      'the command line',
      { commandLine: 'console=ttyS1 panic=-1 waxseal.end' },
      ['sev-snp launchDigest: command line', 'tdx rtmr2: command line'],
    ],
    [
      'the command line of the enclave image',
      { enclaveLine: 'reboot=k panic=31 pci=off waxseal.end' },
      ['nitro pcr0: command line', 'nitro pcr1: command line'],
    ],
    ['the second ramdisk', { application: flipMiddle }, ['nitro pcr0: initramfs', 'nitro pcr2: initramfs']],
    [
      'the code of the firmware',
      { firmware: flipMiddle },
      ['sev-snp launchDigest: firmware', 'tdx mrtd: firmware'],
    ],
  ];
  it.each(changes)('names %s, and no other part', (_what, change, found) => {
    expect(places(change)).toEqual(found);
  });

  it('finds any byte of any part, and names that part alone', () => {
    const published = measure(makeImage());
    const release = stated(makeImage());
    const parts = {
      kernel: 'kernel',
      initramfs: 'initramfs',
      application: 'initramfs',
      firmware: 'firmware',
    } as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(parts) as (keyof typeof parts)[])),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 255 }),
        (part, where, change) => {
          let found: ReturnType<typeof compareMeasurements>;
          try {
            const flip = (bytes: Uint8Array) => {
              const at = Math.floor(where * bytes.length);
              bytes[at] = (bytes[at] ?? 0) ^ change;
            };
            found = compareMeasurements(release, measure(makeImage({ [part]: flip })), published);
          } catch (error) {
            // A header that nothing could start, or a ramdisk that begins with something else.
            expect(error).toBeInstanceOf(CodedError);
            return;
          }
          expect(found.differences.length).toBeGreaterThan(0);
          const named = found.differences.flatMap((one) =>
            one.kind === 'register' ? one.parts : [one.kind],
          );
          expect(new Set(named)).toEqual(new Set([parts[part]]));
        },
      ),
      { seed: 8, numRuns: 200 },
    );
  });

  it('names what a register speaks of where no account of the release was published', () => {
    expect(places({ commandLine: 'x waxseal.end' }, false)).toEqual([
      'sev-snp launchDigest: firmware, kernel, initramfs, command line, processors',
      'tdx rtmr2: command line, initramfs',
    ]);
  });

  it('does not believe an account that leads elsewhere than the release', () => {
    const other = measure(makeImage({ kernel: flipMiddle }));
    const changed = measure(makeImage({ commandLine: 'x waxseal.end' }));
    const { differences } = compareMeasurements(stated(makeImage()), changed, other);
    expect(differences[0]).toMatchObject({ register: 'launchDigest', steps: [] });
  });

  const machines: [what: string, list: Parameters<typeof measure>[1], found: string[]][] = [
    ['number of processors', [{ ...snp, vcpus: 5 }], ['processors']],
    ['type of processor', [{ ...snp, vcpuType: 'EPYC-Milan' }], ['processors']],
    ['features of the guest', [{ ...snp, guestFeatures: 0x21 }], ['processors']],
    ['memory', [{ ...tdx, memoryBytes: 2 * MEMORY }], ['memory size', 'firmware']],
    [
      'hardware description',
      [{ ...tdx, acpi: { ...tdx.acpi, tables: '00'.repeat(48) } }],
      ['hardware description'],
    ],
  ];
  it.each(machines)('names another %s', (_what, list, found) => {
    const [shape] = list ?? [];
    const before = shapes.filter(({ platform }) => platform === shape?.platform);
    const { differences } = compareMeasurements(
      stated(makeImage(), before),
      measure(makeImage(), list),
      measure(makeImage(), before),
    );
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatchObject({ kind: 'register', parts: found });
  });

  it('counts what the simulator may run as a shape of its own, which no image has', () => {
    const simulated = [{ shape: 'simulated', registers: { launchDigest: '00'.repeat(48) } }];
    const release = { ...stated(makeImage()), 'sev-snp-simulated': simulated };
    expect(compareMeasurements(release, measure(makeImage())).differences).toEqual([
      { kind: 'not-computed', platform: 'sev-snp-simulated', shape: 'simulated' },
    ]);
  });

  it('finds a second machine behind the name of the first', () => {
    const once = stated(makeImage());
    const twice = stated(makeImage({ kernel: flipMiddle }));
    const release = { ...once, tdx: [...(once.tdx ?? []), ...(twice.tdx ?? [])] };
    expect(compareMeasurements(release, measure(makeImage())).differences).toMatchObject([
      { platform: 'tdx', register: 'rtmr1' },
    ]);
  });

  it('names a shape that only one of the two has', () => {
    const { differences } = compareMeasurements(
      stated(makeImage(), [snp, nitro]),
      measure(makeImage(), [snp, tdx]),
    );
    expect(differences).toEqual([
      { kind: 'not-computed', platform: 'nitro', shape: 'any' },
      { kind: 'not-released', platform: 'tdx', shape: '16 GiB' },
    ]);
  });
});

describe('a file of shapes', () => {
  it('is read', () => {
    expect(parseShapes(shapesFile())).toEqual(shapes);
  });

  const wrong: [what: string, list: object[], error: string][] = [
    ['an unknown platform', [{ ...snp, platform: 'sgx' }], 'platform'],
    ['the simulator, which measures no image', [{ ...snp, platform: 'sev-snp-simulated' }], 'platform'],
    ['a machine of EC2', [{ ...snp, vmm: 'ec2' }], 'WAX_MEASURE_PROVIDER'],
    ['a machine of Google', [{ ...tdx, vmm: 'gce' }], 'WAX_MEASURE_PROVIDER'],
    ['a machine of Azure', [{ ...tdx, vmm: 'azure' }], 'WAX_MEASURE_PROVIDER'],
    ['no processors', [{ ...snp, vcpus: 0 }], 'vcpus'],
    ['a type of processor that is not known', [{ ...snp, vcpuType: 'EPYC-Naples' }], 'vcpuType'],
    ['no order of pages', [{ ...tdx, pageOrder: undefined }], 'pageOrder'],
    ['no digests of tables: nothing stands for a register', [{ ...tdx, acpi: undefined }], 'acpi'],
    ['a digest too short', [{ ...tdx, acpi: { ...tdx.acpi, rsdp: '00' } }], 'acpi.rsdp'],
    ['a field that is not known', [{ ...nitro, vcpus: 2 }], 'vcpus'],
    ['two machines of one name', [snp, { ...snp, vcpus: 2 }], 'WAX_MEASURE_SHAPES'],
    ['nothing', [], 'shapes'],
  ];
  it.each(wrong)('is refused with %s', (_what, list, error) => {
    expect(() => parseShapes(shapesFile(list))).toThrow(error);
  });

  it('is refused where a digest of a table is null', () => {
    const text = shapesFile().replace(/"tables":"[0-9a-f]+"/, '"tables":null');
    expect(() => parseShapes(text)).toThrow('acpi.tables');
  });
});
