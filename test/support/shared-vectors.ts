import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../shared/vectors/', import.meta.url));

/**
 * Where the vectors from real hardware and real logs lie, or null in a plain clone, which then skips those
 * tests: they are not ours to publish. The project's own generated vectors cover every check without them.
 */
export function sharedVectors(kind: 'attestation' | 'roots' | 'tlog' | 'measurement'): string | null {
  if (existsSync(folder + kind)) return `${folder}${kind}/`;
  process.stderr.write(`skipped: no shared vectors for ${kind} beside this checkout\n`);
  return null;
}
