/**
 * What became of the requests that a page itself wrote, through the fetch adapter: the last few of each tab, for the
 * popup. States and times only; no word of a request comes here.
 * @module
 */
import type { JsonValue } from '../../protocol/json.ts';
import type { RequestNote } from '../messaging.ts';
import type { SessionValue } from './session-memory.ts';

/** As many as a popup can show. */
export const MOST_NOTES = 8;

/** By tab: the site that wrote them, and what became of each, the newest first. */
export interface RequestMemory {
  readonly [tabId: number]: { readonly site: string; readonly notes: readonly RequestNote[] };
}

interface TabOfSite {
  readonly tabId: number;
  readonly site: string;
}

/** Notes over memory that outlives the background's sleep. */
export function createRequests(memory: SessionValue<RequestMemory>, now: () => number) {
  return {
    /** Notes a request; those of another site in the same tab are over then. */
    async note({ tabId, site }: TabOfSite, status: JsonValue): Promise<void> {
      await memory.change((tabs) => {
        const before = tabs[tabId];
        const earlier = before?.site === site ? before.notes : [];
        const notes = [{ at: now(), status }, ...earlier].slice(0, MOST_NOTES);
        return [{ ...tabs, [tabId]: { site, notes } }, undefined];
      });
    },
    /** Those of the site that the tab shows now. */
    async of(tabId: number, site: string | null): Promise<readonly RequestNote[]> {
      const found = (await memory.read())[tabId];
      return found !== undefined && found.site === site ? found.notes : [];
    },
    async forgetTab(tabId: number): Promise<void> {
      await memory.change(({ [tabId]: _gone, ...others }) => [others, undefined]);
    },
  };
}

export type Requests = ReturnType<typeof createRequests>;
