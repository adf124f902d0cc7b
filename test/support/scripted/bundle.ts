import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildEnclaveBundle } from '../../../scripts/build-enclave.ts';

/** A folder for the bundles of one test, inside the repository: from there they find the packages outside of them. */
export const bundleFolder = (name: string) =>
  fileURLToPath(new URL(`../../../dist/test-${name}-${process.pid}/`, import.meta.url));

/** Builds the server with the scripted engine (engine-child.ts) in the place of the real one. */
export async function buildScriptedBundle(outDir: string): Promise<string> {
  await buildEnclaveBundle('development', outDir);
  const engine = new URL('./engine-child.ts', import.meta.url).href;
  await writeFile(join(outDir, 'engine-child.js'), `await import(${JSON.stringify(engine)});\n`);
  return outDir;
}
