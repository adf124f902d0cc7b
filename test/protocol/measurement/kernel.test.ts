import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeHashes } from '../../../bin/native-hashes.ts';
import { toHex } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import { authenticodeHash } from '../../../protocol/measurement/authenticode.ts';
import { writeSetupHeader } from '../../../protocol/measurement/setup-header.ts';
import { type KernelChange, makeKernel } from '../../support/measurement/image.ts';
import { vectorFile } from '../../support/measurement/vectors.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const hashOf = (file: Uint8Array) => toHex(authenticodeHash(file));
const flip = (file: Uint8Array, at: number) => file.map((byte, index) => (index === at ? byte ^ 1 : byte));

describe('the image hash of a kernel', () => {
  it('leaves out the checksum and the entry and bytes of the signature, and nothing else', () => {
    const signed = makeKernel({ bytes: 4096, sections: [[2560, 0x400]], signature: [3584, 512] });
    const before = hashOf(signed);
    const skipped: number[] = [];
    for (let at = 0; at < signed.length; at++) {
      let after = 'refused';
      try {
        after = hashOf(flip(signed, at));
      } catch (error) {
        expect(error).toBeInstanceOf(CodedError);
      }
      if (after === before) skipped.push(at);
    }
    const optional = 0x58;
    const range = (from: number, size: number) => Array.from({ length: size }, (_, index) => from + index);
    // An altered entry of the signature no longer ends at the end of the file, so it is refused.
    expect(skipped).toEqual([...range(optional + 64, 4), ...range(3584, 512)]);
  });

  it('is over headers and sections in the order of the file, then padded to eight bytes', () => {
    const kernel = makeKernel({
      bytes: 3001,
      headerBytes: 0x400,
      sections: [
        [977, 2024],
        [1000, 0x400],
      ],
    });
    const optional = 0x58;
    const expected = createHash('sha384')
      .update(kernel.subarray(0, optional + 64))
      .update(kernel.subarray(optional + 68, optional + 144))
      .update(kernel.subarray(optional + 152))
      .update(new Uint8Array(7))
      .digest('hex');
    expect(hashOf(kernel)).toBe(expected);
  });

  const wrong: [what: string, change: KernelChange][] = [
    ['of 32 bits', { magic: 0x10b }],
    ['without a place for a signature', { directories: 4 }],
    ['with an optional header that has no such place', { optionalBytes: 151 }],
    ['with headers past the end', { headerBytes: 8192, sections: [] }],
    ['with headers that its table does not fit into', { headerBytes: 0x100, sections: [[100, 0x100]] }],
    [
      'with sections that overlap',
      {
        sections: [
          [1000, 0x400],
          [1000, 0x600],
        ],
      },
    ],
    [
      'with a gap between sections',
      {
        sections: [
          [1000, 0x400],
          [1000, 0x800],
        ],
      },
    ],
    ['with a gap after its headers', { sections: [[1000, 0x500]] }],
    ['with a section in its headers', { sections: [[1000, 0x200]] }],
    ['with a section past its end', { sections: [[4000, 0x400]] }],
    ['with a signature in its midst', { sections: [[1000, 0x400]], signature: [0x800, 100] }],
    ['with a signature over a section', { signature: [2048, 2048] }],
    [
      'with more sections than any image has',
      { bytes: 8192, headerBytes: 0x1400, sections: Array.from({ length: 97 }, () => [0, 0] as const) },
    ],
  ];
  it.each(wrong)('is refused for a file %s', (_what, change) => {
    expect(() => hashOf(makeKernel(change))).toThrow('WAX_MEASURE_PE');
  });

  it('is refused for what is no PE file', () => {
    const kernel = makeKernel();
    for (const at of [0, 0x40]) expect(() => hashOf(flip(kernel, at))).toThrow('WAX_MEASURE_PE');
    expect(() => hashOf(new Uint8Array(10))).toThrow('WAX_MEASURE_');
  });

  it('answers changed bytes with a hash or a coded error', () => {
    const kernel = makeKernel();
    const place = fc.record({ at: fc.nat(0x1f0), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 6 }), (places) => {
        const changed = kernel.slice();
        for (const { at, value } of places) changed[at] = value;
        try {
          hashOf(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { seed: 8, numRuns: 2000 },
    );
  });
});

describe('the setup header as QEMU writes it', () => {
  const memory = { memoryBytes: 2 ** 31, initrdBytes: 9001 };

  it('is written once: a kernel that has it stays as it is', () => {
    const kernel = makeKernel();
    const written = writeSetupHeader(kernel, memory);
    expect(written).not.toEqual(kernel);
    expect(writeSetupHeader(written, memory)).toEqual(written);
  });

  it('is the same for 2 GiB and from 2.75 GiB on, and another below and between', () => {
    const of = (memoryBytes: number) => toHex(writeSetupHeader(makeKernel(), { ...memory, memoryBytes }));
    for (const same of [0xb0000000, 2 ** 32, 2 ** 40]) expect(of(same)).toBe(of(2 ** 31));
    for (const other of [2 ** 30, 0xa0000000]) expect(of(other)).not.toBe(of(2 ** 31));
  });

  it('keeps to what the kernel says where it may not lie above that', () => {
    const written = Buffer.from(writeSetupHeader(makeKernel(), { memoryBytes: 2 ** 31, initrdBytes: 4096 }));
    expect(written.readUInt32LE(0x218)).toBe(0x7ffd6000);
    expect(written.readUInt32LE(0x21c)).toBe(4096);
    const high = Buffer.from(writeSetupHeader(makeKernel({ loadFlags: 0 }), memory));
    expect([high.readUInt32LE(0x228), high.readUInt32LE(0x224)]).toEqual([
      0x9a000,
      0x9a000 - 0x90000 - 0x200,
    ]);
  });

  it('is refused for what is no bzImage, one of an old protocol, and too little memory', () => {
    expect(() => writeSetupHeader(flip(makeKernel(), 0x202), memory)).toThrow('WAX_MEASURE_KERNEL');
    expect(() => writeSetupHeader(makeKernel({ protocol: 0x202 }), memory)).toThrow('WAX_MEASURE_KERNEL');
    for (const size of [0, 0x206, 0x210, 0x237]) {
      expect(() => writeSetupHeader(makeKernel().subarray(0, size), memory)).toThrow('WAX_MEASURE_');
    }
    expect(() => writeSetupHeader(makeKernel(), { memoryBytes: 2 ** 20, initrdBytes: 2 ** 21 })).toThrow(
      'WAX_MEASURE_MEMORY',
    );
  });
});

const shared = sharedVectors('measurement');

describe.skipIf(shared === null)('vectors of kernels', () => {
  const expected =
    shared === null ? {} : JSON.parse(readFileSync(`${shared}authenticode/expected.json`, 'utf8'));
  const files: { file: string; sha256: string; sha384: string }[] = expected.files ?? [];

  it.each(files)('$file', ({ file, sha256, sha384 }) => {
    expect(toHex(authenticodeHash(vectorFile(file), nativeHashes.sha256))).toBe(sha256);
    expect(toHex(authenticodeHash(vectorFile(file), nativeHashes.sha384))).toBe(sha384);
  });

  interface Patched {
    memoryBytes: number;
    initrdBytes: number;
    initrdAddress: number;
    sha384: string;
    fileSha256: string;
  }
  const rows: Patched[] = expected.qemuHeaderPatch?.patched ?? [];
  it.each(rows)('QEMU with $memoryBytes bytes of memory', (row) => {
    const kernel = vectorFile(expected.qemuHeaderPatch.file);
    expect(hashOf(kernel)).toBe(expected.qemuHeaderPatch.unpatchedAuthenticodeSha384);
    const written = writeSetupHeader(kernel, row);
    expect(Buffer.from(written).readUInt32LE(0x218)).toBe(row.initrdAddress);
    expect(toHex(nativeHashes.sha256(written))).toBe(row.fileSha256);
    expect(hashOf(written)).toBe(row.sha384);
  });
});
