import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeHashes } from '../../../bin/native-hashes.ts';
import { parseHex, toHex } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import { mrtd } from '../../../protocol/measurement/mrtd.ts';
import { replay, rtmrs } from '../../../protocol/measurement/rtmr.ts';
import { tdHob } from '../../../protocol/measurement/td-hob.ts';
import { onlySection, parseTdvf, type TdvfSection, tdvfTypes } from '../../../protocol/measurement/tdvf.ts';
import {
  makeFirmware,
  type TdxChange,
  type TdxSection,
  usualTdxSections,
} from '../../support/measurement/firmware.ts';
import { commandLine, makeInitramfs, makeKernel, shapes } from '../../support/measurement/image.ts';
import { vectorFile } from '../../support/measurement/vectors.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const firmware = makeFirmware({ tdx: {} });
const GIB = 2 ** 30;

describe('the TDX metadata of a firmware', () => {
  it('is read with the data that each section begins with', () => {
    const sections = parseTdvf(firmware);
    expect(sections.map(({ type, address, size }) => [type, address, size])).toEqual(
      usualTdxSections.map(([, , address, size, type]) => [type, address, size]),
    );
    expect(sections[0]?.data).toEqual(firmware.subarray(0x1000, 0x2000));
    expect(sections.map(({ isExtended }) => isExtended)).toEqual([true, false, false, false, false]);
    expect(sections.at(-1)?.isAugmented).toBe(true);
  });

  const one = (...section: TdxSection) => ({ sections: [section] });
  const wrong: [what: string, change: TdxChange, code: string][] = [
    ['another signature', { signature: 1 }, 'WAX_MEASURE_TDX'],
    ['another version', { version: 2 }, 'WAX_MEASURE_TDX'],
    ['more sections than any has', { count: 65 }, 'WAX_MEASURE_TDX'],
    ['another length', { extraLength: 16 }, 'WAX_MEASURE_TDX'],
    ['another GUID before it', { descriptor: 'ffffffff-168e-44d5-a8eb-7f4d8738f6ae' }, 'WAX_MEASURE_TDX'],
    [
      'sections that overlap',
      { sections: [...usualTdxSections, [0, 0, 0x812000, 0x1000, 3, 0]] },
      'WAX_MEASURE_TDX',
    ],
    ['a section of an unknown kind', one(0, 0, 0x810000, 0x1000, 4, 0), 'WAX_MEASURE_SECTION'],
    ['an attribute that is not known', one(0, 0, 0x810000, 0x1000, 3, 4), 'WAX_MEASURE_SECTION'],
    ['a section that begins within a page', one(0, 0, 0x810800, 0x1000, 3, 0), 'WAX_MEASURE_SECTION'],
    ['a section that ends within a page', one(0, 0, 0x810000, 0x1800, 3, 0), 'WAX_MEASURE_SECTION'],
    ['a section of no pages', one(0, 0, 0x810000, 0, 3, 0), 'WAX_MEASURE_SECTION'],
    ['more data than memory', one(0, 0x1800, 0x810000, 0x1000, 0, 1), 'WAX_MEASURE_SECTION'],
    ['memory that would take for ever', one(0, 0, 0x810000, 2 ** 40, 3, 0), 'WAX_MEASURE_SECTION'],
    ['data past the end of the file', one(0x2000, 0x1000, 0x810000, 0x1000, 0, 1), 'WAX_MEASURE_SHORT'],
  ];
  it.each(wrong)('is refused with %s', (_what, tdx, code) => {
    expect(() => parseTdvf(makeFirmware({ tdx }))).toThrow(code);
  });

  it('is refused where it is not there', () => {
    expect(() => parseTdvf(makeFirmware())).toThrow('WAX_MEASURE_TDX');
  });

  it('is refused with many sections that together would take for ever', () => {
    const sections = Array.from(
      { length: 4 },
      (_, index): TdxSection => [0, 0, index * 2 ** 28, 2 ** 27, 3, 0],
    );
    expect(() => parseTdvf(makeFirmware({ tdx: { sections } }))).toThrow('WAX_MEASURE_TDX');
  });

  it('answers changed bytes with sections or a coded error', () => {
    const place = fc.record({ back: fc.integer({ min: 1, max: 1000 }), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 6 }), (places) => {
        const changed = firmware.slice();
        for (const { back, value } of places) changed[changed.length - back] = value;
        try {
          parseTdvf(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { seed: 8, numRuns: 2000 },
    );
  });
});

describe('MRTD', () => {
  const of = (change: TdxChange = {}, order: 'single-pass' | 'two-pass' = 'single-pass') =>
    toHex(mrtd(makeFirmware({ tdx: change }), order).digest);
  const changed = (index: number, section: TdxSection) => ({
    sections: usualTdxSections.map((usual, at) => (at === index ? section : usual)),
  });

  it('is the same from native and portable hashes', () => {
    expect(toHex(mrtd(firmware, 'single-pass', nativeHashes).digest)).toBe(of());
  });

  it('differs by the order in which pages are measured, once a measured section has two', () => {
    expect(of({}, 'two-pass')).toBe(of());
    const two = changed(0, [0, 0x2000, 0xfffff000, 0x2000, 0, 1]);
    expect(of(two, 'two-pass')).not.toBe(of(two));
  });

  it('covers the contents of a measured section and not those of another', () => {
    const digest = (at: number) => {
      const copy = firmware.slice();
      copy[at] = (copy[at] ?? 0) ^ 1;
      return toHex(mrtd(copy, 'single-pass').digest);
    };
    expect(digest(0x1000)).not.toBe(of());
    expect(digest(0x1000 + 255)).not.toBe(of());
    // The variable store: RTMR0 has it.
    expect(digest(0)).toBe(of());
  });

  it('covers where memory is, how much, and whether it is there from the start', () => {
    expect(of(changed(2, [0, 0, 0x811000, 0x3000, 3, 0]))).not.toBe(of());
    expect(of(changed(2, [0, 0, 0x810000, 0x4000, 3, 0]))).not.toBe(of());
    expect(of(changed(4, [0, 0, 0x820000, 0x1000, 3, 0]))).not.toBe(of());
    // What is added later leaves no record.
    expect(mrtd(firmware, 'single-pass').events.at(-1)?.value).toBe(toHex(nativeHashes.sha384()));
  });
});

describe('the list of memory', () => {
  const sections = parseTdvf(firmware);

  it('covers all memory without a gap, whatever its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0x900, max: 2 ** 24 }), (pages) => {
        const memory = pages * 4096;
        const bytes = Buffer.from(tdHob(sections, memory));
        let covered = 0;
        for (let at = 56, next = 0; at < bytes.length; at += 48) {
          const [start, length] = [
            Number(bytes.readBigUInt64LE(at + 32)),
            Number(bytes.readBigUInt64LE(at + 40)),
          ];
          expect(start === next || (next === 0x80000000 && start === 2 ** 32)).toBe(true);
          next = start + length;
          covered += length;
        }
        expect(covered).toBe(memory);
        expect(Number(bytes.readBigUInt64LE(48))).toBe(0x809000 + bytes.length + 8);
      }),
      { seed: 8, numRuns: 300 },
    );
  });

  it('is refused for memory that no guest has', () => {
    for (const memory of [
      0,
      -4096,
      GIB + 0.5,
      GIB + 1,
      2 ** 47,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      0x810000,
    ]) {
      expect(() => tdHob(sections, memory)).toThrow('WAX_MEASURE_MEMORY');
    }
  });

  it('is refused for a firmware with no place for it, or two', () => {
    const without = sections.filter(({ type }) => type !== tdvfTypes.handOff);
    expect(() => tdHob(without, GIB)).toThrow('WAX_MEASURE_TDX');
    expect(() => tdHob([...sections, ...sections], GIB)).toThrow('WAX_MEASURE_TDX');
  });
});

