/** What the background does for each message, once router.ts has let it in. @module */
import { browser } from '../browser.ts';
import {
  chainPoke,
  type HostCommand,
  type HostReply,
  type Interference,
  parseHostReply,
  type ViewStatus,
} from '../messaging.ts';
import { type Caller, siteOf } from '../sender.ts';
import type { Status } from '../ui/surfaces/status.ts';
import type { Frames } from './frames.ts';
import type { Logs } from './logs.ts';
import type { Requests } from './requests.ts';
import type { Handlers } from './router.ts';
import type { SessionValue } from './session-memory.ts';
import type { Sites } from './sites.ts';
import type { BackgroundStore } from './store.ts';
import type { Toolbar } from './toolbar.ts';
import type { Trust } from './trust.ts';

export interface Parts {
  readonly store: BackgroundStore;
  readonly trust: Trust;
  readonly logs: Logs;
  readonly sites: Sites;
  readonly frames: Frames;
  readonly toolbar: Toolbar;
  readonly requests: Requests;
  /** Window whose panel is to open at the chain. */
  readonly chainWish: SessionValue<number | null>;
  /** Reads the grants again after a change, for sender checks and icons. */
  refreshGrants(): Promise<void>;
  /** Takes up the language that the settings name. */
  speak(): Promise<void>;
}

/** Callers that the router lets through to messages of web pages. */
function placed(caller: Caller): Extract<Caller, { site: string }> {
  if (!('site' in caller)) throw new TypeError('a page of the extension has no site');
  return caller;
}

/** Asks the content script of a tab; where there is none, there is no box. */
export async function commandHost(tabId: number, host: HostCommand['host']): Promise<HostReply> {
  const command: HostCommand = { host };
  const reply: unknown = await browser.tabs.sendMessage(tabId, command, { frameId: 0 }).catch(() => null);
  return parseHostReply(reply);
}

/** What the toolbar and the popup show after a page got in the way. */
function interferenceStatus(kind: Interference): ViewStatus {
  const id: Status['id'] = kind === 'cover' ? 'page-covered' : 'page';
  return {
    status: { id, simulated: false, figures: { interference: kind } },
    checkedAt: null,
    report: null,
  };
}

/** The handlers over the background's parts. */
export function createHandlers(parts: Parts): Handlers {
  const { store, trust, logs, sites, frames, toolbar, requests } = parts;
  return {
    'bridge/hello': async (_request, caller) => {
      const { tabId, frameId, site } = placed(caller);
      await sites.startProvider(tabId, frameId);
      return { adapter: await sites.hasAdapter(site) };
    },
    'bridge/token': async ({ frame }, caller) => {
      // A new box: what an earlier one reported is over.
      if (frame === 'frame') await toolbar.forgetTab(placed(caller).tabId);
      return { token: await frames.issue(placed(caller), frame) };
    },
    'bridge/interference': async ({ kind }, caller) => {
      // The frame is done for, and what it still says of itself no longer counts.
      await frames.forgetTab(placed(caller).tabId);
      await toolbar.report(placed(caller), interferenceStatus(kind));
      return {};
    },
    'frame/redeem': async ({ token }, caller) => {
      const { site, tabId, windowId } = placed(caller);
      await frames.redeem(placed(caller), token);
      return { site, tabId, windowId, adapter: await sites.hasAdapter(site) };
    },
    'trust/get': () => trust.reply(),
    'trust/import': async ({ text }) => {
      await trust.add(text);
      return {};
    },
    'trust/remove': async ({ name }) => {
      await trust.remove(name);
      return {};
    },
    'trust/demand': async ({ domain, type, preset }) => {
      await trust.demand(domain, type, preset);
      return {};
    },
    'log/get': async ({ domain }) => logs.get(await trust.byName(domain)),
    'log/sync': async ({ domain }) => {
      const reply = await logs.sync(await trust.byName(domain));
      await toolbar.draw();
      return reply;
    },
    'log/restart': async ({ domain }) => logs.restart(await trust.byName(domain)),
    'log/dismiss': async ({ domain, foundAt }) => {
      await logs.dismiss(await trust.byName(domain), foundAt);
      return {};
    },
    'settings/get': () => store.settings(),
    'settings/seal': async ({ seal }) => {
      await store.changeSettings({ seal });
      return {};
    },
    'settings/first-run': async () => {
      await store.changeSettings({ firstRunDone: true });
      return {};
    },
    'chain/wish': async ({ windowId }) => {
      await parts.chainWish.change(() => [windowId, undefined]);
      // Nobody listens where no panel is open yet; it looks when it opens.
      await browser.runtime.sendMessage(chainPoke).catch(() => {});
      return {};
    },
    'chain/take': async ({ windowId }) => ({
      wanted: await parts.chainWish.change((wished) =>
        wished === windowId ? [null, true] : [wished, false],
      ),
    }),
    'seen/note': async (seen) => ({ last: await store.noteSeen(seen) }),
    'settings/preferences': async (preferences) => {
      await store.changeSettings(preferences);
      // The page need not wait for the toolbar to follow.
      void parts
        .speak()
        .then(() => toolbar.draw())
        .catch(() => {});
      return {};
    },
    'settings/forget': async () => {
      for (const { site } of await sites.list()) {
        for (const tab of await sites.openTabs(site)) await commandHost(tab, 'close');
        await sites.remove(site);
      }
      await store.forget();
      await parts.refreshGrants();
      // The page need not wait for the toolbar to follow.
      void parts
        .speak()
        .then(() => toolbar.draw())
        .catch(() => {});
      return {};
    },
    'view/theme': async ({ theme }) => {
      await toolbar.setTheme(theme);
      return {};
    },
    'settings/service': async ({ service }) => {
      await store.changeSettings({ service });
      return {};
    },
    'view/status': async ({ windowId, ...status }, caller) => {
      const { tabId, role } = caller;
      const site = 'site' in caller ? caller.site : null;
      if (role === 'service') {
        await requests.note(placed(caller), status.status);
        await toolbar.reportRequest({ tabId: caller.tabId, site }, status);
      } else await toolbar.report(tabId === null ? { windowId } : { tabId, site }, status);
      return {};
    },
    'tab/get': async ({ tabId }) => {
      const tab = await browser.tabs.get(tabId);
      const site = siteOf(tab.url);
      const granted = site !== null && (await sites.list()).some((grant) => grant.site === site);
      const { open, closedBy } = await commandHost(tabId, 'look');
      // A document that may not speak to the background, such as a sandboxed one, still answers it.
      const closed = closedBy === null ? null : interferenceStatus(closedBy);
      const view = (await toolbar.reported(tab)) ?? (granted ? closed : null);
      const written = await requests.of(tabId, granted ? site : null);
      return { site, granted, boxOpen: granted && open, view, requests: written };
    },
    'tab/write': async ({ tabId }) => {
      await commandHost(tabId, 'open');
      return {};
    },
    'grants/list': async () => ({ grants: await sites.list() }),
    'grants/add': async ({ site }) => {
      await sites.add(site, parts.refreshGrants);
      await toolbar.draw();
      return {};
    },
    'grants/remove': async ({ site }) => {
      for (const tab of await sites.openTabs(site)) await commandHost(tab, 'close');
      await sites.remove(site);
      await parts.refreshGrants();
      await toolbar.draw();
      return {};
    },
    'grants/adapter': async ({ site, on }) => {
      await sites.setAdapter(site, on);
      return {};
    },
  };
}
