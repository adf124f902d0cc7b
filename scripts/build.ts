/**
 * `npm run build [store|development|e2e|enclave|explorer …]`: the extension for both browsers in that mode, the
 * enclave server with and without the simulator, or the log's page; without an argument what people install.
 */
import { argv } from 'node:process';
import { buildEnclaveBundle } from './build-enclave.ts';
import { buildExplorer } from './build-explorer.ts';
import { type BuildMode, buildExtension } from './build-extension.ts';

const modes = ['store', 'development', 'e2e'] as const satisfies readonly BuildMode[];
const known: readonly string[] = [...modes, 'enclave', 'explorer'];
const wanted = argv.length > 2 ? argv.slice(2) : ['store', 'enclave', 'explorer'];
const unknown = wanted.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`No such build: ${unknown}. Known: ${known.join(', ')}`);

for (const mode of modes.filter((name) => wanted.includes(name))) {
  for (const browser of ['chrome', 'firefox'] as const) console.log(await buildExtension(mode, browser));
}
if (wanted.includes('enclave')) {
  for (const kind of ['production', 'development'] as const) console.log(await buildEnclaveBundle(kind));
}
if (wanted.includes('explorer')) console.log(await buildExplorer());
