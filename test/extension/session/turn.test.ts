import { afterEach, describe, expect, it } from 'vitest';
import { ChatSession } from '../../../extension/session/chat-session.ts';
import type { Thread } from '../../../extension/session/conversation.ts';
import { runTurn } from '../../../extension/session/turn.ts';
import { answering, TestEnclave } from '../../support/test-enclave.ts';
import { SERVICE } from '../../support/verified-exchange.ts';

const open: ChatSession[] = [];
afterEach(() => {
  for (const chat of open.splice(0)) chat.close();
});

/** One turn against the service, as the thread shows it; `shown` are the outcomes in the order of their showing. */
async function run(enclave: TestEnclave, signal = new AbortController().signal) {
  const session = new ChatSession({
    service: { origin: SERVICE, fetch: enclave.fetch, timeouts: { firstRecord: 2_000, stall: 2_000 } },
    clock: enclave.clock,
    look: () => enclave.surroundings(),
  });
  open.push(session);
  let thread: Thread = [];
  const shown: string[] = [];
  const receipts: string[] = [];
  const result = await runTurn({
    session,
    request: { model: 'tiny', messages: [{ role: 'user', content: 'Hello' }] },
    holder: {
      thread: () => thread,
      setThread: (next) => {
        thread = next;
        const answer = next.find((item) => item.kind === 'answer');
        if (answer && answer.outcome !== shown.at(-1)) shown.push(answer.outcome);
      },
    },
    signal,
    sealed: [],
    onSealed: () => {},
    onReceipt: (_id, make) => receipts.push(make()),
    onContentEnd: () => {},
  });
  return { result, shown, receipts, thread };
}

describe('a turn in the thread', () => {
  it('shows an answer that came whole as complete, with its receipt', async () => {
    const { shown, receipts, thread } = await run(await TestEnclave.create());
    expect(shown).toEqual(['streaming', 'complete']);
    expect(receipts).toHaveLength(1);
    expect(thread.find(({ kind }) => kind === 'answer')).toMatchObject({ receipt: true });
  });

  it('takes that standing away again when something comes after its end', async () => {
    const enclave = await TestEnclave.create();
    enclave.script = function* (turn) {
      yield* answering(turn);
      yield Uint8Array.of(0);
    };
    const { result, shown } = await run(enclave);
    expect(result.state).toBe('cut-off');
    expect(shown).toEqual(['streaming', 'complete', 'incomplete']);
  });

  it('leaves it when only the padding is cut', async () => {
    const enclave = await TestEnclave.create();
    enclave.script = (turn) => [...answering(turn)].slice(0, -2);
    const { result, shown } = await run(enclave);
    expect(result).toMatchObject({ state: 'complete', session: 'dropped' });
    expect(shown).toEqual(['streaming', 'complete']);
  });

  it('shows an answer that was cut off as incomplete, and never asks again for it', async () => {
    const enclave = await TestEnclave.create();
    enclave.script = (turn) => [...answering(turn)].slice(0, 1);
    const { shown, receipts } = await run(enclave);
    expect(shown).toEqual(['streaming', 'incomplete']);
    expect(enclave.count('turns')).toBe(1);
    expect(receipts).toHaveLength(1);
  });
});
