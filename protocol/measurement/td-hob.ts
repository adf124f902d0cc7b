/**
 * The list of memory that QEMU hands to the firmware of a trust domain (UEFI PI specification, volume 3, hand-off
 * blocks), which the firmware measures first of all.
 * @module
 */
import { concatBytes } from '../bytes.ts';
import { measurementError } from './errors.ts';
import { le16, le32, le64 } from './little-endian.ts';
import { onlySection, type TdvfSection, tdvfTypes } from './tdvf.ts';

/** From this size on QEMU puts what is above 2 GiB to where no devices are. */
export const SPLIT_FROM = 0xb0000000;
/** End of the memory below the devices, once it is split. */
export const LOW_END = 0x80000000;
const HIGH_START = 0x100000000;
const PAGE = 4096;
/** 64 TiB: more than any machine has. */
const MAX_MEMORY = 2 ** 46;

const resourceTypes = { accepted: 0, unaccepted: 7 } as const;

interface Range {
  type: number;
  start: number;
  end: number;
}

/** Memory from 0 to `end`: what the firmware was started in is accepted, the gaps are not yet. */
function rangesBelow(end: number, sections: readonly TdvfSection[]): Range[] {
  const used = sections
    .filter(({ type }) => type === tdvfTypes.handOff || type === tdvfTypes.temporary)
    .toSorted((a, b) => a.address - b.address);
  const ranges: Range[] = [];
  let at = 0;
  const add = (type: number, to: number) => {
    if (to > at) ranges.push({ type, start: at, end: to });
    at = to;
  };
  for (const { address, size } of used) {
    add(resourceTypes.unaccepted, address);
    add(resourceTypes.accepted, address + size);
  }
  if (at >= end) throw measurementError('WAX_MEASURE_MEMORY', 'less than the firmware uses');
  add(resourceTypes.unaccepted, end);
  return ranges;
}

/**
 * The list as it is measured: without its end marker. Throws WAX_MEASURE_MEMORY for a size that is not of whole
 * pages or too small for this firmware, and WAX_MEASURE_TDX for a firmware without one place for the list.
 */
export function tdHob(sections: readonly TdvfSection[], memoryBytes: number): Uint8Array {
  if (memoryBytes % PAGE !== 0 || memoryBytes > MAX_MEMORY) {
    throw measurementError('WAX_MEASURE_MEMORY', `${memoryBytes} bytes`);
  }
  const { address } = onlySection(sections, tdvfTypes.handOff);
  const isSplit = memoryBytes >= SPLIT_FROM;
  const ranges = rangesBelow(isSplit ? LOW_END : memoryBytes, sections);
  if (isSplit) {
    const end = HIGH_START + memoryBytes - LOW_END;
    ranges.push({ type: resourceTypes.unaccepted, start: HIGH_START, end });
  }
  const resources = ranges.map(({ type, start, end }) =>
    concatBytes(
      ...[le16(3), le16(48), le32(0), new Uint8Array(16)],
      // Present, initialised and tested.
      ...[le32(type), le32(7), le64(start), le64(end - start)],
    ),
  );
  const handOffBytes = 56;
  const end = address + handOffBytes + 48 * resources.length + 8;
  const handOff = concatBytes(le16(1), le16(handOffBytes), le32(0), le32(9), new Uint8Array(36), le64(end));
  return concatBytes(handOff, ...resources);
}
