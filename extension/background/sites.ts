/**
 * Sites with the sealed box: the browser's permission, our record, and the content script that goes with it.
 * @module
 */
import { type Browser, browser } from '../browser.ts';
import { extensionError } from '../errors.ts';
import { adapterId, bridgeId, type Grant, permissionPattern } from '../grants.ts';
import { siteOf } from '../sender.ts';
import type { BackgroundStore } from './store.ts';

const bridgeScript = 'bridge.js';
const adapterScript = 'adapter.js';
const providerScript = 'provider.js';

export interface Sites {
  /** Grants whose permission the browser still holds. */
  list(): Promise<Grant[]>;
  /**
   * Records a grant for which the person has just given the permission, and starts the box in open tabs;
   * `recorded` runs in between, since a started box asks for a frame at once.
   */
  add(site: string, recorded: () => Promise<void>): Promise<void>;
  /** Tabs that show the site. */
  openTabs(site: string): Promise<number[]>;
  remove(site: string): Promise<void>;
  setAdapter(site: string, on: boolean): Promise<void>;
  hasAdapter(site: string): Promise<boolean>;
  /** Announces Waxseal to a document of a granted site. */
  startProvider(tabId: number, frameId: number): Promise<void>;
  /** Makes records and content scripts agree with the browser's permissions. */
  reconcile(): Promise<void>;
}

type Script = Browser.scripting.RegisteredContentScript;

async function isRegistered(id: string): Promise<boolean> {
  return (await browser.scripting.getRegisteredContentScripts({ ids: [id] })).length > 0;
}

async function register(id: string, site: string, file: string, world: Script['world']): Promise<void> {
  if (await isRegistered(id)) return;
  const script: Script = {
    id,
    matches: [permissionPattern(site)],
    js: [file],
    world,
    runAt: 'document_start',
    persistAcrossSessions: true,
  };
  await browser.scripting.registerContentScripts([script]);
}

async function unregister(id: string): Promise<void> {
  if (await isRegistered(id)) await browser.scripting.unregisterContentScripts({ ids: [id] });
}

const registerBridge = (site: string) => register(bridgeId(site), site, bridgeScript, 'ISOLATED');

/** The adapter stands before the page's first script; whether it acts, the background decides by the origin. */
const registerAdapter = (site: string) => register(adapterId(site), site, adapterScript, 'MAIN');

async function openTabs(site: string): Promise<number[]> {
  const tabs = await browser.tabs.query({ url: permissionPattern(site) });
  return tabs.flatMap(({ id, url }) => (id !== undefined && siteOf(url) === site ? [id] : []));
}

/** Starts the bridge in tabs that show the site already. */
async function startInTabs(site: string): Promise<void> {
  const starts = (await openTabs(site)).map((tabId) =>
    browser.scripting.executeScript({ target: { tabId }, files: [bridgeScript] }),
  );
  // A tab that shows an error page refuses scripts; it gets its bridge with the next document.
  await Promise.allSettled(starts);
}

/** Sites over the store. */
export function createSites(store: BackgroundStore): Sites {
  const permitted = (site: string) => browser.permissions.contains({ origins: [permissionPattern(site)] });
  const list = async () => {
    const grants = await store.grants();
    const held = await Promise.all(grants.map(({ site }) => permitted(site)));
    return grants.filter((_, index) => held[index]);
  };
  /** Ends the scripts that no grant needs. Two ports of one host share a pattern, and so a script. */
  const endScripts = async (site: string, grants: readonly Grant[]) => {
    const sharing = grants.filter((grant) => bridgeId(grant.site) === bridgeId(site));
    if (sharing.length === 0) await unregister(bridgeId(site));
    if (!sharing.some(({ adapter }) => adapter)) await unregister(adapterId(site));
  };
  return {
    list,
    openTabs,
    async add(site, recorded) {
      if (!(await permitted(site))) throw extensionError('WAX_EXT_NOT_GRANTED');
      await store.putGrant({ site, box: true, adapter: false });
      await recorded();
      await registerBridge(site);
      await startInTabs(site);
    },
    async remove(site) {
      await store.removeGrant(site);
      const others = await store.grants();
      await endScripts(site, others);
      const shared = others.some((grant) => permissionPattern(grant.site) === permissionPattern(site));
      // Fails where the permission came with the installation; the record is gone either way.
      if (!shared)
        await browser.permissions.remove({ origins: [permissionPattern(site)] }).catch(() => false);
    },
    async setAdapter(site, on) {
      const grant = (await list()).find((one) => one.site === site);
      if (!grant) throw extensionError('WAX_EXT_NOT_GRANTED');
      await store.putGrant({ ...grant, adapter: on });
      if (on) await registerAdapter(site);
      else await endScripts(site, await store.grants());
    },
    hasAdapter: async (site) => (await list()).some((one) => one.site === site && one.adapter),
    async startProvider(tabId, frameId) {
      const target = { tabId, frameIds: [frameId] };
      // The document may be gone by now.
      await browser.scripting
        .executeScript({ target, files: [providerScript], world: 'MAIN', injectImmediately: true })
        .catch(() => []);
    },
    async reconcile() {
      const kept = await list();
      for (const { site } of await store.grants()) {
        const grant = kept.find((one) => one.site === site);
        if (grant) await registerBridge(site);
        if (grant?.adapter) await registerAdapter(site);
        if (grant) continue;
        await store.removeGrant(site);
        await endScripts(site, kept);
      }
    },
  };
}
