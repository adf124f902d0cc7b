/**
 * Puts the background together and hangs it on the browser's events. It keeps no state in memory that it
 * cannot lose: browsers stop it after thirty idle seconds.
 * @module
 */
import { type Browser, browser } from '../browser.ts';
import { typingPort } from '../messaging.ts';
import { openPanel } from '../panel.ts';
import { type Caller, identifySender, siteOf } from '../sender.ts';
import { messagesFor } from '../session/language.ts';
import { syncLog } from '../session/log-client.ts';
import { movePort } from '../session/moving/move-port.ts';
import { browserMessages } from '../ui/i18n/browser.ts';
import { setMessageSource } from '../ui/i18n/messages.ts';
import { readBuiltInDomain } from './built-in.ts';
import { openDatabase } from './database.ts';
import { createFrames, type FrameMemory } from './frames.ts';
import { commandHost, createHandlers } from './handlers.ts';
import { createLogs } from './logs.ts';
import { createRequests, type RequestMemory } from './requests.ts';
import { answer } from './router.ts';
import { sessionValue } from './session-memory.ts';
import { createSites } from './sites.ts';
import { createStore } from './store.ts';
import { createToolbar, type Reported } from './toolbar.ts';
import { createTrust } from './trust.ts';
import { holdLight } from './typing.ts';

/** Minutes between two looks at the logs while the browser runs. */
const syncMinutes = 15;

/** An update would end open chats, so it waits until there is none. */
async function updateWhenIdle(): Promise<void> {
  const views = await browser.runtime.getContexts({ contextTypes: ['SIDE_PANEL', 'TAB', 'POPUP'] });
  const chats = views.filter(({ documentUrl }) => /\/(?:sidepanel|composer)\.html/.test(documentUrl ?? ''));
  if (chats.length === 0) browser.runtime.reload();
}

/** Registers every listener, synchronously, so that an event that wakes the background finds it. */
export function startBackground(): void {
  setMessageSource(browserMessages(browser.i18n));
  const store = createStore(openDatabase());
  const trust = createTrust(store, readBuiltInDomain, Date.now);
  const logs = createLogs(
    store,
    sessionValue<readonly string[]>('forks', []),
    (domain, state) => syncLog({ domain, state, fetch, now: Date.now }),
    Date.now,
  );
  const sites = createSites(store);
  const frames = createFrames(sessionValue<FrameMemory>('frames', { tokens: [], frames: [] }), Date.now);
  let granted: ReadonlySet<string> = new Set();
  const refreshGrants = async () => {
    granted = new Set((await sites.list()).map(({ site }) => site));
  };
  /** The toolbar's titles are in the language that the person chose, as the pages are. */
  const speak = async () => setMessageSource(await messagesFor((await store.settings()).language));
  const ready = Promise.all([sites.reconcile().then(refreshGrants, () => {}), speak().catch(() => {})]);
  const isGranted = (site: string) => granted.has(site);
  const toolbar = createToolbar(sessionValue<Reported>('reported', { tabs: {}, windows: {} }), {
    isGranted,
    hasFork: logs.hasFork,
    theme: sessionValue<'light' | 'dark' | 'any'>('theme', 'any'),
  });
  const requests = createRequests(sessionValue<RequestMemory>('requests', {}), Date.now);
  const handlers = createHandlers({
    requests,
    chainWish: sessionValue<number | null>('chain', null),
    store,
    trust,
    logs,
    sites,
    frames,
    toolbar,
    refreshGrants,
    speak,
  });
  const installation = {
    id: browser.runtime.id,
    origin: new URL(browser.runtime.getURL('')).origin,
    isGranted,
  };
  const identify = async (sender: Browser.runtime.MessageSender): Promise<Caller | null> => {
    await ready;
    return identifySender(sender, installation);
  };

  browser.runtime.onMessage.addListener((message: unknown, sender, reply) => {
    identify(sender)
      .then((caller) => answer(message, caller, frames.isRedeemed, handlers))
      .then(reply);
    return true;
  });
  browser.runtime.onConnect.addListener(async (port) => {
    // Between a box and its panel. The background neither listens nor ends it.
    if (port.name === movePort) return;
    const caller = port.sender ? await identify(port.sender) : null;
    const chat =
      caller?.role === 'sidepanel' || (caller?.role === 'frame' && (await frames.isRedeemed(caller)));
    if (caller && chat && port.name === typingPort) holdLight(port, caller, toolbar);
    else port.disconnect();
  });

  const forget = async (tabId: number) => {
    await frames.forgetTab(tabId);
    await toolbar.forgetTab(tabId);
  };
  browser.tabs.onRemoved.addListener((tabId) => {
    void forget(tabId);
    void requests.forgetTab(tabId);
  });
  browser.tabs.onUpdated.addListener(async (tabId, { status }, { url }) => {
    if (status === undefined) return;
    await ready;
    // The tab may show another document of the same site now, with no box in it. Only the document can tell.
    if (siteOf(url) !== null) {
      const { open, closedBy } = await commandHost(tabId, 'look');
      if (!open && closedBy === null) await forget(tabId);
    }
    // Where we are not let in, which shows as no address at all, there is no box. Our own pages have theirs.
    else if (url?.startsWith(`${installation.origin}/`) !== true) await forget(tabId);
    await toolbar.draw(tabId);
  });
  browser.tabs.onActivated.addListener(({ tabId }) => void ready.then(() => toolbar.draw(tabId)));
  const onPermissions = async () => {
    await sites.reconcile();
    await refreshGrants();
    await toolbar.draw();
  };
  browser.permissions.onRemoved.addListener(() => void onPermissions());

  browser.commands.onCommand.addListener((command, tab) => {
    if (command === 'open-panel') void openPanel(tab?.windowId);
    if (command === 'focus-composer' && tab?.id !== undefined) void commandHost(tab.id, 'open');
  });
  const syncAll = async () => {
    for (const domain of await trust.all()) await logs.sync(domain);
    await toolbar.draw();
  };
  browser.alarms.onAlarm.addListener(({ name }) => {
    if (name === 'sync') void syncAll();
    if (name === 'update') void updateWhenIdle();
  });
  void browser.alarms.create('sync', { periodInMinutes: syncMinutes, delayInMinutes: 1 });
  browser.runtime.onUpdateAvailable.addListener(() => {
    // An update that is not taken at once is taken by the browser at its next start; the alarm tries before.
    void browser.alarms.create('update', { periodInMinutes: 5 });
    void updateWhenIdle();
  });
  browser.runtime.onInstalled.addListener(({ reason }) => {
    if (reason === 'install') void browser.tabs.create({ url: browser.runtime.getURL('/welcome.html') });
  });
}