describe('the run-time registers', () => {
  const [, { acpi }] = shapes;
  const boot = {
    ...{ firmware, kernel: makeKernel(), initramfs: makeInitramfs(), commandLine, acpi },
    memoryBytes: 4 * GIB,
  };
  const of = (change: Partial<typeof boot> = {}) => {
    const { registers } = rtmrs({ ...boot, ...change });
    return Object.values(registers).map(toHex);
  };
  const changes: [what: string, change: Partial<typeof boot>, register: number][] = [
    ['memory', { memoryBytes: 5 * GIB }, 0],
    ['table loader', { acpi: { ...acpi, loader: acpi.rsdp } }, 0],
    ['root pointer', { acpi: { ...acpi, rsdp: acpi.loader } }, 0],
    ['ACPI tables', { acpi: { ...acpi, tables: acpi.rsdp } }, 0],
    ['variable store', { firmware: firmware.map((byte, index) => (index === 5 ? byte ^ 1 : byte)) }, 0],
    ['kernel', { kernel: makeKernel({ loadFlags: 0x81 }) }, 1],
    ['command line', { commandLine: `${commandLine} x` }, 2],
    ['initramfs', { initramfs: makeInitramfs('init', 8) }, 2],
  ];
  it.each(changes)('change with the %s: only the register that speaks of it', (_what, change, register) => {
    const [before, after] = [of(), of(change)];
    expect(after.map((value, index) => value !== before[index])).toEqual(
      [0, 1, 2, 3].map((at) => at === register),
    );
  });

  it('have RTMR3 at zero: nothing of ours extends it', () => {
    expect(of()[3]).toBe('00'.repeat(48));
  });

  it('are what their events lead to', () => {
    const { registers, events } = rtmrs(boot);
    for (const [name, value] of Object.entries(registers)) {
      const digests = events
        .filter(({ register }) => register === name)
        .map((event) => parseHex(event.value, 48));
      expect(replay(digests)).toEqual(value);
    }
  });

  it('are refused without a digest for a table: nothing stands for it', () => {
    expect(() => of({ acpi: { ...acpi, tables: '' } })).toThrow('WAX_BYTES_HEX');
  });
});

