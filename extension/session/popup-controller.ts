/** The toolbar popup: where this tab stands, and the grant of its site. @module */
import type { VerificationReport } from '../../protocol/report.ts';
import { ask } from '../ask.ts';
import { browser } from '../browser.ts';
import { permissionPattern } from '../grants.ts';
import type { TabReply } from '../messaging.ts';
import { openPanel } from '../panel.ts';
import { siteOf } from '../sender.ts';
import { Store } from '../ui/store.ts';
import type { PopupController, PopupView } from '../ui/surfaces/popup.ts';
import type { Status } from '../ui/surfaces/status.ts';
import { askForChain } from './chain-asked.ts';
import { openPage } from './pages.ts';
import { choices, chosen, readLog, readTrust } from './trust.ts';
import { forkEvidence } from './view-status.ts';

const status = (id: Status['id']): Status => ({ id, simulated: false, figures: {} });

function viewOf(tab: TabReply, firstRunDone: boolean): PopupView {
  const { site, granted, boxOpen, view, requests } = tab;
  const shown = view?.status as unknown as Status | undefined;
  const rest = status(firstRunDone ? 'not-granted' : 'not-set-up');
  return {
    status: shown ?? rest,
    site: site === null ? null : { host: new URL(site).host, granted, boxOpen },
    checkedAt: view?.checkedAt ?? null,
    report: (view?.report as unknown as VerificationReport | null) ?? null,
    fork: null,
    requests: requests.map(({ at, status: of }) => ({ at, status: of as unknown as Status })),
  };
}

/** What proves the fork that a view told of: from the log of the service it spoke of, or of any that has one. */
async function evidenceOfFork({ report }: PopupView): Promise<PopupView['fork']> {
  const all = choices(await readTrust());
  const own = all.filter(({ enclave }) => enclave.service === report?.service);
  for (const choice of [...own, ...all]) {
    const log = readLog(await ask('log/get', { domain: choice.domain.name }), choice.domain);
    const evidence = forkEvidence({ choice, log });
    if (evidence !== null) return evidence;
  }
  return null;
}

/** The controller of popup.html. */
export function createPopupController(): PopupController {
  const store = new Store<PopupView>({
    status: status('checking'),
    site: null,
    checkedAt: null,
    report: null,
    fork: null,
    requests: [],
  });
  let tabId: number | undefined;
  let windowId: number | undefined;
  let site: string | null = null;

  const load = async () => {
    const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
    tabId = tab?.id;
    windowId = tab?.windowId;
    if (tabId === undefined) return;
    const [reply, settings] = await Promise.all([ask('tab/get', { tabId }), ask('settings/get', {})]);
    site = reply.site ?? siteOf(tab?.url);
    const view = viewOf(reply, settings.firstRunDone);
    store.update(view);
    // A log that contradicts itself is told of on every surface, whatever this tab shows.
    const fork = await evidenceOfFork(view);
    if (fork !== null) store.update({ status: status('fork'), fork });
  };
  const reload = () => void load().catch(() => store.update({ status: status('storage') }));
  reload();
  return {
    current: () => store.current(),
    subscribe: (listener) => store.subscribe(listener),
    openPanel: () => void openPanel(windowId),
    async useHere() {
      if (site === null) return;
      // Nothing may be awaited before this: the browser wants it inside the click.
      const allowed = await browser.permissions.request({ origins: [permissionPattern(site)] });
      if (!allowed) return;
      await ask('grants/add', { site });
      reload();
    },
    async stopHere() {
      if (site === null) return;
      await ask('grants/remove', { site });
      reload();
    },
    async checkNow() {
      const choice = chosen(await readTrust());
      if (choice) readLog(await ask('log/sync', { domain: choice.domain.name }), choice.domain);
      reload();
    },
    seeChecks() {
      void openPanel(windowId);
      if (windowId !== undefined) void askForChain(windowId).then(() => close());
    },
    async write() {
      if (tabId === undefined) return;
      await ask('tab/write', { tabId });
      close();
    },
    open: openPage,
  };
}
