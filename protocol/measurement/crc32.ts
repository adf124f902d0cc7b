/** CRC-32 of IEEE 802.3, as enclave images carry it: it finds accidents, not attackers. @module */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The checksum over the parts, one after another. */
export function crc32(...parts: readonly Uint8Array[]): number {
  let sum = 0xffffffff;
  for (const part of parts) {
    for (let index = 0; index < part.length; index++) {
      sum = (sum >>> 8) ^ (TABLE[(sum ^ (part[index] as number)) & 0xff] as number);
    }
  }
  return ~sum >>> 0;
}
