/**
 * A model file read exactly once: hashed while it is copied into memory, and loaded from that copy only. The
 * disk belongs to the host, who could otherwise answer the second read with other bytes than the first.
 * @module
 */
import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enclaveError } from '../errors.ts';

export interface ModelCopy {
  /** Descriptor to hand to the engine process; null where the copy has a path of its own. */
  readonly fd: number | null;
  /** Where a process that got the descriptor as number `fd` finds the file. */
  pathInChild(fd: number): string;
  close(): Promise<void>;
}

const CHUNK = 1 << 20;
// Linux: memory of the guest, and a file that no longer has a name. Elsewhere (development only) a private folder.
const MEMORY = '/dev/shm';
const nameless = process.platform === 'linux' && existsSync(MEMORY);

async function copyHashed(source: FileHandle, target: FileHandle | null): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, CHUNK);
    if (bytesRead === 0) return hash.digest('hex');
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    await target?.writev([chunk]);
  }
}

/** An empty file to copy into: without a name from the start on Linux, so that no way of dying leaves it behind. */
async function openTarget(): Promise<{ target: FileHandle; file: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(nameless ? MEMORY : tmpdir(), 'waxseal-'));
  const file = join(folder, 'model.gguf');
  const remove = () => rm(folder, { recursive: true, force: true });
  const target = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o400);
  if (!nameless) return { target, file, remove };
  await remove();
  return { target, file: `/proc/self/fd/${target.fd}`, remove: async () => {} };
}

const openModel = (path: string): Promise<FileHandle> =>
  open(path, 'r').catch((cause) => {
    throw enclaveError('WAX_ENCLAVE_MODEL', 'no such file', { cause });
  });

/** Reads the model at `path` and keeps nothing; throws WAX_ENCLAVE_MODEL unless its SHA-256 is `sha256` (hex). */
export async function verifyModel(path: string, sha256: string): Promise<void> {
  const source = await openModel(path);
  try {
    const found = await copyHashed(source, null);
    if (found !== sha256) throw enclaveError('WAX_ENCLAVE_MODEL', `its SHA-256 is ${found}`);
  } finally {
    await source.close();
  }
}

/** Reads the model at `path` and keeps the copy; throws WAX_ENCLAVE_MODEL unless its SHA-256 is `sha256` (hex). */
export async function holdModel(path: string, sha256: string): Promise<ModelCopy> {
  const source = await openModel(path);
  const { target, file, remove } = await openTarget().catch(async (cause) => {
    await source.close();
    throw cause;
  });
  try {
    const found = await copyHashed(source, target);
    if (found !== sha256) throw enclaveError('WAX_ENCLAVE_MODEL', `its SHA-256 is ${found}`);
    if (!nameless) return { fd: null, pathInChild: () => file, close: remove };
    // A second descriptor that can only read is all that an engine process gets.
    const reader = await open(file, 'r');
    return { fd: reader.fd, pathInChild: (fd) => `/proc/self/fd/${fd}`, close: () => reader.close() };
  } catch (error) {
    await remove();
    throw error;
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}
