/** A module of ours as one script for a page of a test, where it is a global of the given name. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** Text of the script; `entry` is the module's address. */
export async function bundleForPage(entry: URL, name: string): Promise<string> {
  const lib = { entry: fileURLToPath(entry), formats: ['iife' as const], name };
  const result = await build({ configFile: false, logLevel: 'silent', build: { write: false, lib } });
  const [built] = [result].flat();
  const [output] = built && 'output' in built ? built.output : [];
  if (output?.type !== 'chunk') throw new Error(`no script came out of ${entry}`);
  return output.code;
}
