import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskError } from '../../../transparency-log/storage/disk-errors.ts';
import { openFileStore } from '../../../transparency-log/storage/files.ts';
import { openEntryStore } from '../../../transparency-log/storage/sqlite.ts';
import type { EntryStore, NewEntry } from '../../../transparency-log/storage/storage.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-storage-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  );

describe('the entry store', () => {
  let store: EntryStore;
  beforeEach(() => {
    store = openEntryStore(join(folder, 'log.db'));
  });
  afterEach(() => store.close());

  const root = (byte: number) => new Uint8Array(32).fill(byte);
  const entry = (byte: number, kind = 'release'): NewEntry => ({
    entry: Uint8Array.of(byte),
    statement: new Uint8Array(32).fill(byte),
    kind,
    sequencedAt: 1000 + byte,
  });

  it('appends only where it still has the size that the writer saw', async () => {
    await store.append(0, [entry(0), entry(1)], { size: 2, root: root(2) });
    expect(await codeOf(store.append(0, [entry(9)], { size: 1, root: root(9) }))).toBe(
      'WAX_LOGSERVER_DAMAGED',
    );
    expect(await codeOf(store.append(3, [entry(9)], { size: 4, root: root(9) }))).toBe(
      'WAX_LOGSERVER_DAMAGED',
    );
    expect(await store.head()).toMatchObject({ size: 2 });
    expect(await store.indexOf(entry(9).statement)).toBeNull();
  });

  it('appends all of a batch or none of it', async () => {
    await store.append(0, [entry(0)], { size: 1, root: root(1) });
    expect(await codeOf(store.append(1, [entry(1), entry(0)], { size: 3, root: root(3) }))).toBe(
      'WAX_LOGSERVER_DAMAGED',
    );
    expect(await store.indexOf(entry(1).statement)).toBeNull();
    expect((await store.head())?.size).toBe(1);
  });

  it('keeps one signed head for a size, whatever is tried', async () => {
    await store.keepSigned({ size: 1, root: root(1), note: 'one' });
    await store.keepSigned({ size: 1, root: root(1), note: 'the same again' });
    expect(await codeOf(store.keepSigned({ size: 1, root: root(2), note: 'two' }))).toBe(
      'WAX_LOGSERVER_TWO_ROOTS',
    );
    expect(await store.newestSigned()).toMatchObject({ size: 1, note: 'one' });
  });

  it('finds entries by place, statement and kind, and refuses a gap', async () => {
    await store.append(0, [entry(0, 'policy'), entry(1), entry(2, 'policy')], { size: 3, root: root(3) });
    expect((await store.entries(1, 3)).map(({ index, kind }) => [index, kind])).toEqual([
      [1, 'release'],
      [2, 'policy'],
    ]);
    expect(await store.indexOf(entry(2).statement)).toBe(2);
    expect(await codeOf(store.entries(2, 4))).toBe('WAX_LOGSERVER_DAMAGED');
  });

  it('has one identity for ever', async () => {
    expect(await store.identity()).toBeNull();
    await store.begin({ origin: 'a', key: 'k' });
    expect(await codeOf(store.begin({ origin: 'b', key: 'k' }))).toBe('WAX_LOGSERVER_DAMAGED');
    expect(await store.identity()).toEqual({ origin: 'a', key: 'k' });
  });

  it('still has everything after it was closed', async () => {
    await store.append(0, [entry(0)], { size: 1, root: root(1) });
    await store.close();
    store = openEntryStore(join(folder, 'log.db'));
    expect((await store.entries(0, 1))[0]).toMatchObject({ index: 0, sequencedAt: 1000 });
  });
});

describe('the file store', () => {
  it('writes each file under another name first, and syncs before and after the rename', async () => {
    const steps: string[] = [];
    const store = await openFileStore(join(folder, 'public'), join(folder, 'temporary'), (step) =>
      steps.push(step),
    );
    await store.write([
      { path: 'tile/0/000.p/1', bytes: Uint8Array.of(1) },
      { path: 'tile/0/000.p/2', bytes: Uint8Array.of(2) },
    ]);
    expect(steps).toEqual(['temporary-written', 'temporary-written', 'renamed', 'renamed', 'folder-synced']);
    expect([...(await readFile(join(folder, 'public/tile/0/000.p/2')))]).toEqual([2]);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });

  it('replaces a file as a whole', async () => {
    const store = await openFileStore(join(folder, 'public'), join(folder, 'temporary'));
    await store.write([{ path: 'checkpoint', bytes: new Uint8Array(1000) }]);
    await store.write([{ path: 'checkpoint', bytes: Uint8Array.of(7) }]);
    expect([...((await store.read('checkpoint')) ?? [])]).toEqual([7]);
  });

  it('clears what a process that died had begun', async () => {
    await openFileStore(join(folder, 'public'), join(folder, 'temporary'));
    await writeFile(join(folder, 'temporary', '0'), 'half');
    await openFileStore(join(folder, 'public'), join(folder, 'temporary'));
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  });

  it('tells a missing file from one that cannot be read', async () => {
    const store = await openFileStore(join(folder, 'public'), join(folder, 'temporary'));
    expect(await store.read('nothing')).toBeNull();
    expect(await store.read('nothing/below')).toBeNull();
    await store.removeFolder('nothing');
  });
});

describe('disk errors', () => {
  it.each([
    ['ENOSPC', 'WAX_LOGSERVER_DISK_FULL'],
    ['SQLITE_FULL', 'WAX_LOGSERVER_DISK_FULL'],
    ['EROFS', 'WAX_LOGSERVER_DISK_READ_ONLY'],
    ['SQLITE_READONLY_DBMOVED', 'WAX_LOGSERVER_DISK_READ_ONLY'],
    ['SQLITE_BUSY', 'WAX_LOGSERVER_LOCKED'],
    ['SQLITE_CORRUPT', 'WAX_LOGSERVER_DAMAGED'],
    ['EIO', 'WAX_LOGSERVER_DISK'],
    ['SQLITE_IOERR_FSYNC', 'WAX_LOGSERVER_DISK'],
    ['', 'WAX_LOGSERVER_INTERNAL'],
  ])('%s is %s', (code, coded) => {
    expect(diskError(Object.assign(new Error('x'), { code })).code).toBe(coded);
  });
});
