import { describe, expect, it } from 'vitest';
import { OfferQueue } from '../../enclave-server/offer-queue.ts';

/** A queue with items named after their client: `add('aab')` adds a1, a2 and b1. */
function queue(most: number) {
  const made = new OfferQueue<string>(most);
  const counts: { [client: string]: number } = {};
  const add = (clients: string) =>
    [...clients].map((client) => {
      counts[client] = (counts[client] ?? 0) + 1;
      return made.add(client, `${client}${counts[client]}`);
    });
  return { made, add };
}

describe('OfferQueue', () => {
  it('keeps the order of one client', () => {
    const { made, add } = queue(9);
    add('aaaa');
    expect(made.take(2)).toEqual(['a1', 'a2']);
    add('a');
    expect(made.take(9)).toEqual(['a3', 'a4', 'a5']);
    expect(made.size).toBe(0);
  });

  it('gives each client a place in turn, however many it wants', () => {
    const { made, add } = queue(99);
    add('aaaaaabcc');
    expect(made.take(5)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2']);
    add('b');
    expect(made.take(9)).toEqual(['a3', 'b2', 'a4', 'a5', 'a6']);
  });

  it('has an end: the newest of the longest line has to go, which may be the new one', () => {
    const { made, add } = queue(4);
    expect(add('aaaa')).toEqual([null, null, null, null]);
    expect(add('a')).toEqual(['a5']);
    expect(add('b')).toEqual(['a4']);
    expect(add('c')).toEqual(['a3']);
    // Two for `a`, one for each of the others: that is fair, and stays so.
    expect(add('bca')).toEqual(['b2', 'c2', 'a6']);
    expect(made.size).toBe(4);
    expect(made.take(4)).toEqual(['a1', 'b1', 'c1', 'a2']);
  });
});
