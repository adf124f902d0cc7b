/** The `openai` SDK as a page loads it: one module, made from the package. */
import { join } from 'node:path';
import { build } from 'vite';
import { peerFolder } from '../../support/peers.ts';

/** Text of the module, or null where the package is not installed. */
export async function openaiModule(): Promise<string | null> {
  const folder = peerFolder('openai');
  if (folder === null) return null;
  const result = await build({
    configFile: false,
    envFile: false,
    root: folder,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: join(folder, 'index.mjs'), formats: ['es'], fileName: 'openai' },
    },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  const chunk = bundle && 'output' in bundle ? bundle.output[0] : undefined;
  if (chunk?.type !== 'chunk') throw new Error('no module came out of the openai package');
  return chunk.code;
}
