/** Drives the extension in Firefox, by Marionette. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Driver, type Envelope, namedKeys, type TabState, tabQuery } from './driver.ts';
import { startFirefox } from './firefox.ts';

const uuid = '11111111-2222-4333-8444-555555555555';
const address = (page: string) => `moz-extension://${uuid}/${page}.html`;

/** Index of the sealed box among the frames of the tab in front; -1 without one. Runs in the browser itself. */
const boxIndex = `return gBrowser.selectedBrowser.browsingContext.children.findIndex(
  (child) => child.currentURI?.spec === ${JSON.stringify(address('composer'))});`;

/**
 * The sidebar opens with the installation, a moment later: it would take the keyboard from a tab that is in front by
 * then, and what it shows would be taken for what a page brought about.
 */
const hideSidebar = `
  const { SidebarController } = Services.wm.getMostRecentWindow('navigator:browser');
  for (let looks = 0; !SidebarController.isOpen && looks < 50; looks++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  if (!SidebarController.isOpen) throw new Error('the sidebar did not open');
  SidebarController.hide();`;

/** Gives the keyboard to the tab in front, where a part of the browser itself has it. */
const focusTab = `
  const { document, gBrowser } = Services.wm.getMostRecentWindow('navigator:browser');
  if (document.activeElement !== gBrowser.selectedBrowser) gBrowser.selectedBrowser.focus();`;

/** Notes every request that is more than reading, in the browser itself. */
const noteWrites = `
  const browserWindow = Services.wm.getMostRecentWindow('navigator:browser');
  browserWindow.written = [];
  Services.obs.addObserver((channel) => {
    const { requestMethod, URI } = channel.QueryInterface(Ci.nsIHttpChannel);
    if (requestMethod !== 'GET') browserWindow.written.push(URI.spec);
  }, 'http-on-modify-request');`;

/** Runs `script` in every new document of the extension, with the document's own rights. */
const injected = (script: string) => `
  addEventListener('DOMWindowCreated', ({ target }) => {
    const page = target.defaultView;
    if (!page.location.href.startsWith('moz-extension://${uuid}/')) return;
    const sandbox = Cu.Sandbox(page, { sandboxPrototype: page, wantXrays: false });
    Cu.evalInSandbox(${JSON.stringify(script)}, sandbox);
  }, true);`;

/** Starts Firefox with the unpacked extension in `folder`. */
export async function startFirefoxDriver(folder: string): Promise<Driver> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
  const firefox = await startFirefox(manifest.browser_specific_settings.gecko.id, uuid);
  const { send } = firefox;
  await firefox.install(folder);
  await firefox.run(hideSidebar, 'chrome');
  await firefox.run(noteWrites, 'chrome');
  const { value: home } = await send('WebDriver:GetWindowHandle');
  const newTab = async () => {
    // The tab before may be closed, and then nothing can be done from it.
    await send('WebDriver:SwitchToWindow', { handle: home, focus: false });
    const { handle = '' } = await send('WebDriver:NewWindow', { type: 'tab', focus: true });
    await send('WebDriver:SwitchToWindow', { handle, focus: true });
    await firefox.run(focusTab, 'chrome');
    return handle;
  };
  const own = new Map<string, string>();
  let tabHandle = await newTab();
  let url = '';
  const toTab = async () => {
    await send('WebDriver:SwitchToWindow', { handle: tabHandle, focus: false });
    await send('WebDriver:SwitchToFrame', { id: null });
  };
  const runIn = async (page: string, body: string) => {
    let handle = own.get(page);
    if (handle === undefined) {
      handle = await newTab();
      own.set(page, handle);
      await send('WebDriver:Navigate', { url: address(page) });
      // Between two tests there is no tab to go back to.
      await send('WebDriver:SwitchToWindow', { handle: tabHandle, focus: true }).catch(() => {});
      await firefox.run(focusTab, 'chrome');
    }
    await send('WebDriver:SwitchToWindow', { handle, focus: false });
    try {
      return await firefox.run(body);
    } finally {
      await toTab().catch(() => {});
    }
  };
  const toBox = async () => {
    await toTab();
    const id = Number(await firefox.run(boxIndex, 'chrome'));
    if (id < 0) return false;
    await send('WebDriver:SwitchToFrame', { id });
    return true;
  };
  // Now, and not in the middle of a scenario, whose tab would lose the keyboard to the new one for a moment.
  await runIn('popup', '');
  const tab = async () => (await runIn('popup', tabQuery(url))) as (TabState & { id: number }) | null;
  return {
    browser: 'firefox',
    ownName: uuid,
    address,
    ask: async (page, type, body) =>
      (await runIn(page, `return chrome.runtime.sendMessage(${JSON.stringify({ type, body })})`)) as Envelope,
    runIn,
    async show(page) {
      await runIn(page, '');
      await send('WebDriver:SwitchToWindow', { handle: own.get(page), focus: true });
    },
    async open(wanted) {
      url = wanted;
      tabHandle = await newTab();
      await send('WebDriver:Navigate', { url: wanted });
    },
    async go(wanted) {
      await toTab();
      await send('WebDriver:Navigate', { url: wanted });
    },
    async back() {
      await toTab();
      await send('WebDriver:Back');
    },
    async resize(width, height) {
      await send('WebDriver:SetWindowRect', { width, height });
    },
    async run(body) {
      await toTab();
      return firefox.run(body);
    },
    async runInBox(body) {
      if (!(await toBox())) return null;
      return firefox.run(body);
    },
    async click(selector, where) {
      if (where === 'page') await toTab();
      else await toBox();
      const { value } = await send('WebDriver:FindElement', { using: 'css selector', value: selector });
      const [id] = Object.values(value as Record<string, string>);
      await send('WebDriver:ElementClick', { id });
    },
    async press(keys) {
      await firefox.run(focusTab, 'chrome');
      const actions = [...keys].flatMap((key) => {
        const codes = namedKeys[key]?.[1] ?? [key];
        const down = codes.map((value) => ({ type: 'keyDown', value }));
        return [...down, ...down.map(({ value }) => ({ type: 'keyUp', value })).reverse()];
      });
      await send('WebDriver:PerformActions', { actions: [{ type: 'key', id: 'keys', actions }] });
    },
    tab: async () => (await tab()) ?? { granted: false, boxOpen: false, state: null },
    async askForBox() {
      const message = JSON.stringify({ type: 'tab/write', body: { tabId: (await tab())?.id } });
      await runIn('popup', `return chrome.runtime.sendMessage(${message})`);
    },
    async closeTab() {
      await toTab();
      await send('WebDriver:CloseWindow');
    },
    async beforePages(script) {
      const loaded = `data:text/javascript,${encodeURIComponent(injected(script))}`;
      await firefox.run(`Services.mm.loadFrameScript(${JSON.stringify(loaded)}, true)`, 'chrome');
    },
    async setOffline(offline) {
      await firefox.run(
        `Services.prefs.setBoolPref('network.disable-localhost-when-offline', true);
         Services.io.offline = ${offline};
         // Connections that are open would outlive the network.
         Services.obs.notifyObservers(null, 'net:prune-all-connections');`,
        'chrome',
      );
    },
    written: async () =>
      (await firefox.run(
        `return Services.wm.getMostRecentWindow('navigator:browser').written`,
        'chrome',
      )) as string[],
    close: () => firefox.close(),
  };
}
