/** One way to drive the extension in either browser, so that a scenario is written once and runs in both. */
import { expect } from 'vitest';

/** What the sealed box of a page shows. */
export interface BoxState {
  /** It has a text area that takes keys. */
  readonly writable: boolean;
  /** It shows the seal as lit: it has the keyboard. */
  readonly lit: boolean;
  readonly text: string;
}

export interface Envelope {
  readonly ok: boolean;
  readonly reply?: unknown;
  readonly code?: string;
}

/** What the popup would say of a tab. */
export interface TabState {
  readonly granted: boolean;
  readonly boxOpen: boolean;
  /** State id that the toolbar shows; null where no view has reported. */
  readonly state: string | null;
}

export interface Driver {
  readonly browser: 'chromium' | 'firefox';
  /** What no page may learn: the extension's id, or its random name in this installation. */
  readonly ownName: string;
  /** Address of a page of the extension. */
  address(page: string): string;
  /** Asks the background as `page` of the extension does. */
  ask(page: 'popup' | 'welcome' | 'options', type: string, body: object): Promise<Envelope>;
  /** Runs the body of an async function in a page of the extension, in a tab of its own that stays in the background. */
  runIn(page: string, body: string): Promise<unknown>;
  /** Brings that tab to the front: a hidden page asks nobody anything. */
  show(page: string): Promise<void>;
  /** Shows an address in a new tab, which all that follows is about. */
  open(url: string): Promise<void>;
  /** Goes on to another address in the same tab. */
  go(url: string): Promise<void>;
  back(): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  /** Runs the body of an async function in the page; its result must be JSON. */
  run(body: string): Promise<unknown>;
  /** Runs the body of an async function in the sealed box; null where the page has none. */
  runInBox(body: string): Promise<unknown>;
  /** Clicks an element of the page, or of the sealed box. */
  click(selector: string, where: 'page' | 'box'): Promise<void>;
  /** Presses keys, wherever the keyboard is; those of `namedKeys` stand for keys without a letter. */
  press(keys: string): Promise<void>;
  /** What the background knows of the tab. */
  tab(): Promise<TabState>;
  /** Asks for the sealed box as the popup's button does. */
  askForBox(): Promise<void>;
  closeTab(): Promise<void>;
  /** Runs a script in every page of the extension that is opened from now on, before the page's own. */
  beforePages(script: string): Promise<void>;
  /** Takes the network away, from loopback too, and gives it back. */
  setOffline(offline: boolean): Promise<void>;
  /** Addresses that the browser has asked for so far, but for those that it only read. */
  written(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Characters that stand for keys without a letter: their name for Playwright, and WebDriver's codes. */
export const namedKeys: Readonly<Record<string, readonly [name: string, codes: readonly string[]]>> = {
  '\n': ['Enter', ['\uE007']],
  '\t': ['Tab', ['\uE004']],
  '⇤': ['Shift+Tab', ['\uE008', '\uE004']],
  '⎋': ['Escape', ['\uE00C']],
  '↑': ['ArrowUp', ['\uE013']],
  '↓': ['ArrowDown', ['\uE015']],
  '→': ['ArrowRight', ['\uE014']],
};

const boxState = `
  const area = document.querySelector('textarea');
  return { writable: area !== null && !area.readOnly && !area.disabled,
    lit: document.querySelector('.composer-lit') !== null, text: document.body.innerText };`;

/** What the sealed box shows, or null where there is none. */
export async function boxOf(driver: Driver): Promise<BoxState | null> {
  // The page may take the frame out in between.
  return (await driver.runInBox(boxState).catch(() => null)) as BoxState | null;
}

/**
 * Types into the composer that has the keyboard, and presses Enter once there is something to send to: while the
 * check runs, Enter sends nothing and the words stay where they are. `run` is `runInBox` for the box of a page.
 */
export async function typeAndSend(driver: Driver, run: Driver['run'], text: string): Promise<void> {
  await driver.press(text);
  const sends = () => run(`return document.querySelector('.send')?.disabled === false`);
  await expect.poll(sends, { timeout: 20_000 }).toBe(true);
  await driver.press('\n');
}

/** Clicks into the sealed box, types and sends. */
export async function writeInBox(driver: Driver, text: string): Promise<void> {
  await driver.click('textarea', 'box');
  await typeAndSend(driver, driver.runInBox, text);
}

/** Body of a function for a page of the extension that finds out about the tab that shows `url`. */
export function tabQuery(url: string): string {
  return `
    const tabs = await chrome.tabs.query({});
    const tab = tabs.filter(({ url }) => url?.startsWith(${JSON.stringify(url)})).at(-1);
    if (!tab) return null;
    const { ok, reply, code } = await chrome.runtime.sendMessage({ type: 'tab/get', body: { tabId: tab.id } });
    return ok ? { granted: reply.granted, boxOpen: reply.boxOpen, state: reply.view?.status.id ?? null, id: tab.id } : null;`;
}

/** Picks a seal and passes the lesson. */
export async function passFirstRun(driver: Driver): Promise<void> {
  await driver.ask('welcome', 'settings/seal', { seal: 'AAECAwQFBgcICQoLDA0ODw==' });
  await driver.ask('welcome', 'settings/first-run', {});
}
