/**
 * Libraries of others, to test and measure against. They are installed apart (`npm run peers`), so that the
 * project's own tree stays small and none of them can slip into the product.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = fileURLToPath(new URL('../peers/', import.meta.url));
const require = createRequire(`${folder}package.json`);

/** The folder in which `name` is installed, or null (with one line that says so) where it is not. */
export function peerFolder(name: string): string | null {
  const path = `${folder}node_modules/${name}`;
  if (existsSync(path)) return path;
  console.log(`skipped: ${name} is not installed (npm run peers)`);
  return null;
}

/** The module `specifier`, with the shape that the caller uses of it, or null where it is not installed. */
export async function loadPeer<T>(specifier: string): Promise<T | null> {
  const [scope = '', name = ''] = specifier.split('/');
  if (peerFolder(scope.startsWith('@') ? `${scope}/${name}` : scope) === null) return null;
  return (await import(pathToFileURL(require.resolve(specifier)).href)) as T;
}
