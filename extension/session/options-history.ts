/** The encrypted history in Options: turning it on and off, and its passphrase. Keys stay in this document. @module */
import { CodedError } from '../../protocol/errors.ts';
import type { Store } from '../ui/store.ts';
import type { HistorySettings, OptionsView } from '../ui/surfaces/options.ts';
import { History } from './history/history.ts';
import { historyError } from './history/history-errors.ts';
import { historyPlace } from './history/history-place.ts';

export interface OptionsHistory {
  look(): Promise<void>;
  create(passphrase: string): Promise<void>;
  changePassphrase(from: string, to: string): Promise<void>;
  remove(): Promise<void>;
}

export function createOptionsHistory(store: Store<OptionsView>): OptionsHistory {
  const database = historyPlace();
  const history = database && new History(database);
  const update = (change: Partial<HistorySettings>) =>
    store.update({ history: { ...store.current().history, ...change } });
  const act = async (done: HistorySettings['done'], action: (history: History) => Promise<void>) => {
    if (history === null) return;
    update({ busy: true, problem: null, done: null });
    try {
      await action(history);
      update({ done });
    } catch (error) {
      update({
        problem: error instanceof CodedError ? error.code : historyError('WAX_HISTORY_UNAVAILABLE').code,
      });
    }
    // This page only manages the history: it has no use for the key, so it does not stay here.
    history.lock();
    const exists = await history.exists().catch(() => false);
    update({ busy: false, state: exists ? 'on' : 'off' });
  };
  return {
    look: () => act(null, async () => {}),
    create: (passphrase) => act('created', (one) => one.create(passphrase)),
    changePassphrase: (from, to) => act('changed', (one) => one.changePassphrase(from, to)),
    remove: () => act('deleted', (one) => one.deleteAll()),
  };
}
