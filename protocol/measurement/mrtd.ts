/**
 * MRTD, the register of a trust domain's first memory: one SHA-384 over a record for each page that is added and
 * each 256 bytes that are measured (Intel TDX module ABI 348551, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND).
 * @module
 */
import { toHex, utf8 } from '../bytes.ts';
import type { MeasurementEvent } from './event.ts';
import { PAGE } from './firmware.ts';
import { type Hashes, portableHashes } from './hashes.ts';
import { le64 } from './little-endian.ts';
import { parseTdvf, type TdvfSection, tdvfTypes } from './tdvf.ts';

/**
 * In which order a hypervisor builds a section: each page added and measured before the next (QEMU with the TDX
 * support of Linux), or all pages added and then all measured (the forks before it).
 */
export type PageOrder = 'single-pass' | 'two-pass';

const RECORD = 128;
const CHUNK = 256;
const ADD = utf8('MEM.PAGE.ADD');
const EXTEND = utf8('MR.EXTEND');

function writeRecord(target: Uint8Array, at: number, name: Uint8Array, address: number): number {
  target.set(name, at);
  target.set(le64(address), at + 16);
  return at + RECORD;
}

/** The records that measure the contents of one page. */
function extendRecords(
  target: Uint8Array,
  start: number,
  { address, data }: TdvfSection,
  page: number,
): number {
  let at = start;
  for (let offset = page; offset < page + PAGE; offset += CHUNK) {
    at = writeRecord(target, at, EXTEND, address + offset);
    target.set(data.subarray(offset, offset + CHUNK), at);
    at += CHUNK;
  }
  return at;
}

const EXTEND_BYTES = (PAGE / CHUNK) * (RECORD + CHUNK);

function sectionRecords(section: TdvfSection, order: PageOrder): Uint8Array {
  const { address, size, isExtended, isAugmented } = section;
  const pages = Array.from({ length: size / PAGE }, (_, index) => index * PAGE);
  const bytes = pages.length * ((isAugmented ? 0 : RECORD) + (isExtended ? EXTEND_BYTES : 0));
  const records = new Uint8Array(bytes);
  let at = 0;
  const add = (page: number) => {
    if (!isAugmented) at = writeRecord(records, at, ADD, address + page);
  };
  const extend = (page: number) => {
    if (isExtended) at = extendRecords(records, at, section, page);
  };
  if (order === 'two-pass') for (const step of [add, extend]) pages.forEach(step);
  else
    for (const page of pages) {
      add(page);
      extend(page);
    }
  return records;
}

const typeNames: Readonly<Record<number, string>> = {
  [tdvfTypes.code]: 'code of the firmware',
  [tdvfTypes.variables]: 'variable store of the firmware',
  [tdvfTypes.handOff]: 'room for the list of memory',
  [tdvfTypes.temporary]: 'memory of the firmware',
};

function describe({ type, address, size, isExtended, isAugmented }: TdvfSection): string {
  const how = isExtended ? 'added and measured' : 'added, contents not measured';
  const where = `0x${address.toString(16)}, ${size / PAGE} pages`;
  return `${typeNames[type]}, ${where}, ${isAugmented ? 'not added' : how}`;
}

/**
 * MRTD of a firmware, and a step for each of its sections: the hash of that section's records alone. Throws the
 * errors of `parseTdvf`.
 */
export function mrtd(
  firmware: Uint8Array,
  order: PageOrder,
  { sha384 }: Hashes = portableHashes,
): { digest: Uint8Array; events: MeasurementEvent[] } {
  const parts = parseTdvf(firmware).map((section) => ({ section, records: sectionRecords(section, order) }));
  const digest = sha384(...parts.map(({ records }) => records));
  const step = { register: 'mrtd', running: false, parts: ['firmware'] } as const;
  const events = parts.map(({ section, records }) => ({
    ...step,
    text: describe(section),
    value: toHex(sha384(records)),
  }));
  return { digest, events };
}
