/** First run: keeps the chosen seal and leads to the place where the person wants to write. @module */
import { parseBase64, toBase64 } from '../../protocol/bytes.ts';
import { ask } from '../ask.ts';
import { browser } from '../browser.ts';
import { openPanel } from '../panel.ts';
import { Store } from '../ui/store.ts';
import type { WelcomeController, WelcomeView } from '../ui/surfaces/welcome.ts';
import { openPage } from './pages.ts';
import { createPracticeController } from './practice-controller.ts';
import { readTrust } from './trust.ts';

/** The controller of welcome.html. */
export function createWelcomeController(): WelcomeController {
  const store = new Store<WelcomeView>({ seal: null, domain: null });
  let windowId: number | undefined;
  void browser.windows.getCurrent().then(({ id }) => {
    windowId = id;
  });
  void ask('settings/get', {}).then(({ seal }) => {
    if (seal !== null) store.update({ seal: parseBase64(seal, 16) });
  });
  void readTrust().then(({ domains }) => {
    const own = domains.find(({ importedAt }) => importedAt === null);
    store.update({ domain: own?.domain.name ?? null });
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
    practise() {
      void ask('settings/first-run', {});
      return createPracticeController(store.current().seal ?? new Uint8Array(16));
    },
    openOptions: () => openPage('options'),
  };
}
