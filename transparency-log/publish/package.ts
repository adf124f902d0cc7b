/**
 * The files of a copy of the extension in whatever form one has it: a folder, or the package of a store. Chrome's
 * packages (CRX3) have a header with signatures in front of the archive; Mozilla's have them in a folder of it.
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import { publishError } from './errors.ts';
import { type ExtensionFile, readFolder } from './file-manifest.ts';
import { parseZip } from './zip.ts';

/** `Cr24` */
const CRX = 0x34327243;

/** The archive in a package. */
function archiveOf(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.length < 12 || file.readUInt32LE(0) !== CRX) return bytes;
  const [version, header] = [file.readUInt32LE(4), file.readUInt32LE(8)];
  if (version !== 3) throw publishError('WAX_PUBLISH_PACKAGE', `CRX ${version}`);
  return bytes.subarray(12 + header);
}

/** The files of a package: zip, crx or xpi. Throws WAX_PUBLISH_PACKAGE. */
export const parsePackage = (bytes: Uint8Array): ExtensionFile[] => parseZip(archiveOf(bytes));

/** The files of a copy, folder or package. Throws WAX_PUBLISH_PACKAGE and WAX_PUBLISH_FILES. */
export async function readCopy(path: string): Promise<ExtensionFile[]> {
  const found = await stat(path).catch((cause) => {
    throw publishError('WAX_PUBLISH_FILES', path, { cause });
  });
  return found.isDirectory() ? readFolder(path) : parsePackage(new Uint8Array(await readFile(path)));
}

/** How a file of a copy differs from the list of a release. */
export interface FileDifference {
  kind: 'changed' | 'added' | 'removed' | 'renamed';
  path: string;
  /** For `renamed`: what the release calls it. */
  from?: string;
}

const readList = (list: string): Map<string, string> =>
  new Map(
    list
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(65), line.slice(0, 64)]),
  );

/** Compares the list of a copy with that of a release, file by file. */
export function compareLists(released: string, found: string): FileDifference[] {
  const [wanted, own] = [readList(released), readList(found)];
  const removed = [...wanted.keys()].filter((path) => !own.has(path));
  const differences: FileDifference[] = [];
  for (const [path, hash] of own) {
    if (wanted.has(path)) {
      if (wanted.get(path) !== hash) differences.push({ kind: 'changed', path });
      continue;
    }
    // Another case of the letters, or another place: the very same bytes.
    const from = removed.find((old) => wanted.get(old) === hash && !own.has(old));
    if (from === undefined) differences.push({ kind: 'added', path });
    else {
      differences.push({ kind: 'renamed', path, from });
      removed.splice(removed.indexOf(from), 1);
    }
  }
  return [...differences, ...removed.map((path): FileDifference => ({ kind: 'removed', path }))];
}
