import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../protocol/errors.ts';
import { parseFooter, parseSevLayout } from '../../../protocol/measurement/firmware.ts';
import { type FirmwareChange, makeFirmware, usualSections } from '../../support/measurement/firmware.ts';

describe('the layout of a firmware', () => {
  it('is read with sections, start of the other processors and table of kernel hashes', () => {
    const { sections, resetEip, hashTableGpa } = parseSevLayout(makeFirmware());
    expect(sections).toEqual(usualSections.map(([gpa, size, type]) => ({ gpa, size, type })));
    expect(resetEip).toBe(0x80b004);
    expect(hashTableGpa).toBe(0x810c00);
    expect(parseSevLayout(makeFirmware({ hashTable: null })).hashTableGpa).toBeNull();
    expect(parseSevLayout(makeFirmware({ hashTable: 0 })).hashTableGpa).toBeNull();
  });

  const one = (gpa: number, size: number, type: number) => ({ sections: [[gpa, size, type]] as const });
  const wrong: [what: string, change: FirmwareChange, code: string][] = [
    ['without the footer', { footer: 'ffffffff-1fb2-45f7-baea-a366c55a082d' }, 'WAX_MEASURE_FOOTER'],
    ['of half a page', { bytes: 8192 + 2048 }, 'WAX_MEASURE_FOOTER'],
    [
      'with an entry twice',
      { more: [['00f771de-1a7e-4fcb-890e-68c77e2fb44e', new Uint8Array(4)]] },
      'WAX_MEASURE_FOOTER',
    ],
    ['with an entry of another size', { resetBytes: 8 }, 'WAX_MEASURE_FOOTER'],
    ['with a table of no size', { tableSize: 0 }, 'WAX_MEASURE_FOOTER'],
    ['with a table of more than the file', { tableSize: 0xffff }, 'WAX_MEASURE_FOOTER'],
    [
      'with more sections than any has',
      { sections: Array.from({ length: 65 }, (_, index) => [0x800000 + 4096 * index, 4096, 1] as const) },
      'WAX_MEASURE_SEV',
    ],
    ['with metadata of another signature', { signature: 1 }, 'WAX_MEASURE_SEV'],
    ['with metadata of another version', { version: 2 }, 'WAX_MEASURE_SEV'],
    ['with metadata of another size', { extraSize: 12 }, 'WAX_MEASURE_SEV'],
    ['with a section of an unknown kind', one(0x800000, 0x1000, 5), 'WAX_MEASURE_SECTION'],
    ['with a section that begins within a page', one(0x800800, 0x1000, 1), 'WAX_MEASURE_SECTION'],
    ['with a section that ends within a page', one(0x800000, 0x1800, 1), 'WAX_MEASURE_SECTION'],
    ['with a section of no pages', one(0x800000, 0, 1), 'WAX_MEASURE_SECTION'],
    ['with a section past 4 GiB', one(0xfffff000, 0x2000, 1), 'WAX_MEASURE_SECTION'],
  ];
  it.each(wrong)('is refused in a firmware %s', (_what, change, code) => {
    expect(() => parseSevLayout(makeFirmware(change))).toThrow(code);
  });

  it('is refused for a file of no bytes, and for one of more than any firmware has', () => {
    expect(() => parseSevLayout(new Uint8Array(0))).toThrow('WAX_MEASURE_FOOTER');
    expect(() => parseSevLayout(new Uint8Array((64 << 20) + 4096))).toThrow('67112960 bytes');
  });

  it('is refused where an entry reaches past the table', () => {
    const firmware = makeFirmware();
    // The size field of the entry before the footer's own, whose GUID ends where that begins.
    const end = firmware.length - 32 - 18;
    new DataView(firmware.buffer).setUint16(end - 18, 1000, true);
    expect(() => parseFooter(firmware)).toThrow('entry size');
  });

  it('is refused where an entry is shorter than its own head', () => {
    const firmware = makeFirmware({ more: [['11111111-1fb2-45f7-baea-a366c55a082d', new Uint8Array(0)]] });
    expect(parseFooter(firmware).size).toBe(4);
    const end = firmware.length - 32;
    // The entry before the footer's own: its size field lies 36 bytes before the end of the table.
    firmware[end - 36] = 17;
    expect(() => parseFooter(firmware)).toThrow('WAX_MEASURE_FOOTER');
  });

  it('answers changed bytes with a layout or a coded error', () => {
    const whole = makeFirmware();
    const place = fc.record({ back: fc.integer({ min: 1, max: 1200 }), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 6 }), (places) => {
        const changed = whole.slice();
        for (const { back, value } of places) changed[changed.length - back] = value;
        try {
          parseSevLayout(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { seed: 8, numRuns: 2000 },
    );
  });
});
