/**
 * The table of GUIDs at the end of an OVMF firmware, and the SEV metadata that it points to: which pages the
 * hypervisor measures beside the firmware itself (edk2 OvmfPkg/ResetVector, AMD part).
 * @module
 */
import { equalBytes, toHex } from '../bytes.ts';
import { measurementError } from './errors.ts';
import { guid, readU16, readU32, slice } from './little-endian.ts';

const FOOTER = guid('96b582de-1fb2-45f7-baea-a366c55a082d');
const SEV_METADATA = guid('dc886566-984a-4798-a75e-5585a7bf67cc');
const RESET_BLOCK = guid('00f771de-1a7e-4fcb-890e-68c77e2fb44e');
const HASH_TABLE = guid('7255371f-3a3b-4b04-927b-1da6efa8d454');

/** Size and GUID that end every entry. */
const TAIL = 18;
/** Bytes between the table and the end of the file: the reset vector. */
const AFTER_TABLE = 32;
const MAX_FIRMWARE = 64 << 20;
export const PAGE = 4096;
const FOUR_GIB = 2 ** 32;

/** What a section of the SEV metadata holds when the guest starts. */
export const sevSections = { memory: 1, secrets: 2, cpuid: 3, callingArea: 4, kernelHashes: 0x10 } as const;
const knownSections: readonly number[] = Object.values(sevSections);

interface SevSection {
  gpa: number;
  /** In bytes, a multiple of a page. */
  size: number;
  type: number;
}

/** Entries of the footer table: GUID as stored, in hex, to data. */
export type FooterTable = ReadonlyMap<string, Uint8Array>;

export interface SevLayout {
  sections: SevSection[];
  /** Where the processors other than the first start. */
  resetEip: number;
  /** Guest address of the table of kernel hashes; null where the firmware has none. */
  hashTableGpa: number | null;
}

const footer = (detail: string) => measurementError('WAX_MEASURE_FOOTER', detail);

/** Guest address of the first byte of a firmware: it ends at 4 GiB. */
export const firmwareGpa = (firmware: Uint8Array): number => FOUR_GIB - firmware.length;

/** Reads the footer table. Throws WAX_MEASURE_FOOTER. */
export function parseFooter(firmware: Uint8Array): FooterTable {
  if (firmware.length > MAX_FIRMWARE || firmware.length % PAGE !== 0 || firmware.length < PAGE) {
    throw footer(`${firmware.length} bytes`);
  }
  const end = firmware.length - AFTER_TABLE;
  const at = end - TAIL;
  if (!equalBytes(slice(firmware, at + 2, 16), FOOTER)) throw footer('no footer GUID');
  // The size counts this entry too.
  const start = end - readU16(firmware, at);
  if (start > at || start < 0) throw footer('table size');
  const entries = new Map<string, Uint8Array>();
  for (let stop = at; stop > start; ) {
    const size = stop - TAIL < start ? 0 : readU16(firmware, stop - TAIL);
    if (size < TAIL || stop - size < start) throw footer('entry size');
    const name = toHex(slice(firmware, stop - 16, 16));
    if (entries.has(name)) throw footer('an entry twice');
    entries.set(name, slice(firmware, stop - size, size - TAIL));
    stop -= size;
  }
  return entries;
}

/** The data of an entry with exactly this GUID and size; null where the table does not have it. */
export function footerEntry(table: FooterTable, name: Uint8Array, size: number): Uint8Array | null {
  const data = table.get(toHex(name));
  if (data === undefined) return null;
  if (data.length !== size) throw footer('entry of another size');
  return data;
}

function readSection(bytes: Uint8Array, offset: number): SevSection {
  const section = {
    gpa: readU32(bytes, offset),
    size: readU32(bytes, offset + 4),
    type: readU32(bytes, offset + 8),
  };
  const { gpa, size, type } = section;
  const onPages = gpa % PAGE === 0 && size % PAGE === 0 && size > 0 && gpa + size <= FOUR_GIB;
  if (!onPages || !knownSections.includes(type)) {
    throw measurementError('WAX_MEASURE_SECTION', `type ${type} at 0x${gpa.toString(16)}, ${size} bytes`);
  }
  return section;
}

/** The SEV metadata of a firmware. Throws WAX_MEASURE_FOOTER, WAX_MEASURE_SEV or WAX_MEASURE_SECTION. */
export function parseSevLayout(firmware: Uint8Array): SevLayout {
  const table = parseFooter(firmware);
  const wrong = (detail: string) => measurementError('WAX_MEASURE_SEV', detail);
  const offset = footerEntry(table, SEV_METADATA, 4);
  const reset = footerEntry(table, RESET_BLOCK, 4);
  if (!offset || !reset) throw wrong('none');
  const start = firmware.length - readU32(offset, 0);
  const header = slice(firmware, start, 16);
  if (readU32(header, 0) !== 0x56455341) throw wrong('signature');
  if (readU32(header, 8) !== 1) throw wrong(`version ${readU32(header, 8)}`);
  const count = readU32(header, 12);
  if (count > 64 || readU32(header, 4) !== 16 + 12 * count) throw wrong('size');
  const sections = Array.from({ length: count }, (_, index) =>
    readSection(firmware, start + 16 + 12 * index),
  );
  const hashTable = footerEntry(table, HASH_TABLE, 8);
  const hashTableGpa = hashTable ? readU32(hashTable, 0) : 0;
  return {
    sections,
    resetEip: readU32(reset, 0),
    hashTableGpa: hashTableGpa === 0 ? null : hashTableGpa,
  };
}
