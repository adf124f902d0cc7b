import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../bin/serve/lanes.ts';
import { ChatSession } from '../../../extension/session/chat-session.ts';

const open = () =>
  new ChatSession({
    service: { origin: 'https://chat.example', fetch: () => Promise.reject(new Error('nobody is asked')) },
    clock: { now: () => 0, monotonic: () => 0 },
    look: () => Promise.reject(new Error('nobody looks')),
  });
const forEver = new AbortController().signal;

/** Counts how often a service is asked; nobody answers. */
function counted() {
  let looks = 0;
  const look = () => {
    looks++;
    return Promise.reject(new Error('nobody looks'));
  };
  const service = {
    origin: 'https://chat.example',
    fetch: () => Promise.reject(new Error('nobody is asked')),
  };
  const clock = { now: () => 0, monotonic: () => 0 };
  return { looks: () => looks, open: () => new ChatSession({ service, clock, look }) };
}

describe('lanes', () => {
  it('give each request a chat of its own, and the one that was used last to the next', async () => {
    const lanes = new Lanes({ open, most: 2, waiting: 1 });
    const [first, second] = [await lanes.take(forEver), await lanes.take(forEver)];
    expect(first).not.toBe(second);
    if (first) lanes.free(first);
    if (second) lanes.free(second);
    expect(await lanes.take(forEver)).toBe(second);
  });

  it('let some wait, in order, and nobody beyond them', async () => {
    const lanes = new Lanes({ open, most: 1, waiting: 2 });
    const chat = await lanes.take(forEver);
    const order: number[] = [];
    const waiting = [1, 2].map((number) =>
      lanes.take(forEver)?.then((next) => {
        order.push(number);
        lanes.free(next);
      }),
    );
    expect(lanes.take(forEver)).toBeNull();
    if (chat) lanes.free(chat);
    await Promise.all(waiting);
    expect(order).toEqual([1, 2]);
  });

  it('forget who leaves while waiting', async () => {
    const lanes = new Lanes({ open, most: 1, waiting: 1 });
    const chat = await lanes.take(forEver);
    const controller = new AbortController();
    const left = lanes.take(controller.signal);
    controller.abort();
    await expect(left).rejects.toThrow('aborted');
    const next = lanes.take(forEver);
    expect(next).not.toBeNull();
    if (chat) lanes.free(chat);
    expect(await next).toBe(chat);
  });

  it('verify one chat more than is in use, in advance, and no second one beside it', async () => {
    const { open, looks } = counted();
    const lanes = new Lanes({ open, most: 3, waiting: 1 });
    lanes.ahead();
    lanes.ahead();
    expect(looks()).toBe(1);
    const first = await lanes.take(forEver);
    expect(looks()).toBe(1);
    lanes.ahead();
    expect(looks()).toBe(2);
    expect(await lanes.take(forEver)).not.toBe(first);
    lanes.ahead();
    expect(looks()).toBe(3);
    await lanes.take(forEver);
    // There are as many as there may be.
    lanes.ahead();
    expect(looks()).toBe(3);
    lanes.close();
  });
});
