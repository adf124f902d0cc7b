/**
 * Sites with the sealed box: the browser's permission, our record, and the content script that goes with it.
 * @module
 */
import { type Browser, browser } from '../browser.ts';
import { extensionError } from '../errors.ts';
import { bridgeId, type Grant, permissionPattern } from '../grants.ts';
import { siteOf } from '../sender.ts';
import type { BackgroundStore } from './store.ts';

const bridgeScript = 'bridge.js';

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
  /** Makes records and content scripts agree with the browser's permissions. */
  reconcile(): Promise<void>;
}

async function register(site: string): Promise<void> {
  const id = bridgeId(site);
  const known = await browser.scripting.getRegisteredContentScripts({ ids: [id] });
  if (known.length > 0) return;
  const script: Browser.scripting.RegisteredContentScript = {
    id,
    matches: [permissionPattern(site)],
    js: [bridgeScript],
    runAt: 'document_idle',
    persistAcrossSessions: true,
  };
  await browser.scripting.registerContentScripts([script]);
}

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
  const unregister = async (site: string, others: readonly Grant[]) => {
    const id = bridgeId(site);
    // Two ports of one host share a pattern, and so a script.
    if (others.some((grant) => bridgeId(grant.site) === id)) return;
    const known = await browser.scripting.getRegisteredContentScripts({ ids: [id] });
    if (known.length > 0) await browser.scripting.unregisterContentScripts({ ids: [id] });
  };
  return {
    list,
    openTabs,
    async add(site, recorded) {
      if (!(await permitted(site))) throw extensionError('WAX_EXT_NOT_GRANTED');
      await store.putGrant({ site, box: true, adapter: false });
      await recorded();
      await register(site);
      await startInTabs(site);
    },
    async remove(site) {
      await store.removeGrant(site);
      const others = await store.grants();
      await unregister(site, others);
      const shared = others.some((grant) => permissionPattern(grant.site) === permissionPattern(site));
      // Fails where the permission came with the installation; the record is gone either way.
      if (!shared)
        await browser.permissions.remove({ origins: [permissionPattern(site)] }).catch(() => false);
    },
    async setAdapter(site, on) {
      const grant = (await list()).find((one) => one.site === site);
      if (!grant) throw extensionError('WAX_EXT_NOT_GRANTED');
      await store.putGrant({ ...grant, adapter: on });
    },
    async reconcile() {
      const kept = await list();
      for (const { site } of await store.grants()) {
        if (kept.some((grant) => grant.site === site)) await register(site);
        else {
          await store.removeGrant(site);
          await unregister(site, kept);
        }
      }
    },
  };
}
