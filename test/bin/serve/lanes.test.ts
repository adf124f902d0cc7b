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
});
