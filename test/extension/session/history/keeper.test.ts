import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IDLE_MS, Keeper } from '../../../../extension/session/history/keeper.ts';
import type { StoredChat } from '../../../../extension/session/history/stored-chat.ts';
import { initialView } from '../../../../extension/session/initial-view.ts';
import { Store } from '../../../../extension/ui/store.ts';
import type { ChatView } from '../../../../extension/ui/surfaces/chat.ts';
import { type MemoryHistory, memoryHistory } from '../../../support/memory-history.ts';

const cost = { log2N: 14, r: 8, p: 1 };
const passphrase = 'correct horse battery';
const question = { kind: 'own', id: 'q', text: 'A secret question' } as const;

function keeperOver(database: MemoryHistory | null) {
  const store = new Store<ChatView>(initialView('panel', { id: 'sealed', simulated: false, figures: {} }));
  const shown: StoredChat[] = [];
  const empty = vi.fn(() => store.update({ thread: [], draft: '' }));
  const keeper = new Keeper({
    store,
    database,
    cost,
    service: () => 'https://chat.example',
    show: (chat) => {
      shown.push(chat);
      store.update({ thread: chat.thread, draft: chat.draft });
    },
    empty,
    now: () => 5,
  });
  return { store, keeper, shown, empty, history: () => store.current().history };
}

describe('history in a chat view', () => {
  let database: MemoryHistory;
  let other: ReturnType<typeof keeperOver>;
  beforeEach(async () => {
    database = memoryHistory();
    const { History } = await import('../../../../extension/session/history/history.ts');
    await new History(database, cost).create(passphrase);
    other = keeperOver(database);
    await other.keeper.look();
  });
  afterEach(() => vi.useRealTimers());

  it('is locked to begin with, and keeps nothing until it is unlocked', async () => {
    expect(other.history().state).toBe('locked');
    other.store.update({ thread: [question] });
    const before = new Map(database.records);
    await other.keeper.keep();
    expect(database.records).toEqual(before);
  });

  it('keeps what was written before it was unlocked, and each turn after', async () => {
    other.store.update({ thread: [question], draft: 'half' });
    await other.keeper.unlock(passphrase);
    expect(other.history()).toMatchObject({
      state: 'open',
      problem: null,
      chats: [{ title: question.text }],
    });
    const again = keeperOver(database);
    await again.keeper.look();
    await again.keeper.unlock(passphrase);
    await again.keeper.open(other.history().chats[0]?.id ?? '');
    expect(again.shown[0]).toMatchObject({ draft: 'half', thread: [{ kind: 'own', text: question.text }] });
    other.store.update({
      thread: [question, { kind: 'answer', id: 'a', text: 'Yes.', outcome: 'complete' }],
    });
    await other.keeper.keep();
    expect(other.history().chats).toHaveLength(1);
  });

  it('says that a passphrase was wrong and stays locked', async () => {
    await other.keeper.unlock('something else entirely');
    expect(other.history()).toMatchObject({
      state: 'locked',
      problem: 'WAX_HISTORY_PASSPHRASE',
      busy: false,
    });
  });

  it('locks after ten minutes without anybody, and takes the chat off the screen', async () => {
    await other.keeper.unlock(passphrase);
    other.store.update({ thread: [question] });
    vi.useFakeTimers();
    other.keeper.active();
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    other.keeper.active();
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    expect(other.history().state).toBe('open');
    await vi.advanceTimersByTimeAsync(2);
    expect(other.history()).toMatchObject({ state: 'locked', chats: [], current: null });
    expect(other.store.current().thread).toEqual([]);
    vi.useRealTimers();
    await other.keeper.unlock(passphrase);
    expect(other.history().chats).toMatchObject([{ title: question.text }]);
  });

  it('forgets the key, but does not empty the view, when the chat could not be kept', async () => {
    await other.keeper.unlock(passphrase);
    other.store.update({ thread: [question] });
    database.records.delete('index');
    await other.keeper.lock();
    expect(other.history()).toMatchObject({ state: 'locked', problem: 'WAX_HISTORY_DAMAGED' });
    expect(other.store.current().thread).toEqual([question]);
  });

  it('keeps another chat beside the first, and forgets one when it is told to', async () => {
    await other.keeper.unlock(passphrase);
    other.store.update({ thread: [question] });
    await other.keeper.keep();
    other.keeper.begin();
    other.store.update({ thread: [{ ...question, text: 'Another' }] });
    await other.keeper.keep();
    expect(other.history().chats).toHaveLength(2);
    await other.keeper.remove(other.history().current ?? '');
    expect(other.history().chats).toMatchObject([{ title: question.text }]);
    expect(other.empty).toHaveBeenCalledOnce();
  });

  it('locks when the history was deleted elsewhere, and writes nothing back', async () => {
    await other.keeper.unlock(passphrase);
    await database.clear();
    other.store.update({ thread: [question] });
    await other.keeper.keep();
    expect(other.history()).toMatchObject({ state: 'off', problem: 'WAX_HISTORY_CHANGED' });
    expect(database.records.size).toBe(0);
  });

  it('does nothing at all where nothing may be kept', async () => {
    const none = keeperOver(null);
    await none.keeper.look();
    none.store.update({ thread: [question] });
    await none.keeper.unlock(passphrase);
    await none.keeper.keep();
    expect(none.history()).toEqual({ state: 'none', busy: false, chats: [], current: null, problem: null });
  });
});
