/**
 * What an extension release names: the hash of a list of all files of a build, the same for the folder that was
 * built, for the package in a store and for what a browser has unpacked. Stores add signatures in folders of their
 * own and two keys in manifest.json; those do not count (docs/log-entries.md).
 * @module
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { utf8 } from '../../protocol/bytes.ts';
import { parseJson } from '../../protocol/json.ts';
import { readMap } from '../../protocol/shape.ts';
import { publishError } from './errors.ts';

/** Folders that Chrome's and Mozilla's stores add. */
const STORE_FOLDERS = ['_metadata', 'META-INF'];
/** Keys that Chrome's store adds to manifest.json. */
const STORE_KEYS = ['key', 'update_url'];
const MANIFEST = 'manifest.json';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** manifest.json as it counts: its keys in the order of the file, without those that a store adds. */
function readManifest(bytes: Uint8Array): Uint8Array {
  try {
    const fields = readMap(parseJson(bytes, { floats: true }), MANIFEST);
    const own = Object.entries(fields).filter(([key]) => !STORE_KEYS.includes(key));
    return utf8(JSON.stringify(Object.fromEntries(own)));
  } catch (cause) {
    throw publishError('WAX_PUBLISH_FILES', MANIFEST, { cause });
  }
}

/** A file of a copy of the extension, with forward slashes in its path. */
export interface ExtensionFile {
  path: string;
  data: Uint8Array;
}

/** Whether a file lies in a folder that stores add, and so does not count. */
export const isOfStore = (path: string): boolean => STORE_FOLDERS.includes(path.split('/')[0] ?? '');

/**
 * The list of a build: one line for each file, `<hex SHA-256> <path>`, sorted by the bytes of the path.
 * @throws WAX_PUBLISH_FILES for what is no extension, and for names that make two files of one somewhere
 */
export function formatList(files: readonly ExtensionFile[]): string {
  const lines = files
    .filter(({ path }) => !isOfStore(path))
    .map(({ path, data }) => {
      // A line break in a name would make two lines of one.
      if (/[\n\r]/.test(path)) throw publishError('WAX_PUBLISH_FILES', JSON.stringify(path));
      return { path: utf8(path), line: `${sha256(path === MANIFEST ? readManifest(data) : data)} ${path}\n` };
    });
  if (!files.some(({ path }) => path === MANIFEST))
    throw publishError('WAX_PUBLISH_FILES', 'no manifest.json');
  return lines
    .sort((a, b) => Buffer.compare(a.path, b.path))
    .map(({ line }) => line)
    .join('');
}

/** The files of a folder. @throws WAX_PUBLISH_FILES for one that holds something that is neither file nor folder */
export async function readFolder(folder: string): Promise<ExtensionFile[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw publishError('WAX_PUBLISH_FILES', folder, { cause });
  });
  const files: ExtensionFile[] = [];
  for (const entry of found) {
    const path = join(entry.parentPath, entry.name).slice(join(folder, '/').length).replaceAll('\\', '/');
    if (entry.isDirectory()) continue;
    // A link may point anywhere.
    if (!entry.isFile()) throw publishError('WAX_PUBLISH_FILES', JSON.stringify(path));
    files.push({ path, data: await readFile(join(folder, path)) });
  }
  return files;
}

/** The list of the build in a folder. @throws WAX_PUBLISH_FILES */
export const listFiles = async (folder: string): Promise<string> => formatList(await readFolder(folder));

/** The hash that an extension release names. */
export const hashFiles = (list: string): string => sha256(utf8(list));
