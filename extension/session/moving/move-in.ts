/**
 * The panel's side: holds, unopened, what the boxes of its window have shown last, and takes up a chat when its box
 * is gone with the page, or when the person moved it here.
 * @module
 */
import { type Browser, browser } from '../../browser.ts';
import type { StoredChat } from '../history/stored-chat.ts';
import { isBoxOf } from './box-port.ts';
import { moveCall, type PanelMessage, parseBoxMessage } from './move-port.ts';
import { createPanelKey, type PanelKey } from './sealed-chat.ts';

/** A box whose port ended may open another at once, so that only one that stays away for so long is gone, in milliseconds. */
const absence = 600;

/**
 * Takes chats up in the panel of a window. `take` shows one, or keeps it until the person asks for it.
 */
export async function startMoveIn(windowId: number, take: (chat: StoredChat) => void): Promise<void> {
  const here = { id: browser.runtime.id, origin: browser.runtime.getURL('').replace(/\/$/, ''), windowId };
  const key: PanelKey = await createPanelKey();
  const open = async (sealed: string): Promise<boolean> => {
    const chat = await key.open(sealed);
    if (chat !== null) take(chat);
    return chat !== null;
  };
  const ports = new Map<number, Browser.runtime.Port>();
  browser.runtime.onConnect.addListener((port) => {
    const tabId = port.sender?.tab?.id;
    if (tabId === undefined || !isBoxOf(port, here)) return;
    ports.set(tabId, port);
    let last: string | null = null;
    port.onMessage.addListener(async (value: unknown) => {
      const message = parseBoxMessage(value);
      if (message === null) return;
      last = message.now ? null : message.sealed;
      if (!message.now || message.sealed === null) return;
      port.postMessage({ took: await open(message.sealed) } satisfies PanelMessage);
    });
    port.onDisconnect.addListener(async () => {
      await new Promise((done) => setTimeout(done, absence));
      if (ports.get(tabId) !== port || last === null) return;
      ports.delete(tabId);
      // Who closes the tab is done with the chat.
      const isTabThere = await browser.tabs.get(tabId).then(
        () => true,
        () => false,
      );
      if (isTabThere) await open(last);
    });
    port.postMessage({ windowId, publicKey: key.publicKey } satisfies PanelMessage);
  });
  // Boxes that were there before this panel; where there is none, nobody answers.
  await browser.runtime.sendMessage(moveCall).catch(() => {});
}
