/** Builds the log's explorer page: one script, one style sheet, no inline code, nothing from elsewhere. */
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
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        output: {
          entryFileNames: 'explorer.js',
          chunkFileNames: '[name].js',
          assetFileNames: '[name][extname]',
        },
      },
    },
  });
  return outDir;
}
