/**
 * `npm run build [store|development|e2e|enclave …]`: the extension for both browsers in that mode, or the
 * enclave server with and without the simulator; without an argument the store's extension and the server.
 */
import { argv } from 'node:process';
import { buildEnclaveBundle } from './build-enclave.ts';
import { type BuildMode, buildExtension } from './build-extension.ts';

const modes = ['store', 'development', 'e2e'] as const satisfies readonly BuildMode[];
const known: readonly string[] = [...modes, 'enclave'];
const wanted = argv.length > 2 ? argv.slice(2) : ['store', 'enclave'];
const unknown = wanted.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`No such build: ${unknown}. Known: ${known.join(', ')}`);

for (const mode of modes.filter((name) => wanted.includes(name))) {
  for (const browser of ['chrome', 'firefox'] as const) console.log(await buildExtension(mode, browser));
}
if (wanted.includes('enclave')) {
  for (const kind of ['production', 'development'] as const) console.log(await buildEnclaveBundle(kind));
}
