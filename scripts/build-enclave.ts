/**
 * Builds the enclave server: the server and its engine process in one folder of plain modules, which is what
 * gets measured. The production bundle is compiled without the simulator.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export type EnclaveBuild = 'production' | 'development';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Where the bundle of that kind is, as an absolute path. */
export function enclaveFolder(kind: EnclaveBuild): string {
  return `${root}dist/enclave/${kind}`;
}

/** Builds into `enclaveFolder(kind)`, or into `outDir`; the same sources give the same bytes. */
export async function buildEnclaveBundle(kind: EnclaveBuild, outDir = enclaveFolder(kind)): Promise<string> {
  await build({
    configFile: false,
    envFile: false,
    root,
    logLevel: 'error',
    define: { __WAXSEAL_SIMULATOR__: JSON.stringify(kind === 'development') },
    // Only what brings a native library stays outside.
    ssr: { noExternal: true, external: ['node-llama-cpp'], target: 'node' },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: 'es2024',
      minify: false,
      sourcemap: false,
      rolldownOptions: {
        input: {
          main: 'enclave-server/main.ts',
          'engine-child': 'enclave-server/engine/child.ts',
          'report-child': 'enclave-server/attester/tsm/child.ts',
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
  });
  return outDir;
}
