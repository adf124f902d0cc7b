/**
 * The toolbar icon of each tab. It is the second channel for the seal: outside the page, so that no page can
 * paint it, and lit only while a port of a real frame or panel says that it has the keyboard.
 * @module
 */
import { type Browser, browser } from '../browser.ts';
import type { ViewStatus } from '../messaging.ts';
import { panelMark } from '../panel.ts';
import { siteOf } from '../sender.ts';
import { t } from '../ui/i18n/messages.ts';
import { describe } from '../ui/state/describe.ts';
import type { Status } from '../ui/surfaces/status.ts';
import type { SessionValue } from './session-memory.ts';
import { type ToolbarLook, toolbarLook } from './toolbar-state.ts';

/** What views last reported: frames and extension tabs by tab, panels by window. */
export interface Reported {
  /** A report speaks for the site it came from, and for no page that the tab shows later. */
  readonly tabs: {
    readonly [tabId: number]: {
      readonly site: string | null;
      readonly view: ViewStatus;
      /** It is about a request that the page itself wrote. */
      readonly request?: true;
    };
  };
  readonly windows: { readonly [windowId: number]: ViewStatus };
}

interface TabPlace {
  readonly tabId: number;
  readonly site: string | null;
}
export type Place = TabPlace | { readonly windowId: number };

export interface Toolbar {
  report(place: Place, status: ViewStatus): Promise<void>;
  /** What became of a request of the page's own; never more than that, and nothing where a box has the word. */
  reportRequest(place: TabPlace, status: ViewStatus): Promise<void>;
  reported(tab: Browser.tabs.Tab): Promise<ViewStatus | null>;
  /** A view in `place` has the keyboard until the returned function is called. */
  startTyping(place: Place): () => void;
  /** Draws the icon of one tab again, or that of every active tab. */
  draw(tabId?: number): Promise<void>;
  forgetTab(tabId: number): Promise<void>;
  /** The browser's theme, told by a view: the background cannot ask for it. */
  setTheme(theme: 'light' | 'dark'): Promise<void>;
}

export interface ToolbarInput {
  isGranted(site: string): boolean;
  hasFork(): Promise<boolean>;
  /** Outlives the background's sleep; `any` until a view has told it. */
  readonly theme: SessionValue<'light' | 'dark' | 'any'>;
}

/** States that only a surface may show which the page cannot read. */
const requestStates: readonly Status['id'][] = ['sealed', 'sealed-imported', 'sealed-grace', 'simulated'];

function isClosed({ status }: ViewStatus): boolean {
  const { id } = status as unknown as Status;
  return id === 'page' || id === 'page-covered';
}

/** Icons come from extension/public/icons; titles from the words of the states. */
export function createToolbar(memory: SessionValue<Reported>, input: ToolbarInput): Toolbar {
  const typing = new Set<Place>();

  const panelIsOpen = async (windowId: number) => {
    const contexts = await browser.runtime.getContexts({ contextTypes: ['SIDE_PANEL'] });
    // Chrome does not say which window a panel is in, so that panels write it into their own address.
    return contexts.some(
      (context) => context.windowId === windowId || context.documentUrl?.endsWith(panelMark(windowId)),
    );
  };
  const reported = async ({ id, windowId, url }: Browser.tabs.Tab) => {
    const { tabs, windows } = await memory.read();
    const own = id === undefined ? undefined : tabs[id];
    if (own && own.site === siteOf(url)) return own.view;
    const panel = windows[windowId];
    return panel && (await panelIsOpen(windowId)) ? panel : null;
  };
  const isTyping = (tab: Browser.tabs.Tab) =>
    [...typing].some((place) =>
      'tabId' in place ? place.tabId === tab.id : tab.active && place.windowId === tab.windowId,
    );

  const titleOf = ({ state }: ToolbarLook, view: Status | null): string => {
    if (state === 'ready') return t('extName');
    const { word, short } = describe({ id: state, simulated: false, figures: view?.figures ?? {} });
    return t('toolbarTitle', { word, sentence: short });
  };
  const apply = async (tabId: number, { icon, badge }: ToolbarLook, title: string) => {
    const theme = await input.theme.read();
    const path = { 16: `/icons/${icon}-${theme}-16.png`, 32: `/icons/${icon}-${theme}-32.png` };
    await Promise.all([
      browser.action.setIcon({ tabId, path }),
      browser.action.setBadgeText({ tabId, text: badge }),
      browser.action.setTitle({ tabId, title }),
    ]);
  };
  const drawTab = async (tab: Browser.tabs.Tab) => {
    if (tab.id === undefined) return;
    const site = siteOf(tab.url);
    const view = await reported(tab);
    const status = view ? (view.status as unknown as Status) : null;
    const look = toolbarLook({
      granted: site !== null && input.isGranted(site),
      fork: await input.hasFork(),
      view: status,
      typing: isTyping(tab),
    });
    // The tab may close while its icon is being drawn.
    await apply(tab.id, look, titleOf(look, status)).catch(() => {});
  };
  const draw = async (tabId?: number) => {
    if (tabId === undefined) await Promise.all((await browser.tabs.query({ active: true })).map(drawTab));
    else await browser.tabs.get(tabId).then(drawTab, () => {});
  };
  return {
    reported,
    draw,
    async report(place, status) {
      await memory.change(({ tabs, windows }) => {
        if (!('tabId' in place))
          return [{ tabs, windows: { ...windows, [place.windowId]: status } }, undefined];
        const before = tabs[place.tabId];
        // A closed box stays closed until another asks for its token; its own last words come too late.
        if (before && before.site === place.site && isClosed(before.view))
          return [{ tabs, windows }, undefined];
        return [{ tabs: { ...tabs, [place.tabId]: { site: place.site, view: status } }, windows }, undefined];
      });
      await draw('tabId' in place ? place.tabId : undefined);
    },
    async reportRequest({ tabId, site }, view) {
      const { id } = view.status as unknown as Status;
      // Whatever a frame says: a request that the page wrote is never shown as one that it could not read.
      if (id !== 'adapter' && requestStates.includes(id)) return;
      await memory.change(({ tabs, windows }) => {
        const before = tabs[tabId];
        const hasBox = before !== undefined && before.site === site && before.request !== true;
        const next = hasBox ? tabs : { ...tabs, [tabId]: { site, view, request: true as const } };
        return [{ tabs: next, windows }, undefined];
      });
      await draw(tabId);
    },
    startTyping(place) {
      typing.add(place);
      const redraw = () => draw('tabId' in place ? place.tabId : undefined);
      redraw();
      return () => {
        typing.delete(place);
        redraw();
      };
    },
    async forgetTab(tabId) {
      await memory.change(({ tabs, windows }) => {
        const { [tabId]: _gone, ...others } = tabs;
        return [{ tabs: others, windows }, undefined];
      });
    },
    async setTheme(next) {
      const changed = await input.theme.change((last) => [next, last !== next]);
      if (changed) await draw();
    },
  };
}
