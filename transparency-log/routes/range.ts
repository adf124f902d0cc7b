/** The bytes from `start` to `end` (exclusive). */
interface ByteRange {
  start: number;
  end: number;
}

/** At most 15 digits: a number holds them exactly. */
const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/i;

/**
 * Reads a Range header (RFC 9110 section 14) with one range of bytes.
 * @param size bytes of the whole file
 * @returns null for what is to be ignored: nothing, another unit, several ranges, or what is malformed
 */
export function parseRange(header: string, size: number): ByteRange | 'unsatisfiable' | null {
  const [, first, last] = RANGE.exec(header) ?? [];
  if (first === undefined || last === undefined || first + last === '') return null;
  // Without a first byte it is the length of the end of the file.
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  return start < end ? { start, end } : 'unsatisfiable';
}
