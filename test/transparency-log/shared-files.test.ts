import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SharedFiles } from '../../transparency-log/shared-files.ts';

describe('files that never change', () => {
  it('are in memory once, whoever holds them, and those that read at the same time get the same', async () => {
    const files = new SharedFiles();
    let reads = 0;
    const read = async (path: string) => {
      reads += 1;
      await setTimeout(20);
      return new TextEncoder().encode(path);
    };
    const [one, two] = await Promise.all([files.read('tile/0/000', read), files.read('tile/0/000', read)]);
    expect(one).toBe(two);
    expect(await files.read('tile/0/000', read)).toBe(one);
    expect(reads).toBe(2);
    expect(await files.read('tile/0/001', read)).not.toBe(one);
  });

  it('are read again after a reading that failed', async () => {
    const files = new SharedFiles();
    const fail = () => Promise.reject(new Error('disk'));
    await expect(files.read('tile/0/000', fail)).rejects.toThrow('disk');
    expect(await files.read('tile/0/000', async () => Uint8Array.of(1))).toEqual(Uint8Array.of(1));
  });
});
