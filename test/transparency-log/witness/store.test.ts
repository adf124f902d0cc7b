import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WitnessStore } from '../../../transparency-log/witness/store.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-store-'));
  path = join(folder, 'deep', 'witness.db');
});

afterEach(() => rm(folder, { recursive: true }));

const record = (size: number, fill = size) => ({
  origin: 'log.example',
  size,
  root: new Uint8Array(32).fill(fill),
  note: `note ${size}`,
});

describe('what a witness remembers', () => {
  it('moves on only from the record it was judged against, in two processes too', () => {
    const [one, two] = [new WitnessStore(path), new WitnessStore(path)];
    expect(one.advance(null, record(3))).toBe(true);
    expect(two.advance(null, record(4))).toBe(false);
    const seen = one.latest('log.example');
    expect(seen).toEqual(record(3));
    expect(two.advance(seen, record(5))).toBe(true);
    expect(one.advance(seen, record(6))).toBe(false);
    expect(one.advance(record(5, 9), record(6))).toBe(false);
    expect(one.latest('log.example')).toEqual(record(5));
    one.close();
    two.close();
  });

  it('keeps the records of logs apart', () => {
    const store = new WitnessStore(path);
    store.advance(null, record(3));
    expect(store.latest('log.other')).toBeNull();
    expect(store.advance(null, { ...record(1), origin: 'log.other' })).toBe(true);
    expect(store.latest('log.example')?.size).toBe(3);
    store.close();
  });

  it('holds sizes up to 2^53 - 1 exactly', () => {
    const store = new WitnessStore(path);
    store.advance(null, record(Number.MAX_SAFE_INTEGER, 1));
    expect(store.latest('log.example')?.size).toBe(Number.MAX_SAFE_INTEGER);
    store.close();
  });

  it('is written ahead and synced at each commit', () => {
    const store = new WitnessStore(path);
    store.advance(null, record(3));
    // A reader of its own sees the journal mode that the file was put into.
    const reader = new Database(path, { readonly: true });
    expect(reader.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(reader.prepare('SELECT size FROM checkpoints').pluck().get()).toBe(3);
    reader.close();
    store.close();
  });
});
