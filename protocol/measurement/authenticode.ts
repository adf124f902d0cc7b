/**
 * The hash of a PE image as firmware measures it before it starts one (Microsoft, Windows Authenticode Portable
 * Executable Signature Format, "Calculating the PE Image Hash"): all of it but the checksum and the signature.
 * @module
 */
import { measurementError } from './errors.ts';
import { type Hash, portableHashes } from './hashes.ts';
import { readU16, readU32 } from './little-endian.ts';

const PE32_PLUS = 0x20b;
const CHECKSUM = 64;
/** Offset of the fifth data directory, which names the signature, in a PE32+ optional header. */
const SECURITY_DIRECTORY = 112 + 4 * 8;
const SECTION_HEADER = 40;
const MAX_SECTIONS = 96;

const wrong = (detail: string) => measurementError('WAX_MEASURE_PE', detail);

interface PeLayout {
  /** Offset of the optional header. */
  optional: number;
  /** Where the signature begins: the end of what is hashed. */
  end: number;
}

/**
 * Where the parts of a PE32+ image lie. Its sections have to follow headers and each other without a gap: what lies in
 * a gap would be in the file and in no hash. Throws WAX_MEASURE_PE or WAX_MEASURE_SHORT.
 */
function readLayout(file: Uint8Array): PeLayout {
  if (readU16(file, 0) !== 0x5a4d) throw wrong('no MZ');
  const header = readU32(file, 0x3c);
  if (readU32(file, header) !== 0x4550) throw wrong('no PE signature');
  const [count, optionalBytes] = [readU16(file, header + 6), readU16(file, header + 20)];
  const optional = header + 24;
  if (readU16(file, optional) !== PE32_PLUS) throw wrong('not PE32+');
  const directories = readU32(file, optional + 108);
  if (directories < 5 || optionalBytes < SECURITY_DIRECTORY + 8) throw wrong('no place for a signature');
  const headerBytes = readU32(file, optional + 60);
  const table = optional + optionalBytes;
  if (count > MAX_SECTIONS) throw wrong(`${count} sections`);
  if (headerBytes < table + SECTION_HEADER * count) throw wrong('size of headers');
  const place = readU32(file, optional + SECURITY_DIRECTORY);
  const size = readU32(file, optional + SECURITY_DIRECTORY + 4);
  // A signature elsewhere would leave bytes behind it that nothing measures.
  if (size > 0 && place + size !== file.length) throw wrong('the signature is not at the end');
  const end = file.length - size;
  const sections = Array.from({ length: count }, (_, index) => {
    const at = table + SECTION_HEADER * index;
    return { size: readU32(file, at + 16), start: readU32(file, at + 20) };
  })
    .filter((section) => section.size > 0)
    .toSorted((a, b) => a.start - b.start);
  let at = headerBytes;
  for (const section of sections) {
    if (section.start !== at) throw wrong('sections overlap, or leave a gap');
    at += section.size;
  }
  if (at > end) throw wrong('parts past the end, or under the signature');
  return { optional, end };
}

/**
 * The image hash of a PE32+ file. The end is padded to eight bytes with zeros, as OVMF and signing tools do.
 * Throws WAX_MEASURE_PE or WAX_MEASURE_SHORT.
 */
export function authenticodeHash(file: Uint8Array, hash: Hash = portableHashes.sha384): Uint8Array {
  const { optional, end } = readLayout(file);
  const directory = optional + SECURITY_DIRECTORY;
  // The specification has headers, sections by their place, and what follows them: here that is all of the file.
  return hash(
    file.subarray(0, optional + CHECKSUM),
    file.subarray(optional + CHECKSUM + 4, directory),
    file.subarray(directory + 8, end),
    new Uint8Array((8 - (file.length % 8)) % 8),
  );
}
