import { expect, it } from 'vitest';
import { plainSetup } from '../../../../extension/session/chat-setup.ts';
import type { StoredChat } from '../../../../extension/session/history/stored-chat.ts';
import { initialView } from '../../../../extension/session/initial-view.ts';
import { movedLine, WaitingChats } from '../../../../extension/session/moving/waiting.ts';
import { Store } from '../../../../extension/ui/store.ts';

const status = { id: 'checking', simulated: false, figures: {} } as const;
const panel = initialView('panel', status);
const boxAt = (site: string) => ({ frame: { site, open: true } });
const chat = (text: string, site?: string): StoredChat => ({
  service: 'https://chat.example',
  thread: [{ kind: 'own', id: 'q', text }, ...(site === undefined ? [] : movedLine(boxAt(site)))],
  setup: plainSetup,
  draft: '',
  attachments: [],
});
const start = () => {
  const store = new Store(panel);
  return { waiting: new WaitingChats(store), shown: () => store.current().waiting };
};

it('keeps chats in the order in which they came, and shows from where each is', () => {
  const { waiting, shown } = start();
  waiting.add(chat('one', 'parley.example'));
  waiting.add(chat('two'));
  expect(shown()).toEqual([{ site: 'parley.example' }, { site: null }]);
  expect(waiting.take()?.chat.thread[0]).toMatchObject({ text: 'one' });
  expect(shown()).toEqual([{ site: null }]);
  expect(waiting.take()?.chat.thread[0]).toMatchObject({ text: 'two' });
  expect(waiting.take()).toBeUndefined();
});

it('shows the last page of a chat that moved twice', () => {
  const { waiting, shown } = start();
  const first = chat('one', 'parley.example');
  waiting.add({ ...first, thread: [...first.thread, ...movedLine(boxAt('other.example'))] });
  expect(shown()).toEqual([{ site: 'other.example' }]);
});

it('forgets what the history has once that is locked, and nothing else', () => {
  const { waiting } = start();
  waiting.add(chat('kept'), 'ab'.repeat(16));
  waiting.add(chat('not kept', 'parley.example'));
  waiting.forgetKept();
  expect(waiting.take()?.chat.thread[0]).toMatchObject({ text: 'not kept' });
  expect(waiting.take()).toBeUndefined();
});

it('puts a line at the end of what leaves a box, and none at what leaves a panel', () => {
  expect(movedLine(panel)).toEqual([]);
  expect(movedLine(boxAt('parley.example'))).toMatchObject([{ kind: 'moved', site: 'parley.example' }]);
});
