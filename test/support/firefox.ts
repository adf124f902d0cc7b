/** Firefox driven over Marionette, its own remote protocol: enough to load an add-on and look at its pages. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../demo/service.ts';
import { connectTo, marionette, type Send } from './marionette.ts';

const executable = '/usr/bin/firefox-esr';
/** Whether this machine has the browser; tests that need it skip themselves otherwise, and say so. */
export const hasFirefox = existsSync(executable);
if (!hasFirefox) console.log('No Firefox found: its tests are skipped (apt-get install firefox-esr).');

export interface Firefox {
  /** Folder of its profile. */
  readonly profile: string;
  /** Installs an unpacked add-on until the browser ends, for ordinary windows unless said. */
  install(folder: string, options?: { inPrivateWindows: boolean }): Promise<void>;
  /** Opens an address and waits until the page has loaded. */
  open(address: string): Promise<void>;
  /** Types into an element with real keys, and then presses Enter. */
  type(selector: string, text: string): Promise<void>;
  /** Runs the body of an async function in the page, or in the browser itself; throws if it does. Its result is JSON. */
  run(body: string, where?: 'content' | 'chrome'): Promise<unknown>;
  /** Any other command of the protocol. */
  send: Send;
  close(): Promise<void>;
}

/** WebDriver's name for the Enter key. */
const enterKey = '\uE007';

/** Starts a headless Firefox in which the add-on `addonId` will have the internal id `uuid`. */
export async function startFirefox(addonId: string, uuid: string): Promise<Firefox> {
  const profile = await mkdtemp(join(tmpdir(), 'waxseal-firefox-'));
  const port = await freePort();
  const preferences = {
    'marionette.port': port,
    'extensions.webextensions.uuids': JSON.stringify({ [addonId]: uuid }),
    'datareporting.policy.dataSubmissionEnabled': false,
    'app.normandy.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'browser.shell.checkDefaultBrowser': false,
  };
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  await writeFile(join(profile, 'user.js'), lines.join('\n'));
  const flags = [
    '--headless',
    '--marionette',
    '--remote-allow-system-access',
    '--no-remote',
    '--profile',
    profile,
  ];
  const child: ChildProcess = spawn(executable, flags, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const socket = await connectTo(port);
  const send = marionette(socket);
  await send('WebDriver:NewSession', {});
  return {
    send,
    profile,
    async install(folder, { inPrivateWindows } = { inPrivateWindows: false }) {
      const where = { allowPrivateBrowsing: inPrivateWindows };
      await send('Addon:Install', { path: folder, temporary: true, ...where });
    },
    async open(address) {
      await send('WebDriver:Navigate', { url: address });
      // A page that the extension opened by itself may be in front, and a hidden page asks nobody anything.
      const { value: handle } = await send('WebDriver:GetWindowHandle');
      await send('WebDriver:SwitchToWindow', { handle, focus: true });
    },
    async type(selector, text) {
      const { value } = await send('WebDriver:FindElement', { using: 'css selector', value: selector });
      const [id] = Object.values(value as Record<string, string>);
      await send('WebDriver:ElementSendKeys', { id, text });
      await send('WebDriver:ElementSendKeys', { id, text: enterKey });
    },
    async run(body, where = 'content') {
      await send('Marionette:SetContext', { value: where });
      const script = `const done = arguments[arguments.length - 1];
        (async () => { ${body} })().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      try {
        const answer = await send('WebDriver:ExecuteAsyncScript', { script, args: [], sandbox: null });
        const { value, error } = answer.value as { value?: unknown; error?: string };
        if (error !== undefined) throw new Error(`in Firefox: ${error}`);
        return value ?? null;
      } finally {
        await send('Marionette:SetContext', { value: 'content' });
      }
    },
    async close() {
      await send('Marionette:Quit', { flags: ['eForceQuit'] }).catch(() => {});
      socket.destroy();
      await ended;
      await rm(profile, { recursive: true, force: true });
    },
  };
}
