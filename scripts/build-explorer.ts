/** Builds the script of the log's explorer page; the page itself is written by the server. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Builds into dist/explorer, where the log server looks for it, or into `outDir`. */
export async function buildExplorer(outDir = `${root}dist/explorer`): Promise<string> {
  await build({
    configFile: false,
    envFile: false,
    root: `${root}transparency-log/explorer`,
    base: '/explorer/',
    logLevel: 'error',
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2024',
      assetsDir: '',
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: `${root}transparency-log/explorer/main.ts`,
        output: { entryFileNames: 'explorer.js', chunkFileNames: '[name].js' },
      },
    },
  });
  return outDir;
}
