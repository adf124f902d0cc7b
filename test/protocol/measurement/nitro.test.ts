import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeHashes } from '../../../bin/native-hashes.ts';
import { concatBytes, toHex, utf8 } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import { crc32 } from '../../../protocol/measurement/crc32.ts';
import { type Eif, parseEif, writeEif } from '../../../protocol/measurement/eif.ts';
import { nitroPcr8, nitroPcrs, requireFirmBorders } from '../../../protocol/measurement/nitro.ts';
import { enclaveLine, makeInitramfs, makeKernel } from '../../support/measurement/image.ts';
import { labelled, vectorFile } from '../../support/measurement/vectors.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const eif: Eif = {
  ...{ architecture: 'x86-64', defaultMemoryBytes: 2 ** 30, defaultCpus: 2, kernel: makeKernel() },
  ...{ commandLine: enclaveLine, metadata: utf8('{}'), signature: null },
  ramdisks: [makeInitramfs(), makeInitramfs('app', 9)],
};
const file = writeEif(eif);
const pcrsOf = (image: Eif) => Object.values(nitroPcrs(image).registers).map(toHex);

/** The file, or another, with a change, and a checksum that fits it. */
function changed(change: (view: DataView, bytes: Uint8Array) => void, from = file): Uint8Array<ArrayBuffer> {
  const bytes = from.slice();
  const view = new DataView(bytes.buffer);
  change(view, bytes);
  view.setUint32(544, crc32(bytes.subarray(0, 544), bytes.subarray(548)));
  return bytes;
}

