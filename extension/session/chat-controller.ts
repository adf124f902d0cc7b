/** What the views of a chat call, over the chat itself. @module */
import type { ChatController } from '../ui/surfaces/chat.ts';
import { Chat } from './chat.ts';
import { openPage } from './pages.ts';

/** The controller of sidepanel.html (`panel`) or composer.html (`frame`). */
export function createChatController(kind: 'panel' | 'frame'): ChatController {
  const chat = new Chat(kind);
  const { store } = chat;
  return {
    current: () => store.current(),
    subscribe: (listener) => store.subscribe(listener),
    edit: (draft) => store.update({ draft }),
    send: () => chat.asking.send(),
    stop: () => chat.asking.stop(),
    retry: (answerId) => chat.asking.retry(answerId),
    receipt: (answerId) => chat.asking.receipt(answerId),
    attach: (files) => void chat.composing.attach(files),
    detach: (id) => chat.composing.detach(id),
    editLast: () => chat.composing.editLast(),
    cancelEdit: () => chat.composing.cancelEdit(),
    changeSetup: (setup) => chat.changeSetup(setup),
    leaveOutOldest: () => chat.asking.leaveOutOldest(),
    unlockHistory: (passphrase) => void chat.keeper.unlock(passphrase),
    lockHistory: () => void chat.keeper.lock(),
    openChat: (id) => void chat.keeper.open(id),
    deleteChat: (id) => void chat.keeper.remove(id),
    takeWaiting: () => void chat.takeWaiting(),
    dropWaiting: () => chat.dropWaiting(),
    newChat: () => chat.newChat(),
    checkNow: () => void chat.checkNow(),
    openPanel: () => chat.openPanel(),
    chooseEnclave: (service) => void chat.chooseEnclave(service),
    setTyping: (typing) => chat.setTyping(typing),
    open: openPage,
    setOpen: (open) => chat.setOpen(open),
    close: () => chat.close(),
  };
}
