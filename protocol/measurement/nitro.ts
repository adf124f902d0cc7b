/**
 * The registers of a Nitro enclave (AWS Nitro Enclaves User Guide, "Cryptographic attestation"): what the image holds,
 * what starts it, and what runs in it.
 * @module
 */
import { toHex, utf8 } from '../bytes.ts';
import type { Eif } from './eif.ts';
import { measurementError } from './errors.ts';
import type { MeasurementEvent } from './event.ts';
import { type Hashes, portableHashes } from './hashes.ts';

/** A word that means nothing, so that nothing can be appended to the last one that does. */
export const LAST_WORD = 'waxseal.end';

/** A register that was extended once, from zero. */
const extend = ({ sha384 }: Hashes, ...parts: readonly Uint8Array[]): Uint8Array =>
  sha384(new Uint8Array(48), sha384(...parts));

/** PCR0, PCR1 and PCR2 of an image, and a step for each part of it: the hash of that part alone. */
export function nitroPcrs(
  eif: Eif,
  hashes: Hashes = portableHashes,
): { registers: Record<'pcr0' | 'pcr1' | 'pcr2', Uint8Array>; events: MeasurementEvent[] } {
  const { kernel, ramdisks } = eif;
  const line = utf8(eif.commandLine);
  const [first = new Uint8Array(0), ...more] = ramdisks;
  const step = (
    register: string,
    text: string,
    data: Uint8Array,
    part: 'kernel' | 'command line' | 'initramfs',
  ) => ({
    ...{ register, text, running: false, parts: [part] },
    value: toHex(hashes.sha384(data)),
  });
  const events = ['pcr0', 'pcr1', 'pcr2'].flatMap((register): MeasurementEvent[] => [
    ...(register === 'pcr2'
      ? []
      : [
          step(register, 'kernel', kernel, 'kernel'),
          step(register, 'command line', line, 'command line'),
          step(register, 'ramdisk 0', first, 'initramfs'),
        ]),
    ...(register === 'pcr1'
      ? []
      : more.map((ramdisk, index) => step(register, `ramdisk ${index + 1}`, ramdisk, 'initramfs'))),
  ]);
  return {
    registers: {
      pcr0: extend(hashes, kernel, line, ...ramdisks),
      pcr1: extend(hashes, kernel, line, first),
      pcr2: extend(hashes, ...more),
    },
    events,
  };
}

/** PCR8 of a signed image: its certificate, in DER. An image that is not signed leaves the register at zero. */
export const nitroPcr8 = (certificate: Uint8Array, hashes: Hashes = portableHashes): Uint8Array =>
  extend(hashes, certificate);

const NEWC = '070701';
const NEWC_HEADER = 110;

/** The name of the first file of an initramfs (Linux Documentation/driver-api/early-userspace/buffer-format.rst). */
function firstName(archive: Uint8Array): string | null {
  const text = (start: number, end: number) =>
    String.fromCharCode(...archive.subarray(start, Math.min(end, archive.length)));
  if (text(0, 6) !== NEWC) return null;
  const length = Number.parseInt(text(94, 102), 16);
  return length > 0 && length < 256 ? text(NEWC_HEADER, NEWC_HEADER + length - 1) : null;
}

/**
 * The registers are hashes over kernel, command line and first ramdisk without their lengths: whoever starts the
 * enclave may move bytes from one to the next. In an image of this form that breaks it: the line ends with a word of
 * its own, so that appending to it is seen, and `init` comes first in the ramdisk, so that without it nothing starts.
 * The running `init` compares the line besides. Throws WAX_MEASURE_EIF_BORDER.
 */
export function requireFirmBorders({ commandLine, ramdisks: [first] }: Eif): void {
  const wrong = (detail: string) => measurementError('WAX_MEASURE_EIF_BORDER', detail);
  if (!commandLine.endsWith(` ${LAST_WORD}`)) throw wrong(`the command line does not end with ${LAST_WORD}`);
  if (!first || firstName(first) !== 'init') throw wrong('the first ramdisk does not begin with init');
}