describe('an enclave image', () => {
  it('is read back as it was written', () => {
    expect(parseEif(file)).toEqual(eif);
    const signed: Eif = { ...eif, architecture: 'arm64', signature: Uint8Array.of(0x80) };
    expect(parseEif(writeEif(signed))).toEqual(signed);
  });

  it('is read back whatever is in it', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(
        fc.record({
          kernel: bytes,
          metadata: bytes,
          ramdisks: fc.array(bytes, { minLength: 1, maxLength: 4 }),
          signature: fc.option(bytes),
          defaultCpus: fc.nat(),
        }),
        (parts) => {
          expect(parseEif(writeEif({ ...eif, ...parts }))).toEqual({ ...eif, ...parts });
        },
      ),
      { seed: 8, numRuns: 300 },
    );
  });

  it('is refused with any bit flipped', () => {
    for (let at = 0; at < file.length; at += 7) {
      const flipped = file.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at & 7));
      expect(() => parseEif(flipped)).toThrow(/WAX_(MEASURE_EIF|BYTES_RANGE)/);
    }
  });

  const offsets = { count: 26, firstOffset: 28, secondOffset: 36, firstSize: 284, reserved: 540 };
  const wrong: [what: string, change: (view: DataView, bytes: Uint8Array) => void][] = [
    ['of another magic', (view) => view.setUint8(0, 0)],
    ['of version 3', (view) => view.setUint16(4, 3)],
    ['of unknown flags', (view) => view.setUint16(6, 2)],
    ['with reserved bytes', (view) => view.setUint16(24, 1)],
    ['with more reserved bytes', (view) => view.setUint32(offsets.reserved, 1)],
    ['with fewer sections than bytes', (view) => view.setUint16(offsets.count, 4)],
    ['with more sections than it can have', (view) => view.setUint16(offsets.count, 33)],
    ['with a section elsewhere', (view) => view.setUint32(offsets.firstOffset + 4, 549)],
    ['with two sections at one place', (view) => view.setUint32(offsets.secondOffset + 4, 548)],
    [
      'with a place for a section that it does not have',
      (view) => view.setUint32(offsets.firstOffset + 44, 9),
    ],
    ['with a size for a section that it does not have', (view) => view.setUint32(offsets.firstSize + 44, 9)],
    ['with a section of another size', (view) => view.setUint32(offsets.firstSize + 4, 4095)],
    ['with a section of an unknown kind', (view) => view.setUint16(548, 6)],
    ['with sections in another order', (view) => view.setUint16(548, 3)],
    ['with flags on a section', (view) => view.setUint16(550, 1)],
    ['with two sizes for a section', (view) => view.setUint32(556, 4095)],
  ];
  it.each(wrong)('is refused %s, whatever its checksum', (_what, change) => {
    expect(() => parseEif(changed(change))).toThrow('WAX_MEASURE_EIF:');
  });

  it('is refused with a count that no header has room for, where all of it is full', () => {
    const full = writeEif({ ...eif, ramdisks: Array.from({ length: 29 }, () => new Uint8Array(1)) });
    expect(parseEif(full).ramdisks).toHaveLength(29);
    expect(() => parseEif(changed((view) => view.setUint16(offsets.count, 33), full))).toThrow(
      'WAX_MEASURE_EIF:',
    );
  });

  /** Where each section of a file begins. */
  const placesIn = (bytes: Uint8Array, count: number) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return Array.from({ length: count }, (_, index) =>
      Number(view.getBigUint64(offsets.firstOffset + 8 * index)),
    );
  };

  it('is refused where it ends before its first ramdisk', () => {
    const one = writeEif({ ...eif, ramdisks: [new Uint8Array(8)] });
    const end = placesIn(one, 4)[3] ?? 0;
    const none = changed(
      (view) => {
        view.setUint16(offsets.count, 3);
        view.setBigUint64(offsets.firstOffset + 24, 0n);
        view.setBigUint64(offsets.firstSize + 24, 0n);
      },
      one.slice(0, end),
    );
    expect(() => parseEif(none)).toThrow('section of type none');
  });

  it('is refused with two signatures', () => {
    const three = writeEif({ ...eif, ramdisks: [1, 2, 3].map((size) => new Uint8Array(size)) });
    const [second = 0, third = 0] = placesIn(three, 6).slice(4);
    const one = changed((view) => view.setUint16(third, 4), three);
    expect(parseEif(one).signature).toHaveLength(3);
    expect(() => parseEif(changed((view) => view.setUint16(second, 4), one))).toThrow('after the signature');
  });

  it('is refused cut short, and with bytes after it', () => {
    for (const size of [0, 100, 548, file.length - 1]) {
      expect(() => parseEif(file.subarray(0, size))).toThrow('WAX_MEASURE_EIF:');
    }
    expect(() => parseEif(concatBytes(file, Uint8Array.of(0)))).toThrow('WAX_MEASURE_EIF:');
  });

  it('is refused for its checksum alone', () => {
    const bytes = file.slice();
    bytes[545] = (bytes[545] ?? 0) ^ 1;
    expect(() => parseEif(bytes)).toThrow('WAX_MEASURE_EIF_CRC');
  });

  it('is refused without a ramdisk, with too many, and with a line that is none', () => {
    expect(() => writeEif({ ...eif, ramdisks: [] })).toThrow('WAX_MEASURE_EIF');
    expect(() => writeEif({ ...eif, ramdisks: Array.from({ length: 30 }, () => new Uint8Array(1)) })).toThrow(
      'WAX_MEASURE_EIF',
    );
    for (const line of ['', 'a\0b', 'a\nb', 'ä', 'x'.repeat(2048)]) {
      expect(() => writeEif({ ...eif, commandLine: line })).toThrow('WAX_MEASURE_COMMAND_LINE');
    }
    const at = Buffer.from(file).indexOf(enclaveLine);
    const withNul = changed((view) => view.setUint8(at, 0));
    expect(() => parseEif(withNul)).toThrow('WAX_MEASURE_COMMAND_LINE');
  });

  it('answers changed bytes with an image or a coded error', () => {
    const place = fc.record({ at: fc.nat(700), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 6 }), (places) => {
        const bytes = changed((_, all) => {
          for (const { at, value } of places) all[at] = value;
        });
        try {
          parseEif(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { seed: 8, numRuns: 1000 },
    );
  });
});

