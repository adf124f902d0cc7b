/**
 * The TDX metadata of a firmware: which parts of the file and of memory a trust domain starts with (Intel TDX
 * Virtual Firmware Design Guide 344991, section 11).
 * @module
 */
import { equalBytes } from '../bytes.ts';
import { measurementError } from './errors.ts';
import { footerEntry, PAGE, parseFooter } from './firmware.ts';
import { guid, readU32, readU64, slice } from './little-endian.ts';

const TDX_METADATA = guid('e47a6535-984a-4798-865e-4685a7bf8ec2');
const DESCRIPTOR = guid('e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae');
/** `TDVF` */
const SIGNATURE = 0x46564454;
const SECTION_BYTES = 32;
/** Real firmware adds about 5 MiB; a bound, so that no file keeps an auditor waiting. */
const MAX_ADDED = 256 << 20;

export const tdvfTypes = { code: 0, variables: 1, handOff: 2, temporary: 3 } as const;
const knownTypes: readonly number[] = Object.values(tdvfTypes);

export interface TdvfSection {
  type: number;
  /** Guest address and bytes of memory, multiples of a page. */
  address: number;
  size: number;
  /** What the memory begins with; zeros follow. */
  data: Uint8Array;
  /** The contents are measured (MR.EXTEND), not only that the pages are there. */
  isExtended: boolean;
  /** Added later by the running guest (PAGE.AUG), so not measured at all. */
  isAugmented: boolean;
}

function readSection(firmware: Uint8Array, offset: number): TdvfSection {
  const [dataOffset, dataSize] = [readU32(firmware, offset), readU32(firmware, offset + 4)];
  const [address, size] = [readU64(firmware, offset + 8), readU64(firmware, offset + 16)];
  const [type, attributes] = [readU32(firmware, offset + 24), readU32(firmware, offset + 28)];
  const wrong = !knownTypes.includes(type) || attributes > 3;
  if (
    wrong ||
    address % PAGE !== 0 ||
    size % PAGE !== 0 ||
    size === 0 ||
    size > MAX_ADDED ||
    dataSize > size
  ) {
    throw measurementError('WAX_MEASURE_SECTION', `type ${type} at 0x${address.toString(16)}, ${size} bytes`);
  }
  return {
    type,
    address,
    size,
    data: slice(firmware, dataOffset, dataSize),
    isExtended: (attributes & 1) !== 0,
    isAugmented: (attributes & 2) !== 0,
  };
}

/**
 * The sections of the TDX metadata, in the order of the file. Throws WAX_MEASURE_FOOTER, WAX_MEASURE_TDX,
 * WAX_MEASURE_SECTION or WAX_MEASURE_SHORT.
 */
export function parseTdvf(firmware: Uint8Array): TdvfSection[] {
  const wrong = (detail: string) => measurementError('WAX_MEASURE_TDX', detail);
  const entry = footerEntry(parseFooter(firmware), TDX_METADATA, 4);
  if (!entry) throw wrong('none');
  const start = firmware.length - readU32(entry, 0);
  const header = slice(firmware, start, 16);
  if (!equalBytes(slice(firmware, start - 16, 16), DESCRIPTOR)) throw wrong('no GUID before it');
  if (readU32(header, 0) !== SIGNATURE) throw wrong('signature');
  if (readU32(header, 8) !== 1) throw wrong(`version ${readU32(header, 8)}`);
  const count = readU32(header, 12);
  if (count > 64 || readU32(header, 4) !== 16 + SECTION_BYTES * count) throw wrong('length');
  const sections = Array.from({ length: count }, (_, index) =>
    readSection(firmware, start + 16 + SECTION_BYTES * index),
  );
  const byAddress = sections.toSorted((a, b) => a.address - b.address);
  for (const [index, { address, size }] of byAddress.entries()) {
    const next = byAddress[index + 1];
    if (next && address + size > next.address) throw wrong('sections overlap');
  }
  if (sections.reduce((sum, { size }) => sum + size, 0) > MAX_ADDED) throw wrong('too much memory');
  return sections;
}

/** The one section of a type. Throws WAX_MEASURE_TDX where there is none, or more than one. */
export function onlySection(sections: readonly TdvfSection[], type: number): TdvfSection {
  const [section, ...more] = sections.filter((candidate) => candidate.type === type);
  if (!section || more.length > 0)
    throw measurementError('WAX_MEASURE_TDX', `not one section of type ${type}`);
  return section;
}
