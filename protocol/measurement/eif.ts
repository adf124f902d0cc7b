/**
 * The Enclave Image Format of AWS Nitro, version 4 (aws-nitro-enclaves-image-format; QEMU hw/core/eif.c): a header, a
 * checksum, and sections one after another. There is one way to write an image, and only that is read.
 * @module
 */
import { ByteReader, concatBytes, parseUtf8, u16, u32, u64, utf8 } from '../bytes.ts';
import { crc32 } from './crc32.ts';
import { measurementError } from './errors.ts';

/** `.eif` */
const MAGIC = 0x2e656966;
const VERSION = 4;
const MOST_SECTIONS = 32;
const HEADER = 548;
const SECTION_HEADER = 12;
const CHECKSUM_AT = HEADER - 4;

const types = { kernel: 1, commandLine: 2, ramdisk: 3, signature: 4, metadata: 5 } as const;

export interface Eif {
  architecture: 'x86-64' | 'arm64';
  /** What the enclave gets unless the host says otherwise; in no register. */
  defaultMemoryBytes: number;
  defaultCpus: number;
  kernel: Uint8Array;
  commandLine: string;
  /** JSON about the build; in no register. */
  metadata: Uint8Array;
  /** At least one. The first starts the enclave. */
  ramdisks: Uint8Array[];
  /** CBOR with certificates and signatures of registers; null where the image is not signed. */
  signature: Uint8Array | null;
}

const wrong = (detail: string) => measurementError('WAX_MEASURE_EIF', detail);

/** Printable ASCII: what every kernel, firmware and shell understands in one way. Throws WAX_MEASURE_COMMAND_LINE. */
export function requireCommandLine(line: string): string {
  if (!/^[\x20-\x7e]{1,2047}$/.test(line)) throw measurementError('WAX_MEASURE_COMMAND_LINE');
  return line;
}

/** The bytes of an image. Throws WAX_MEASURE_EIF for parts that do not make one, and WAX_MEASURE_COMMAND_LINE. */
export function writeEif(eif: Eif): Uint8Array<ArrayBuffer> {
  const { kernel, metadata, ramdisks, signature } = eif;
  const sections: [type: number, data: Uint8Array][] = [
    [types.kernel, kernel],
    [types.commandLine, utf8(requireCommandLine(eif.commandLine))],
    [types.metadata, metadata],
    ...ramdisks.map((ramdisk): [number, Uint8Array] => [types.ramdisk, ramdisk]),
    ...(signature ? [[types.signature, signature] as [number, Uint8Array]] : []),
  ];
  if (ramdisks.length === 0 || sections.length > MOST_SECTIONS) throw wrong(`${ramdisks.length} ramdisks`);
  const places: { offset: number; size: number }[] = [];
  let offset = HEADER;
  for (const [, { length: size }] of sections) {
    places.push({ offset, size });
    offset += SECTION_HEADER + size;
  }
  const table = (values: number[]) =>
    concatBytes(...values.map(u64), new Uint8Array(8 * (MOST_SECTIONS - values.length)));
  const head = concatBytes(
    ...[u32(MAGIC), u16(VERSION), u16(eif.architecture === 'arm64' ? 1 : 0)],
    ...[u64(eif.defaultMemoryBytes), u64(eif.defaultCpus), u16(0), u16(sections.length)],
    ...[table(places.map((place) => place.offset)), table(places.map(({ size }) => size)), u32(0)],
  );
  const body = sections.flatMap(([type, data]) => [u16(type), u16(0), u64(data.length), data]);
  return concatBytes(head, u32(crc32(head, ...body)), ...body);
}

interface Header {
  isArm: boolean;
  defaultMemoryBytes: number;
  defaultCpus: number;
  sizes: number[];
}

function readHeader(file: Uint8Array): Header {
  if (file.length < HEADER) throw wrong('shorter than a header');
  const reader = new ByteReader(file.subarray(0, HEADER));
  if (reader.u32() !== MAGIC) throw wrong('no .eif');
  const version = reader.u16();
  if (version !== VERSION) throw wrong(`version ${version}`);
  const flags = reader.u16();
  const [defaultMemoryBytes, defaultCpus, reserved, count] = [
    reader.u64(),
    reader.u64(),
    reader.u16(),
    reader.u16(),
  ];
  if (flags > 1 || reserved !== 0 || count > MOST_SECTIONS) throw wrong('flags, reserved bytes or count');
  const readTable = () => Array.from({ length: MOST_SECTIONS }, () => reader.u64());
  const [offsets, sizes] = [readTable(), readTable()];
  let expected = HEADER;
  for (const [index, size] of sizes.entries()) {
    const isUsed = index < count;
    if (offsets[index] !== (isUsed ? expected : 0) || (!isUsed && size !== 0))
      throw wrong('places of sections');
    if (isUsed) expected += SECTION_HEADER + size;
  }
  if (expected !== file.length) throw wrong(`${file.length} bytes, not ${expected}`);
  if (reader.u32() !== 0) throw wrong('reserved bytes');
  if (reader.u32() !== crc32(file.subarray(0, CHECKSUM_AT), file.subarray(HEADER))) {
    throw measurementError('WAX_MEASURE_EIF_CRC');
  }
  return { isArm: flags === 1, defaultMemoryBytes, defaultCpus, sizes: sizes.slice(0, count) };
}

/**
 * Reads an image. Throws WAX_MEASURE_EIF for another version, sections of other kinds, in another order or with
 * anything between them, WAX_MEASURE_EIF_CRC, and WAX_MEASURE_COMMAND_LINE.
 */
export function parseEif(file: Uint8Array): Eif {
  const { isArm, defaultMemoryBytes, defaultCpus, sizes } = readHeader(file);
  const reader = new ByteReader(file.subarray(HEADER));
  const sections = sizes.map((size) => {
    const [type, flags, stated] = [reader.u16(), reader.u16(), reader.u64()];
    if (flags !== 0 || stated !== size) throw wrong('section header');
    return { type, data: reader.take(size) };
  });
  const take = (type: number, ...more: number[]) => {
    const next = sections[0];
    if (!next || ![type, ...more].includes(next.type)) throw wrong(`section of type ${next?.type ?? 'none'}`);
    sections.shift();
    return next.data;
  };
  const [kernel, line, metadata] = [take(types.kernel), take(types.commandLine), take(types.metadata)];
  const ramdisks = [take(types.ramdisk)];
  while (sections[0]?.type === types.ramdisk) ramdisks.push(take(types.ramdisk));
  const signature = sections.length > 0 ? take(types.signature) : null;
  if (sections.length > 0) throw wrong('sections after the signature');
  return {
    architecture: isArm ? 'arm64' : 'x86-64',
    ...{ defaultMemoryBytes, defaultCpus, kernel, metadata, ramdisks, signature },
    commandLine: requireCommandLine(parseUtf8(line)),
  };
}
