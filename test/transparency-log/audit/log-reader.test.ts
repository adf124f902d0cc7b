import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { inOrder, LogReader } from '../../../transparency-log/audit/log-reader.ts';

describe('work in order', () => {
  it('yields results in the order of the items, a few at a time', async () => {
    let running = 0;
    let most = 0;
    const results: number[] = [];
    const work = async (item: number) => {
      running += 1;
      most = Math.max(most, running);
      await setTimeout(item % 3 === 0 ? 20 : 1);
      running -= 1;
      return item;
    };
    for await (const result of inOrder([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3, work)) results.push(result);
    expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(most).toBe(3);
  });

  it('throws what failed when its turn comes, without leaving a rejection behind', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const results: number[] = [];
    const work = async (item: number) => {
      if (item === 0) await setTimeout(50);
      if (item > 0) throw new Error(`no ${item}`);
      return item;
    };
    const all = async () => {
      for await (const result of inOrder([0, 1, 2, 3], 3, work)) results.push(result);
    };
    await expect(all()).rejects.toThrow('no 1');
    await setTimeout(20);
    process.off('unhandledRejection', unhandled);
    expect(results).toEqual([0]);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('a reader of a log', () => {
  const reader = (fetch: typeof globalThis.fetch) =>
    new LogReader({ url: 'http://log.example', fetch, timeoutMs: 1000 });

  it('tries again after a failure, and not after "not there"', async () => {
    const answers = [() => Promise.reject(new Error('reset')), async () => new Response('', { status: 500 })];
    const flaky = vi.fn(async () => (await answers.shift()?.()) ?? new Response('checkpoint'));
    expect(await reader(flaky).checkpoint()).toBe('checkpoint');
    expect(flaky).toHaveBeenCalledTimes(3);
    const missing = vi.fn(async () => new Response('', { status: 404 }));
    await expect(reader(missing).checkpoint()).rejects.toThrow('WAX_AUDIT_MISSING');
    expect(missing).toHaveBeenCalledTimes(1);
  });

  it('does not swallow an answer without end', async () => {
    const endless = async () =>
      new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)) }));
    await expect(reader(endless).tile(0, 0, 256)).rejects.toThrow('too large');
  });

  it('cuts what it needs out of a full bundle', async () => {
    const full = Uint8Array.from({ length: 256 * 3 }, (_, at) => [0, 1, Math.floor(at / 3)][at % 3] ?? 0);
    const fetch = async (input: Parameters<typeof globalThis.fetch>[0]) =>
      String(input).endsWith('tile/entries/000') ? new Response(full) : new Response('', { status: 404 });
    expect(await reader(fetch).entries(0, 2)).toEqual([Uint8Array.of(0), Uint8Array.of(1)]);
    await expect(reader(async () => new Response(utf8('x'))).entries(0, 2)).rejects.toThrow(
      'WAX_AUDIT_BUNDLE',
    );
  });
});
