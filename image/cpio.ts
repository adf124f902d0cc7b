/**
 * The archive that the kernel unpacks as its first files (newc, as in the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst). Its bytes follow from names, modes and contents
 * and from nothing else: no times, no owners, no device numbers of the machine that wrote it.
 */
import { createReadStream } from 'node:fs';
import { imageError } from './errors.ts';

export type Entry = { readonly path: string } & (
  | { readonly kind: 'folder' }
  | { readonly kind: 'file'; readonly executable: boolean; readonly size: number; readonly source: Source }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'device'; readonly major: number; readonly minor: number }
);

/** Bytes that are at hand, or the path of a file to read. */
type Source = Uint8Array | { readonly file: string };

const MAGIC = '070701';
const PATH = /^(?!.*(^|\/)\.{1,2}(\/|$))[A-Za-z0-9@+._-]+(\/[A-Za-z0-9@+._-]+)*$/;
const MOST_BYTES = 0xffff_ffff;

const modes = {
  folder: () => 0o040555,
  file: ({ executable }: { executable: boolean }) => (executable ? 0o100555 : 0o100444),
  link: () => 0o120777,
  device: () => 0o020600,
};

interface Header {
  readonly name: string;
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  readonly device?: readonly [number, number];
}

const padded = (size: number, to: number) => Buffer.alloc((to - (size % to)) % to);

function header({ name, inode, mode, links, size, device = [0, 0] }: Header): Buffer {
  const fields = [inode, mode, 0, 0, links, 0, size, 0, 0, ...device, name.length + 1, 0];
  const text = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  const head = Buffer.from(`${text}${name}\0`, 'latin1');
  return Buffer.concat([head, padded(head.length, 4)]);
}

/**
 * `init` first, so that an archive that has lost its first bytes cannot start; then by code unit, with each
 * folder before what lies in it. Throws WAX_IMAGE_ENTRY for a path that is not plain or comes twice.
 */
function inOrder(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string>();
  for (const { path } of entries) {
    if (!PATH.test(path) || seen.has(path)) throw imageError('WAX_IMAGE_ENTRY', path);
    seen.add(path);
  }
  for (const { path } of entries) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (parent !== '' && !seen.has(parent)) throw imageError('WAX_IMAGE_ENTRY', `${path} has no folder`);
  }
  const rank = ({ path }: Entry) => (path === 'init' ? 0 : 1);
  return entries.toSorted((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
}

async function* content(entry: Entry): AsyncGenerator<Uint8Array> {
  if (entry.kind === 'link') yield Buffer.from(entry.target, 'latin1');
  if (entry.kind !== 'file') return;
  if (entry.source instanceof Uint8Array) yield entry.source;
  else yield* createReadStream(entry.source.file, { highWaterMark: 1 << 20 });
}

function sizeOf(entry: Entry): number {
  if (entry.kind === 'link') return entry.target.length;
  return entry.kind === 'file' ? entry.size : 0;
}

/** The archive, piece by piece. Throws WAX_IMAGE_ENTRY also where a file is not as large as its entry says. */
export async function* writeCpio(entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  let written = 0;
  function* put(bytes: Uint8Array) {
    written += bytes.length;
    yield bytes;
  }
  for (const [index, entry] of inOrder(entries).entries()) {
    const size = sizeOf(entry);
    if (size > MOST_BYTES) throw imageError('WAX_IMAGE_ENTRY', `${entry.path} is too large`);
    const mode = entry.kind === 'file' ? modes.file(entry) : modes[entry.kind]();
    const place = { name: entry.path, inode: index + 1, mode, size, links: entry.kind === 'folder' ? 2 : 1 };
    yield* put(header(entry.kind === 'device' ? { ...place, device: [entry.major, entry.minor] } : place));
    const start = written;
    for await (const bytes of content(entry)) yield* put(bytes);
    if (written - start !== size)
      throw imageError('WAX_IMAGE_ENTRY', `${entry.path} changed while it was read`);
    yield* put(padded(size, 4));
  }
  yield* put(header({ name: 'TRAILER!!!', inode: 0, mode: 0, links: 1, size: 0 }));
  yield* put(padded(written, 512));
}
