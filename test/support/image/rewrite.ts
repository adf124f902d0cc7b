/** An image with something about its archive changed, as whoever starts it could. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Entry, writeCpio } from '../../../image/cpio.ts';
import { type ReadEntry, readCpio } from './read-cpio.ts';

function asEntry({ path, mode, device, content }: ReadEntry): Entry {
  const kind = mode & 0o170000;
  if (kind === 0o040000) return { kind: 'folder', path };
  if (kind === 0o020000) return { kind: 'device', path, major: device[0], minor: device[1] };
  if (kind === 0o120000) return { kind: 'link', path, target: new TextDecoder().decode(content) };
  return { kind: 'file', path, source: content, size: content.length, executable: (mode & 0o111) !== 0 };
}

/** Writes the archive at `initramfs` anew with its entries changed by `change`; null leaves one out. */
export async function rewriteArchive(
  initramfs: string,
  change: (entry: ReadEntry) => ReadEntry | null,
): Promise<{ path: string; remove: () => void }> {
  const entries = readCpio(readFileSync(initramfs)).flatMap((entry) => {
    const changed = change(entry);
    return changed === null ? [] : [asEntry(changed)];
  });
  const parts: Uint8Array[] = [];
  for await (const part of writeCpio(entries)) parts.push(part);
  return writeScratch(Buffer.concat(parts));
}

/** Keeps bytes in a file of their own. */
export function writeScratch(bytes: Uint8Array): { path: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'waxseal-archive-'));
  const path = join(folder, 'initramfs');
  writeFileSync(path, bytes);
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
