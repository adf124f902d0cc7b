/** How the popup has the panel open at the chain: a wish that the background keeps until a panel takes it. @module */
import { ask } from '../ask.ts';
import { browser } from '../browser.ts';
import { chainPoke } from '../messaging.ts';

/** The popup's side. Call it with the panel's opening, not before: that must happen inside the click. */
export async function askForChain(windowId: number): Promise<void> {
  await ask('chain/wish', { windowId });
}

/** The panel's side: calls `open` if the chain of this window was asked for, now or later. */
export function onChainAsked(windowId: number, open: () => void): void {
  const look = () =>
    void ask('chain/take', { windowId }).then(
      ({ wanted }) => {
        if (wanted) open();
      },
      () => {},
    );
  browser.runtime.onMessage.addListener((message: unknown, sender) => {
    // Content scripts have the extension's id as well, but a tab. The poke itself carries nothing.
    if (message === chainPoke && sender.id === browser.runtime.id && sender.tab === undefined) look();
    return undefined;
  });
  look();
}
