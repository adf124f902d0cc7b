import { describe, expect, it } from 'vitest';
import { Admission } from '../../enclave-server/admission.ts';
import { TurnRefusal } from '../../enclave-server/refusal.ts';

const never = new AbortController().signal;

function queue(options: { places?: number; queued?: number; waitMs?: number } = {}) {
  const shed: number[] = [];
  const admission = new Admission({
    places: 1,
    queued: 10,
    waitMs: 60_000,
    onShed: () => void shed.push(1),
    ...options,
  });
  const order: number[] = [];
  const finish = new Map<number, () => void>();
  /** Starts a job of a session; it runs until `finish` is called. */
  const ask = (session: number, signal = never) =>
    admission.run(session, signal, async () => {
      order.push(session);
      await new Promise<void>((resolve) => finish.set(session, resolve));
      return session;
    });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (session: number) => {
    finish.get(session)?.();
    await settled();
  };
  return { admission, shed, order, ask, end, settled };
}

const busy = (job: Promise<unknown>) =>
  job.then(
    () => 'admitted',
    (error: unknown) => (error instanceof TurnRefusal ? `${error.error} ${error.retryAfterS}` : error),
  );

describe('the queue in front of the engine', () => {
  it('lets as many run as there are places, and the next one as soon as one has ended', async () => {
    const { order, ask, end, admission, settled } = queue({ places: 2 });
    const jobs = [1, 2, 3].map((session) => ask(session));
    await settled();
    expect(order).toEqual([1, 2]);
    expect(admission.waiting).toBe(1);
    await end(2);
    expect(order).toEqual([1, 2, 3]);
    await end(1);
    await end(3);
    expect(await Promise.all(jobs)).toEqual([1, 2, 3]);
  });

  it('gives the place back when the work fails', async () => {
    const { admission, order, ask, end } = queue();
    await expect(
      admission.run(1, never, async () => {
        throw new Error('failed');
      }),
    ).rejects.toThrow('failed');
    void ask(2);
    await end(2);
    expect(order).toEqual([2]);
  });

  it('serves a session that asks again and again once for each time that everybody else is served', async () => {
    const { order, ask, end, settled } = queue();
    for (const session of [1, 2, 3, 4]) void ask(session);
    await settled();
    for (let round = 0; round < 12; round++) {
      const running = order.at(-1) ?? 0;
      await end(running);
      void ask(running);
    }
    expect(order.slice(0, 12)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
  });

  it('gives a session no second place, neither running nor waiting', async () => {
    const { ask, shed } = queue();
    void ask(1);
    expect(await busy(ask(1))).toBe('busy 2');
    void ask(2);
    expect(await busy(ask(2))).toBe('busy 2');
    expect(shed).toHaveLength(2);
  });

  it('turns away at once whoever finds the queue full', async () => {
    const { ask, shed, admission } = queue({ queued: 2 });
    for (const session of [1, 2, 3]) void ask(session);
    expect(await busy(ask(4))).toBe('busy 2');
    expect(admission.waiting).toBe(2);
    expect(shed).toHaveLength(1);
  });

  it('has no queue where none is wanted', async () => {
    const { ask } = queue({ queued: 0 });
    void ask(1);
    expect(await busy(ask(2))).toBe('busy 2');
  });

  it('turns away whoever has waited for too long, and forgets about it', async () => {
    const { ask, end, order, shed, admission, settled } = queue({ waitMs: 20 });
    void ask(1);
    expect(await busy(ask(2))).toBe('busy 2');
    expect(admission.waiting).toBe(0);
    await end(1);
    void ask(3);
    await settled();
    expect(order).toEqual([1, 3]);
    expect(shed).toHaveLength(1);
  });

  it('loses who is gone: at once, out of any place in the queue', async () => {
    const { ask, end, order, shed, admission } = queue();
    const reader = new AbortController();
    void ask(1);
    const left = busy(ask(2, reader.signal));
    void ask(3);
    reader.abort();
    expect(await left).toBe('busy 2');
    expect(admission.waiting).toBe(1);
    await end(1);
    expect(order).toEqual([1, 3]);
    expect(await busy(ask(4, reader.signal))).toBe('busy 2');
    // Nobody was turned away because of load.
    expect(shed).toEqual([]);
  });
});
