/** Vectors of embeddings: their length, and their form on the wire. @module */

/** The same direction at length 1, which is what users of such an API compare by; zero stays zero. */
export function unitVector(values: Iterable<number>): Float32Array {
  const vector = Float32Array.from(values);
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}

/** Base64 of 32-bit floats, little-endian, as OpenAI's `encoding_format: "base64"`. */
export function vectorToBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(4 * vector.length);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, 4 * index);
  return bytes.toString('base64');
}

/** The inverse; null for what is not a vector of finite numbers. */
export function vectorFromBase64(text: string): Float32Array | null {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0 || bytes.toString('base64') !== text) return null;
  const vector = new Float32Array(bytes.length / 4);
  for (const index of vector.keys()) vector[index] = bytes.readFloatLE(4 * index);
  return vector.every((value) => Number.isFinite(value)) ? vector : null;
}
