/**
 * The packages that the engine process loads at run time: node-llama-cpp with its native library cannot be
 * bundled, so they are measured where they lie.
 * @module
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseJson } from '../../protocol/json.ts';
import { readMap } from '../../protocol/shape.ts';
import { enclaveError } from '../errors.ts';

const ENGINE_PACKAGE = 'node-llama-cpp';

export interface EnginePackage {
  /** Place below the folder that holds `node_modules`, the same on every machine. */
  name: string;
  path: string;
}

/** The folder of a package as Node.js would find it from `from`. */
function findPackage(from: string, name: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === dirname(folder)) return null;
  }
}

function dependencies(folder: string): string[] {
  const manifest = readMap(
    parseJson(readFileSync(join(folder, 'package.json')), { floats: true }),
    'package.json',
  );
  const names = (key: string) => Object.keys(readMap(manifest[key] ?? Object.create(null), key));
  return [...names('dependencies'), ...names('optionalDependencies')];
}

/** Every package that node-llama-cpp needs, itself included, sorted by name. `from` is where the code lies. */
export function enginePackages(from: string): EnginePackage[] {
  const first = findPackage(from, ENGINE_PACKAGE);
  if (first === null) throw enclaveError('WAX_ENCLAVE_MEASURE', ENGINE_PACKAGE);
  const root = dirname(dirname(first));
  const found = new Set<string>();
  const visit = (folder: string): void => {
    if (found.has(folder)) return;
    found.add(folder);
    for (const name of dependencies(folder)) {
      // Optional ones for other platforms are not there.
      const next = findPackage(folder, name);
      if (next !== null) visit(next);
    }
  };
  visit(first);
  return [...found]
    .map((path) => ({ name: relative(root, path).replaceAll('\\', '/'), path: realpathSync(path) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
