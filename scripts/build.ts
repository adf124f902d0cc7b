/** `npm run build [store|development|e2e …]`: the extension for both browsers; without an argument the store's. */
import { argv } from 'node:process';
import { type BuildMode, buildExtension } from './build-extension.ts';

const known = ['store', 'development', 'e2e'] as const satisfies readonly BuildMode[];
const wanted = argv.slice(2);
const unknown = wanted.find((mode) => !known.some((name) => name === mode));
if (unknown !== undefined) throw new Error(`No such build mode: ${unknown}. Known: ${known.join(', ')}`);

for (const mode of known.filter((name) => (wanted.length === 0 ? name === 'store' : wanted.includes(name)))) {
  for (const browser of ['chrome', 'firefox'] as const) console.log(await buildExtension(mode, browser));
}