describe('the registers of an enclave', () => {
  const other = (bytes: Uint8Array) => bytes.map((byte, index) => (index === 600 ? byte ^ 1 : byte));
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = eif.ramdisks;
  const changes: [what: string, change: Partial<Eif>, registers: string][] = [
    ['kernel', { kernel: other(eif.kernel) }, '0 1'],
    ['command line', { commandLine: `x ${enclaveLine}` }, '0 1'],
    ['first ramdisk', { ramdisks: [other(first), second] }, '0 1'],
    ['second ramdisk', { ramdisks: [first, other(second)] }, '0 2'],
    ['metadata', { metadata: utf8('{ }') }, ''],
    ['memory and processors that the host may change anyway', { defaultCpus: 9, defaultMemoryBytes: 1 }, ''],
  ];
  it.each(changes)('change with the %s: only those that speak of it', (_what, change, registers) => {
    const [before, after] = [pcrsOf(eif), pcrsOf({ ...eif, ...change })];
    const differing = [0, 1, 2].filter((index) => before[index] !== after[index]);
    expect(differing.join(' ')).toBe(registers);
  });

  it('are the same from native hashes', () => {
    expect(Object.values(nitroPcrs(eif, nativeHashes).registers).map(toHex)).toEqual(pcrsOf(eif));
  });

  it('do not notice bytes that move over a border, so borders that can move are refused', () => {
    requireFirmBorders(eif);
    // The first file of the ramdisk, appended to the line where the kernel stops reading it.
    const line = `${eif.commandLine}${Buffer.from(first.subarray(0, 110)).toString('latin1')}init`;
    const shifted = [
      { ...eif, commandLine: line, ramdisks: [first.subarray(114), second] },
      { ...eif, commandLine: enclaveLine.slice(0, -4), ramdisks: [concatBytes(utf8('.end'), first), second] },
    ];
    for (const image of shifted) {
      expect(pcrsOf(image)).toEqual(pcrsOf(eif));
      expect(() => requireFirmBorders(image)).toThrow('WAX_MEASURE_EIF_BORDER');
    }
  });

  it('are refused for a ramdisk that begins with something else, or a line without its last word', () => {
    const images: Partial<Eif>[] = [
      { ramdisks: [makeInitramfs('app')] },
      { ramdisks: [new Uint8Array(200)] },
      { ramdisks: [new Uint8Array(0)] },
      { ramdisks: [] },
      { commandLine: 'reboot=k' },
      { commandLine: `${enclaveLine}x` },
      { commandLine: 'xwaxseal.end' },
    ];
    for (const change of images) {
      expect(() => requireFirmBorders({ ...eif, ...change })).toThrow('WAX_MEASURE_EIF_BORDER');
    }
  });
});

const shared = sharedVectors('measurement');

describe.skipIf(shared === null)('vectors of Nitro', () => {
  interface Row {
    file: string;
    sha256: string;
    crcValid: boolean;
    PCR0: string;
    PCR1: string;
    PCR2: string;
  }
  const expected = shared === null ? {} : JSON.parse(readFileSync(`${shared}nitro/expected.json`, 'utf8'));
  const rows: Row[] = expected.images ?? [];

  it.each(rows)('$file', (row) => {
    const bytes = vectorFile(row.file);
    expect(toHex(nativeHashes.sha256(bytes))).toBe(row.sha256);
    if (!row.crcValid) expect(() => parseEif(bytes)).toThrow('WAX_MEASURE_EIF_CRC');
    else {
      const parsed = parseEif(bytes);
      expect(pcrsOf(parsed)).toEqual([row.PCR0, row.PCR1, row.PCR2]);
      expect(writeEif(parsed)).toEqual(bytes);
    }
  });

  it('an image with the registers of another is refused, since its borders can move', () => {
    expect(() => requireFirmBorders(parseEif(vectorFile('nitro/boundary-shift.eif')))).toThrow(
      'WAX_MEASURE_EIF_BORDER',
    );
  });

  it('PCR8 of a certificate', () => {
    const certificate = labelled(expected.pcr8.certificateDer.split(' ')[0]);
    expect(toHex(nitroPcr8(certificate))).toBe(expected.pcr8.PCR8);
  });
});