const shared = sharedVectors('measurement');

interface Guest {
  name: string;
  quote: string;
  memoryBytes: number;
  rtmr: string[];
  tdHob: { address: number; acceptedRanges: [number, number][]; bytes: string };
  events: { rtmr: number; digest: string }[];
}

describe.skipIf(shared === null)('vectors of TDX', () => {
  const read = (name: string) =>
    shared === null ? {} : JSON.parse(readFileSync(`${shared}${name}`, 'utf8'));
  const rows: { firmware: string; mrtdSinglePass: string; mrtdTwoPass: string; cfvSha384: string }[] =
    read('tdx/mrtd.json').mrtd ?? [];

  it.each(rows)('MRTD of $firmware', (row) => {
    const file = vectorFile(row.firmware);
    expect(toHex(mrtd(file, 'single-pass', nativeHashes).digest)).toBe(row.mrtdSinglePass);
    expect(toHex(mrtd(file, 'two-pass', nativeHashes).digest)).toBe(row.mrtdTwoPass);
    const variables = onlySection(parseTdvf(file), tdvfTypes.variables);
    expect(toHex(nativeHashes.sha384(variables.data))).toBe(row.cfvSha384);
  });

  const guests: Guest[] = read('tdx/real-event-logs.json').guests ?? [];
  it.each(guests)('$name: the events of a real guest lead to what its quote reports', (guest) => {
    const quote = readFileSync(`${shared}${guest.quote}`).toString('hex');
    for (const register of [0, 1, 2]) {
      const digests = guest.events
        .filter(({ rtmr }) => rtmr === register)
        .map(({ digest }) => parseHex(digest, 48));
      const value = toHex(replay(digests));
      expect(value).toBe(guest.rtmr[register]);
      expect(quote).toContain(value);
    }
  });

  it.each(guests)('$name: the list of memory is the one that the real firmware measured', (guest) => {
    const { address, acceptedRanges, bytes } = guest.tdHob;
    const sections = acceptedRanges.map(
      ([start, size]): TdvfSection => ({
        ...{ address: start, size, data: new Uint8Array(0), isExtended: false, isAugmented: false },
        type: start === address ? tdvfTypes.handOff : tdvfTypes.temporary,
      }),
    );
    const list = tdHob(sections, guest.memoryBytes);
    expect(toHex(list)).toBe(bytes);
    expect(toHex(nativeHashes.sha384(list))).toBe(guest.events[0]?.digest);
  });

  it.each(guests)(
    '$name: every step but kernel, command line, initramfs and ACPI is one that we compute',
    (guest) => {
      const [, { acpi }] = shapes;
      const { events } = rtmrs(
        {
          ...{ firmware: vectorFile('firmware/ovmf-debian-2025.02.fd.gz'), memoryBytes: guest.memoryBytes },
          ...{ kernel: makeKernel(), initramfs: makeInitramfs(), commandLine, acpi },
        },
        nativeHashes,
      );
      const own = (index: number) => events.filter(({ register }) => register === `rtmr${index}`);
      const differing = [0, 1, 2].flatMap((index) => {
        const theirs = guest.events.filter(({ rtmr }) => rtmr === index);
        expect(theirs).toHaveLength(own(index).length);
        return own(index).filter(({ value }, at) => value !== theirs[at]?.digest);
      });
      expect(differing.map(({ text }) => text)).toEqual([
        // This firmware has its temporary memory elsewhere than that of the guest.
        ...['list of memory', 'ACPI: table loader', 'ACPI: root pointer', 'ACPI: tables'],
        ...['kernel, its image hash', 'command line and " initrd=initrd"', 'initramfs'],
      ]);
    },
  );
});
