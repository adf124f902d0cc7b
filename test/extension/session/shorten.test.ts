import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagesOf, type Thread } from '../../../extension/session/conversation.ts';
import { cutThread, planCut } from '../../../extension/session/shorten.ts';

const own = (text: string, id = text) => ({ kind: 'own', id: `q${id}`, text }) as const;
const answer = (text: string, id = text) =>
  ({ kind: 'answer', id: `a${id}`, text, outcome: 'complete' }) as const;
const session = { kind: 'session', id: 's', checkedAt: 0, restarted: false } as const;

describe('planCut', () => {
  it('leaves out whole turns from the beginning until about half is left', () => {
    const thread = [own('1'.repeat(50)), answer('a'.repeat(50)), own('2'.repeat(50)), answer('b'.repeat(50))];
    expect(planCut(thread, own('3'))).toEqual({ at: 4, messages: 4 });
    expect(planCut(thread, own('3'.repeat(60)))).toEqual({ at: 4, messages: 4 });
    expect(planCut(thread, own('3'.repeat(100)))).toEqual({ at: 4, messages: 4 });
    const longFirst = [own('1'.repeat(400)), answer('a'), own('2'), answer('b')];
    expect(planCut(longFirst, own('3'))).toEqual({ at: 2, messages: 2 });
  });

  it('has nothing to leave out before a first message', () => {
    expect(planCut([], own('x'.repeat(9_999)))).toBeNull();
    expect(planCut([session], own('x'))).toBeNull();
  });

  it('counts from the last cut on, so that a second one goes further', () => {
    const thread = [
      own('old'.repeat(100)),
      answer('a'),
      own('2'.repeat(90)),
      answer('b'),
      own('3'),
      answer('c'),
    ];
    const first = planCut(thread, own('4'));
    expect(first).toEqual({ at: 2, messages: 2 });
    const cut = cutThread(thread, first?.at ?? 0);
    expect(planCut(cut, own('4'))).toEqual({ at: 5, messages: 2 });
  });

  it('counts the files of a message with it', () => {
    const file = { id: 'f', name: 'f', text: 'x'.repeat(500), bytes: 500 };
    const thread = [{ ...own('1'), files: [file] }, answer('a'), own('2'), answer('b')];
    expect(planCut(thread, own('3'))).toEqual({ at: 2, messages: 2 });
  });

  it('always keeps the newest message, whole turns, and their order', () => {
    const turns = fc.array(fc.tuple(fc.string({ maxLength: 80 }), fc.string({ maxLength: 80 })), {
      maxLength: 9,
    });
    fc.assert(
      fc.property(turns, fc.string({ minLength: 1 }), (said, next) => {
        const thread: Thread = said.flatMap(([q, a], i) => [own(q, `${i}`), answer(a, `${i}`)]);
        const cut = planCut(thread, own(next, 'next'));
        if (said.length === 0) return cut === null;
        const kept = messagesOf([...cutThread(thread, cut?.at ?? -1), own(next, 'next')]);
        expect(kept.at(-1)?.content).toBe(next);
        expect(kept[0]?.role).toBe('user');
        const all = messagesOf([...thread, own(next, 'next')]);
        expect(all.slice(all.length - kept.length)).toEqual(kept);
        return kept.length < all.length;
      }),
      { seed: 6 },
    );
  });
});

describe('messagesOf', () => {
  it('says the system prompt first, and nothing for an empty one', () => {
    expect(messagesOf([own('1')], 'Be brief.')).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: '1' },
    ]);
    expect(messagesOf([own('1')], ' \n')).toEqual([{ role: 'user', content: '1' }]);
  });

  it('says nothing from above a cut, and leaves lines out', () => {
    const thread = cutThread([own('1'), answer('a'), session, own('2'), answer('')], 3);
    expect(messagesOf(thread)).toEqual([{ role: 'user', content: '2' }]);
  });
});
