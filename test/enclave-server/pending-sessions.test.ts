import { describe, expect, it } from 'vitest';
import { type PendingSession, PendingSessions } from '../../enclave-server/pending-sessions.ts';

let made = 0;
function session(client: string, offerEndsAt = 100): PendingSession {
  const id = new Uint8Array(16).fill(made++);
  const seed = new Uint8Array(32).fill(9);
  return { id, seed, transcript: new Uint8Array(32), client, offerEndsAt, endsAt: 1000 };
}

function filled(most: number, ...clients: string[]) {
  const pending = new PendingSessions(most);
  const all = clients.map((client) => session(client));
  for (const one of all) pending.add(one);
  return { pending, all };
}

const isErased = ({ seed }: PendingSession) => seed.every((byte) => byte === 0);

describe('sessions that wait for a first turn', () => {
  it('are taken once, with their seed, and not when it is too late', () => {
    const { pending, all } = filled(9, 'a', 'a');
    const [first, second] = all as [PendingSession, PendingSession];
    expect(pending.take(first.id, 99)).toBe(first);
    expect(isErased(first)).toBe(false);
    expect(pending.take(first.id, 99)).toBeNull();
    expect(pending.take(second.id, 100)).toBeNull();
    expect(isErased(second)).toBe(true);
  });

  it('have no room where one client holds them all and wants another', () => {
    const { pending } = filled(3, 'a', 'a', 'a');
    expect(pending.hasRoom('a')).toBe(false);
    expect(pending.hasRoom('b')).toBe(true);
  });

  it('give up the oldest of the client that holds the most, and erase its seed', () => {
    const { pending, all } = filled(4, 'b', 'a', 'a', 'a');
    pending.add(session('c'));
    expect(all.map(isErased)).toEqual([false, true, false, false]);
    pending.add(session('c'));
    expect(all.map(isErased)).toEqual([false, true, true, false]);
    // Everybody holds one or two: nobody has to give up more than the next one gains.
    expect(['a', 'b', 'c', 'd'].map((client) => pending.hasRoom(client))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('never are more than may be, whoever comes', () => {
    const { pending, all } = filled(2, 'a', 'b');
    pending.add(session('a'));
    expect(all.filter(isErased)).toHaveLength(1);
  });

  it('are swept when it is too late, and not counted any more', () => {
    const pending = new PendingSessions(2);
    const [old, young] = [session('a', 50), session('a', 100)];
    pending.add(old);
    pending.add(young);
    pending.sweep(50);
    expect([isErased(old), isErased(young)]).toEqual([true, false]);
    expect(pending.hasRoom('a')).toBe(true);
    pending.clear();
    expect(isErased(young)).toBe(true);
  });
});
