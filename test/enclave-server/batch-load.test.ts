import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { evenly, type LoadOptions, loadBatches, SlowAttester } from '../support/slow-attester.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Load of one client, its share beside what concerns all. */
async function loadOfOne(options: LoadOptions) {
  const { clients, ...rest } = await loadBatches(options);
  return { ...rest, ...clients.one };
}

const whole = { served: 1000, refused: {}, overtaken: 0 };

describe('a thousand offers', () => {
  it.each([5, 50, 500, 5_000, 30_000])('at once take one report, where it takes %d ms', async (latency) => {
    const attester = new SlowAttester(latency);
    const result = await loadOfOne({ attester, arrivals: evenly(1000, 0), reportMs: 60_000 });
    expect(result).toEqual({
      ...whole,
      asked: 1,
      waiting: 1000,
      median: latency,
      longest: latency,
      mostReports: 1,
    });
  });

  // One report for each time that a report takes, whoever comes meanwhile; nobody waits for more than the one
  // under way and the own one.
  it.each([
    { latency: 5, asked: 201, waiting: 10, median: 8, longest: 10 },
    { latency: 50, asked: 21, waiting: 100, median: 75, longest: 100 },
    { latency: 500, asked: 3, waiting: 999, median: 750, longest: 1000 },
    { latency: 5_000, asked: 2, waiting: 1000, median: 9_500, longest: 9_999 },
    { latency: 30_000, asked: 2, waiting: 1000, median: 59_500, longest: 59_999 },
  ])('within a second take $asked reports, where one takes $latency ms', async ({ latency, ...figures }) => {
    const attester = new SlowAttester(latency);
    const result = await loadOfOne({ attester, arrivals: evenly(1000, 1000), reportMs: 60_000 });
    expect(result).toEqual({ ...whole, ...figures, mostReports: 2 });
    expect(attester.crowded).toBe(false);
  });

  it('where every third report fails: its own members are refused, and nobody else', async () => {
    const attester = new SlowAttester(20, (asked) => (asked % 3 === 2 ? 'error' : 'report'));
    const result = await loadOfOne({ attester, arrivals: evenly(1000, 500) });
    // Forty offers come in the time of a report; of 26 reports eight fail.
    expect(result).toMatchObject({
      asked: 26,
      served: 678,
      refused: { WAX_ENCLAVE_REPORT: 322 },
      overtaken: 0,
      mostReports: 2,
    });
  });

  it('where the device is busy every second time it is asked: all are served, by fewer reports', async () => {
    const attester = new SlowAttester(20, (asked) => (asked % 2 === 1 ? 'busy' : 'report'));
    const result = await loadOfOne({ attester, arrivals: evenly(1000, 500) });
    expect(result).toMatchObject({ ...whole, asked: 17, mostReports: 2 });
    expect(attester.finished).toBe(9);
  });

  it('where the device is busy for seconds: who came before and meanwhile is served by one report', async () => {
    const attester = new SlowAttester(20, (asked) => (asked >= 2 && asked < 10 ? 'busy' : 'report'));
    const result = await loadOfOne({ attester, arrivals: evenly(1000, 5_000) });
    expect(result).toMatchObject({ ...whole, waiting: 918, longest: 4_590, mostReports: 2 });
  });

  it('where the device stays busy: it is asked a few times, and all are refused in the time of a report', async () => {
    const attester = new SlowAttester(20, () => 'busy');
    const result = await loadOfOne({ attester, arrivals: evenly(1000, 5_000), reportMs: 2_000 });
    expect(result).toMatchObject({
      asked: 12,
      served: 0,
      refused: { WAX_ENCLAVE_REPORT: 1000 },
      // As many as come in two seconds.
      waiting: 400,
    });
  });

  it('where the device dies: who waits is refused in time, and everybody else at once', async () => {
    const attester = new SlowAttester(20, (asked) => (asked === 2 ? 'death' : 'report'));
    const result = await loadOfOne({ attester, arrivals: evenly(1000, 500), reportMs: 200 });
    expect(result).toMatchObject({
      asked: 3,
      served: 40,
      refused: { WAX_ENCLAVE_REPORT: 960 },
      waiting: 440,
      overtaken: 0,
    });
  });

  it('of which only so many may wait: the queue has an end, and who was let in is served', async () => {
    const arrivals = evenly(1000, 200);
    const result = await loadOfOne({ attester: new SlowAttester(300), arrivals, queued: 100 });
    // Five in the report under way, a hundred behind it, and five that are refused in the millisecond.
    expect(result).toMatchObject({
      asked: 2,
      served: 105,
      refused: { WAX_ENCLAVE_OVERLOADED: 895 },
      waiting: 110,
      overtaken: 0,
    });
  });
});

describe('a client that offers a thousand times as often as another', () => {
  it.each([
    { name: 'all at once', arrivals: evenly(10_000, 0, 'flood'), most: 10_001 },
    { name: 'all the time', arrivals: evenly(20_000, 10_000, 'flood'), most: 5_122 },
  ])('$name, waits behind itself: of the other one no offer is refused', async ({ arrivals, most }) => {
    const { clients, waiting } = await loadBatches({
      attester: new SlowAttester(1_000),
      arrivals: [...arrivals, ...evenly(20, 10_000, 'quiet')],
    });
    expect(clients.quiet).toMatchObject({ served: 20, refused: {}, mostReports: 2, overtaken: 0 });
    const { served = 0, refused = {} } = clients.flood ?? {};
    expect(refused).toEqual({ WAX_ENCLAVE_OVERLOADED: arrivals.length - served });
    expect(waiting).toBe(most);
  });
});
