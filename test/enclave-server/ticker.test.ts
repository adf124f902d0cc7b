import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ticker } from '../../enclave-server/ticker.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Ticker', () => {
  it('keeps its beat: a late tick does not delay those after it', () => {
    const at: number[] = [];
    let late = 0;
    const start = performance.now();
    const now = () => performance.now() + late;
    const ticker = new Ticker(100, now);
    const leave = ticker.add(() => {
      at.push(now() - start);
      // The work of this tick takes 30 ms.
      late += 30;
    });
    for (let step = 0; step < 10; step++) vi.advanceTimersByTime(40);
    leave();
    expect(at.length).toBeGreaterThan(3);
    for (const [index, time] of at.entries()) expect(time - 100 * (index + 1)).toBeLessThan(100);
  });

  it('has its beat from the start, also where nobody was there to hear it', () => {
    const start = performance.now();
    const ticker = new Ticker(100, () => performance.now());
    const at: number[] = [];
    for (const pause of [30, 285, 20]) {
      vi.advanceTimersByTime(pause);
      const leave = ticker.add(() => at.push(performance.now() - start));
      vi.advanceTimersByTime(110);
      leave();
    }
    expect(at.map(Math.round)).toEqual([100, 500, 600]);
  });

  it('leaves out ticks that it missed and never sends two at once', () => {
    let skew = 0;
    const ticker = new Ticker(100, () => performance.now() + skew);
    const start = performance.now();
    const at: number[] = [];
    const leave = ticker.add(() => {
      at.push(performance.now() + skew - start);
      // After the first tick the process stands still for half a second.
      if (at.length === 1) skew += 550;
    });
    vi.advanceTimersByTime(400);
    leave();
    expect(at.map(Math.round)).toEqual([100, 750, 800, 900]);
  });

  it('has one timer for all, and none when nobody is left', () => {
    const ticker = new Ticker(100, () => performance.now());
    let ticks = 0;
    const leaves = [1, 2, 3].map(() => ticker.add(() => ticks++));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);
    expect(ticks).toBe(3);
    for (const leave of leaves) leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not call again who leaves during a tick', () => {
    const ticker = new Ticker(100, () => performance.now());
    let ticks = 0;
    const leave = ticker.add(() => {
      ticks++;
      leave();
    });
    vi.advanceTimersByTime(500);
    expect(ticks).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
