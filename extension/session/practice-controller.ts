/**
 * A chat with nobody, for practice: the real view over a script. It has no session, no network and no storage;
 * what is typed stays in this document and is answered from the message files.
 * @module
 */

import { t } from '../ui/i18n/messages.ts';
import { Store } from '../ui/store.ts';
import type { ChatView } from '../ui/surfaces/chat.ts';
import type { Status } from '../ui/surfaces/status.ts';
import type { PracticeController } from '../ui/surfaces/welcome.ts';
import { Composing } from './composing.ts';
import { itemId, withAnswer } from './conversation.ts';
import { initialView } from './initial-view.ts';

/** A letter every this many milliseconds: about the pace of a small model. */
const pace = 12;
const site = 'parley.example';

const status = (id: Status['id']): Status => ({
  id,
  simulated: id === 'simulated',
  figures: { service: site, operator: 'Parley', model: t('practiceModel') },
});

/** The controller of the practice page; `seal` is the person's own. */
export function createPracticeController(seal: Uint8Array): PracticeController {
  const store = new Store<ChatView>({
    ...initialView('frame', status('simulated')),
    seal,
    frame: { site, open: false },
  });
  const composing = new Composing(store);
  let timer: ReturnType<typeof setInterval> | undefined;
  const end = (id: string, outcome: 'complete' | 'stopped') => {
    clearInterval(timer);
    store.update({ thread: withAnswer(store.current().thread, id, () => ({ outcome })) });
  };
  const answer = () => {
    const id = itemId();
    const letters = [...t('practiceAnswer')];
    const { thread } = store.current();
    store.update({
      thread: [...thread, { kind: 'answer', id, text: '', outcome: 'streaming', askedAt: Date.now() }],
    });
    timer = setInterval(() => {
      const next = letters.shift();
      if (next === undefined) return end(id, 'complete');
      store.update({ thread: withAnswer(store.current().thread, id, ({ text }) => ({ text: text + next })) });
    }, pace);
  };
  const stop = () => {
    const last = store.current().thread.at(-1);
    if (last?.kind === 'answer' && last.outcome === 'streaming') end(last.id, 'stopped');
  };
  const nothing = () => {};
  const setOpen = (open: boolean) => store.update({ frame: { site, open } });
  return {
    current: () => store.current(),
    subscribe: (listener) => store.subscribe(listener),
    edit: (draft) => store.update({ draft }),
    send() {
      const outgoing = composing.outgoing();
      if (outgoing === null) return;
      store.update({ thread: [...outgoing.thread, outgoing.own] });
      composing.sent();
      setOpen(true);
      answer();
    },
    stop,
    retry(answerId) {
      const { thread } = store.current();
      store.update({ thread: thread.filter(({ id }) => id !== answerId) });
      answer();
    },
    receipt: () => null,
    newChat: () => store.update({ thread: [] }),
    interfere() {
      stop();
      store.update({ status: status('page') });
      setOpen(false);
    },
    checkNow: () => store.update({ status: status('simulated') }),
    close: () => store.update({ status: status('simulated') }),
    openPanel: () => store.update({ status: status('simulated') }),
    setOpen,
    attach: (files) => void composing.attach(files),
    detach: (id) => composing.detach(id),
    editLast: () => composing.editLast(),
    cancelEdit: () => composing.cancelEdit(),
    changeSetup: nothing,
    leaveOutOldest: nothing,
    unlockHistory: nothing,
    lockHistory: nothing,
    openChat: nothing,
    deleteChat: nothing,
    takeWaiting: nothing,
    dropWaiting: nothing,
    chooseEnclave: nothing,
    setTyping: nothing,
    open: nothing,
  };
}
