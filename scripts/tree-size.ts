/** Refuses a dependency that makes the installed tree larger than 500 MiB on disk. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const limit = 500 * 2 ** 20;

/** Bytes on disk, as `du` counts them: a thousand small files weigh more than their texts. */
function diskBytes(path: string): number {
  const stat = lstatSync(path);
  let bytes = stat.blocks * 512;
  if (!stat.isDirectory()) return bytes;
  for (const name of readdirSync(path)) bytes += diskBytes(join(path, name));
  return bytes;
}

let total = 0;
for (const name of readdirSync('node_modules')) {
  // Build tools keep their caches in dot folders here; those are not dependencies.
  if (!name.startsWith('.')) total += diskBytes(join('node_modules', name));
}
if (total > limit) {
  console.error(`node_modules takes ${Math.round(total / 2 ** 20)} MiB on disk, over 500`);
  process.exitCode = 1;
}
