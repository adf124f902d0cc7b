/**
 * What QEMU before 10.2 writes into the setup header of a kernel (Linux Documentation/arch/x86/boot.rst; QEMU
 * hw/i386/x86-common.c) before the firmware of a trust domain measures it. A kernel that is shipped with these
 * bytes already in it is the same under every version.
 * @module
 */
import { measurementError } from './errors.ts';
import { le32, readU16, readU32 } from './little-endian.ts';
import { LOW_END, SPLIT_FROM } from './td-hob.ts';

/** `HdrS` at 0x202. */
const SIGNATURE = 0x53726448;
const OFFSETS = {
  signature: 0x202,
  protocol: 0x206,
  loader: 0x210,
  loadFlags: 0x211,
  initrdAddress: 0x218,
  initrdSize: 0x21c,
  heapEnd: 0x224,
  commandLine: 0x228,
  initrdMost: 0x22c,
  xloadFlags: 0x236,
} as const;
/** End of the fields above. */
const HEADER_END = 0x238;
/** What QEMU keeps free at the end of memory for ACPI tables. */
const ACPI_ROOM = 0x28000;

/** Where QEMU puts an initramfs. */
function initrdAddress(
  kernel: Uint8Array,
  protocol: number,
  memoryBytes: number,
  initrdBytes: number,
): number {
  const mayBeAbove4g = protocol >= 0x20c && (readU16(kernel, OFFSETS.xloadFlags) & 0x40) !== 0;
  const stated = mayBeAbove4g ? 0xffffffff : readU32(kernel, OFFSETS.initrdMost);
  const low = memoryBytes >= SPLIT_FROM ? LOW_END : memoryBytes;
  const most = Math.min(stated, low - ACPI_ROOM - 1);
  if (initrdBytes > most) throw measurementError('WAX_MEASURE_MEMORY', 'less than the initramfs needs');
  const address = most - initrdBytes;
  return address - (address % 4096);
}

/**
 * The kernel with its setup header as QEMU writes it for a guest of this memory with this initramfs; a copy, and
 * equal to what was given where that held the bytes already. Throws WAX_MEASURE_KERNEL for what is no bzImage of
 * protocol 2.03 or newer, and WAX_MEASURE_MEMORY.
 */
export function writeSetupHeader(
  kernel: Uint8Array,
  { memoryBytes, initrdBytes }: { memoryBytes: number; initrdBytes: number },
): Uint8Array<ArrayBuffer> {
  if (kernel.length < HEADER_END || readU32(kernel, OFFSETS.signature) !== SIGNATURE)
    throw measurementError('WAX_MEASURE_KERNEL', 'no HdrS');
  const protocol = readU16(kernel, OFFSETS.protocol);
  if (protocol < 0x203) throw measurementError('WAX_MEASURE_KERNEL', `protocol 0x${protocol.toString(16)}`);
  const copy = kernel.slice();
  const flags = copy[OFFSETS.loadFlags] ?? 0;
  const isHigh = (flags & 1) !== 0;
  const [real, commandLine] = isHigh ? [0x10000, 0x20000] : [0x90000, 0x9a000];
  copy[OFFSETS.loader] = 0xb0;
  copy[OFFSETS.loadFlags] = flags | 0x80;
  copy.set(le32(commandLine - real - 0x200), OFFSETS.heapEnd);
  copy.set(le32(commandLine), OFFSETS.commandLine);
  if (initrdBytes > 0) {
    copy.set(le32(initrdAddress(kernel, protocol, memoryBytes, initrdBytes)), OFFSETS.initrdAddress);
    copy.set(le32(initrdBytes), OFFSETS.initrdSize);
  }
  return copy;
}
