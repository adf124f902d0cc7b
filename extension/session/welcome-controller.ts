/** First run: keeps the chosen seal and leads to the place where the person wants to write. @module */
import { parseBase64, toBase64 } from '../../protocol/bytes.ts';
import { ask } from '../ask.ts';
import { browser } from '../browser.ts';
import { openPanel } from '../panel.ts';
import type { WelcomeController } from '../ui/controller.ts';
import { Store } from '../ui/store.ts';

/** The controller of welcome.html. */
export function createWelcomeController(): WelcomeController {
  const store = new Store<{ readonly seal: Uint8Array | null }>({ seal: null });
  let windowId: number | undefined;
  void browser.windows.getCurrent().then(({ id }) => {
    windowId = id;
  });
  void ask('settings/get', {}).then(({ seal }) => {
    if (seal !== null) store.update({ seal: parseBase64(seal, 16) });
  });
  return {
    current: () => store.current(),
    subscribe: (listener) => store.subscribe(listener),
    setSeal(seed) {
      store.update({ seal: seed });
      void ask('settings/seal', { seal: toBase64(seed) });
    },
    finish(place) {
      void ask('settings/first-run', {});
      // The box is turned on from the toolbar, on the site it is for; the panel is there at once.
      if (place === 'panel') void openPanel(windowId);
    },
  };
}
