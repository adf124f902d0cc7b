import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Pace } from '../../enclave-server/pace.ts';

/** How many of `count` passed in each turn of the event loop. */
async function passed(pace: Pace, count: number): Promise<number[]> {
  const turns: number[] = [];
  let done = 0;
  for (let index = 0; index < count; index++) void pace.pass().then(() => done++);
  for (let seen = 0; seen < count; seen = done) {
    await nextTurn();
    turns.push(done - seen);
  }
  return turns;
}

describe('Pace', () => {
  it('lets so many pass in one turn of the event loop, and no more in the next', async () => {
    const pace = new Pace(16);
    // The first has those that pass at once as well.
    expect(await passed(pace, 100)).toEqual([32, 16, 16, 16, 16, 4]);
    // What was left over in the last turn does not add up.
    await nextTurn();
    expect(await passed(pace, 40)).toEqual([32, 8]);
  });

  it('keeps their order, whoever comes meanwhile', async () => {
    const pace = new Pace(2);
    const order: string[] = [];
    const come = (name: string) => pace.pass().then(() => order.push(name));
    const first = ['a', 'b', 'c', 'd', 'e'].map(come);
    await nextTurn();
    await Promise.all([...first, ...['f', 'g'].map(come)]);
    expect(order.join('')).toBe('abcdefg');
  });
});
