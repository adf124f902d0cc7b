import type { Frame, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type ExtensionBrowser,
  hasChromium,
  startExtensionBrowser,
} from '../../support/extension-browser.ts';
import { type StaticSite, startStaticSite } from '../../support/static-site.ts';

const chatPage = `<!doctype html><title>parley</title>
<body style="margin:0;min-height:100vh"><h1>parley</h1>
<form style="position:fixed;bottom:20px;left:280px;width:640px">
<textarea id="message" placeholder="Message parley" style="width:560px;height:40px"></textarea><button>Send</button>
</form></body>`;

const patient = { timeout: 15_000 };

const bottom = 'box-sizing:border-box;position:fixed;bottom:30px;left:200px;width:600px';
const withBox = (field: string) =>
  `<!doctype html><body style="margin:0;min-height:100vh"><div style="${bottom}">${field}</div></body>`;

/** What the page can know of the box: the one element of ours below the root. */
const findHost =
  '(() => [...document.documentElement.children].find((e) => e.localName.includes("-")) ?? null)()';

describe.skipIf(!hasChromium)('the sealed box in a page', () => {
  let browser: ExtensionBrowser;
  let site: StaticSite;
  let page: Page;

  beforeAll(async () => {
    site = await startStaticSite({
      '/': chatPage,
      '/editable': withBox(
        '<div contenteditable="true" aria-label="Ask anything" style="height:40px"></div>',
      ),
      '/widget': `<!doctype html><body style="margin:0;min-height:100vh"><chat-widget></chat-widget><script>
        document.querySelector('chat-widget').attachShadow({ mode: 'open' }).innerHTML =
          '<div style="${bottom}"><textarea id="message" placeholder="Message" style="width:500px"></textarea></div>';
      </script></body>`,
      '/search':
        '<!doctype html><body style="min-height:100vh"><input type="text" placeholder="Search" style="width:600px">',
    });
    browser = await startExtensionBrowser('e2e');
    expect(await browser.ask('grants/add', { site: site.origin })).toEqual({ ok: true, reply: {} });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    site?.close();
  });
  afterEach(() => page.close());

  const frameOf = (opened: Page): Frame | undefined =>
    opened.frames().find((frame) => frame.url().startsWith('chrome-extension://'));
  /** Opens the chat page and waits until its box is there and has redeemed its token. */
  const openBox = async (path = '/', origin = site.origin): Promise<Frame> => {
    page = await browser.context.newPage();
    await page.goto(origin + path);
    await expect.poll(() => frameOf(page), patient).toBeDefined();
    const frame = frameOf(page) as Frame;
    const redeemed = () =>
      frame.evaluate(async () => {
        const { chrome } = globalThis as unknown as {
          chrome: { runtime: { sendMessage(m: unknown): Promise<{ ok: boolean }> } };
        };
        return (await chrome.runtime.sendMessage({ type: 'settings/get', body: {} })).ok;
      });
    await expect.poll(redeemed, patient).toBe(true);
    await page.waitForTimeout(400);
    return frame;
  };
  const badge = async () => (await browser.toolbar(page.url())).badge;
  const hostIsThere = () => page.evaluate(`${findHost} !== null`);

  it('lies over the page’s message box', async () => {
    await openBox();
    const [host, field] = (await page.evaluate(
      `[${findHost}, document.getElementById('message')].map((e) => e.getBoundingClientRect().toJSON())`,
    )) as DOMRect[];
    expect(host?.bottom).toBeGreaterThanOrEqual((field?.bottom ?? 0) - 1);
    expect(host?.top).toBeLessThan(field?.top ?? 0);
    expect(await badge()).not.toBe('!');
  });

  it.each(['/editable', '/widget'])('finds the message box of %s', async (path) => {
    await openBox(path);
    const left = await page.evaluate(`${findHost}.getBoundingClientRect().left`);
    // The message box lies from 200 to 800; without one the box would be at the right edge.
    expect(left).toBeLessThan(300);
  });

  it('follows the message box when the window or the page changes', async () => {
    await openBox();
    const middle = () =>
      page.evaluate(
        `{ const box = ${findHost}.getBoundingClientRect(); Math.round(box.left + box.width / 2) }`,
      );
    expect(await middle()).toBe(600);
    await page.evaluate(`document.querySelector('form').style.left = '400px'`);
    await expect.poll(middle, patient).toBe(720);
    await page.evaluate(`history.pushState({}, '', '/c/2'); document.querySelector('form').remove();
      document.body.insertAdjacentHTML('beforeend', '<textarea placeholder="Message parley" style="${bottom}"></textarea>')`);
    await expect.poll(middle, patient).toBe(500);
    await page.setViewportSize({ width: 700, height: 600 });
    const right = () => page.evaluate(`${findHost}.getBoundingClientRect().right`);
    await expect.poll(right, patient).toBeLessThanOrEqual(700);
  });

  it('stays away from a page without a message box until it is asked for', async () => {
    page = await browser.context.newPage();
    await page.goto(`${site.origin}/search`);
    await page.waitForTimeout(2_000);
    expect(await hostIsThere()).toBe(false);
  });

  it('shows the page neither its inside nor its address', async () => {
    await openBox();
    const seen = await page.evaluate(`({
      root: ${findHost}.shadowRoot, frames: window.length, iframes: document.querySelectorAll('iframe').length,
      inner: ${findHost}.innerHTML, entries: performance.getEntries().map((e) => e.name).join(' '),
    })`);
    expect(seen).toMatchObject({ root: null, frames: 0, iframes: 0, inner: '' });
    expect(JSON.stringify(seen)).not.toContain('chrome-extension');
  });

  it('keeps its keys from the page', async () => {
    const frame = await openBox();
    await page.evaluate(`window.keys = []; for (const type of ['keydown', 'keypress', 'keyup', 'input', 'beforeinput'])
      addEventListener(type, (event) => window.keys.push(event.key ?? event.data), true)`);
    await frame.evaluate(() => {
      const field = document.createElement('input');
      document.body.append(field);
      field.focus();
    });
    await page.keyboard.type('secret');
    expect(await frame.evaluate(() => document.querySelector<HTMLInputElement>('body > input')?.value)).toBe(
      'secret',
    );
    expect(await page.evaluate('window.keys')).toEqual([]);
  });

  it('does not answer the page, at its fixed address or any other', async () => {
    await openBox();
    const answer = await page.evaluate(
      (address) =>
        fetch(address).then(
          () => 'answered',
          () => 'refused',
        ),
      `chrome-extension://${browser.id}/composer.html`,
    );
    expect(answer).toBe('refused');
  });

  it('stays inert in a frame that the page made itself', async () => {
    await openBox();
    const before = page.frames().length;
    await page.evaluate((address) => {
      const frame = document.createElement('iframe');
      frame.src = address;
      document.body.append(frame);
    }, `chrome-extension://${browser.id}/composer.html`);
    await page.waitForTimeout(500);
    const made = page.frames()[before];
    expect(made?.url() ?? '').not.toContain('composer.html');
  });

  it('moves back when the page moves it once', async () => {
    await openBox();
    const place = () => page.evaluate(`JSON.stringify(${findHost}.getBoundingClientRect())`);
    const before = await place();
    await page.evaluate(`${findHost}.style.setProperty('left', '-9000px', 'important')`);
    await expect.poll(place, patient).toBe(before);
    await page.evaluate(`${findHost}.hidePopover()`);
    await expect.poll(place, patient).toBe(before);
    await page.evaluate(`${findHost}.setAttribute('hidden', '')`);
    await expect.poll(() => page.evaluate(`${findHost}.hasAttribute('hidden')`), patient).toBe(false);
    expect(await badge()).not.toBe('!');
  });

  it('closes and says so when the page keeps fighting', async () => {
    await openBox();
    await page.evaluate(
      `{ const host = ${findHost}; setInterval(() => host.style.setProperty('opacity', '0', 'important'), 20); }`,
    );
    await expect.poll(hostIsThere, patient).toBe(false);
    await expect.poll(badge, patient).toBe('!');
  });

  it('says so when the page takes it out', async () => {
    await openBox();
    await page.evaluate(`${findHost}.remove()`);
    await expect.poll(badge, patient).toBe('!');
    await page.waitForTimeout(1_000);
    expect(await hostIsThere()).toBe(false);
  });

  it.each([
    ['an element over it', 'div', ''],
    ['an element that lets clicks through', 'div', 'pointer-events:none;'],
    ['a see-through input in a hole', 'input', 'opacity:.01;'],
  ])('closes under %s', async (_what, tag, style) => {
    await openBox();
    await page.evaluate(
      ({ tag, style }) => {
        const cover = document.createElement(tag);
        cover.setAttribute('popover', 'manual');
        cover.style.cssText = `${style}position:fixed;inset:0;width:100%;height:100%;border:0;margin:0;background:#fff`;
        document.body.append(cover);
        const top = () => {
          if (cover.matches(':popover-open')) cover.hidePopover();
          cover.showPopover();
        };
        setInterval(top, 100);
      },
      { tag, style },
    );
    await expect.poll(badge, patient).toBe('!');
  });

  it('closes when the page takes the keyboard in the middle of a word', async () => {
    const frame = await openBox();
    await frame.evaluate(() => {
      const field = document.createElement('input');
      document.body.append(field);
      field.focus();
    });
    await page.keyboard.type('secr');
    await page.evaluate(`document.getElementById('message').focus()`);
    await expect.poll(badge, patient).toBe('!');
    expect((await browser.toolbar(page.url())).title).toContain('Page got in the way');
  });

  it('does not mind that the person clicks into the page', async () => {
    const frame = await openBox();
    await frame.evaluate(() => {
      const field = document.createElement('input');
      document.body.append(field);
      field.focus();
    });
    await page.keyboard.type('secr');
    await page.mouse.click(100, 30);
    await page.waitForTimeout(600);
    expect(await badge()).not.toBe('!');
  });

  it.each([
    ['that forbids frames', { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" }],
    [
      'with trusted types',
      { 'content-security-policy': "require-trusted-types-for 'script'; trusted-types 'none'" },
    ],
    [
      'with cross-origin isolation',
      { 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-opener-policy': 'same-origin' },
    ],
  ])('works in a page %s', async (_what, headers) => {
    const strict = await startStaticSite({ '/': chatPage }, headers);
    try {
      await browser.ask('grants/add', { site: strict.origin });
      await openBox('/', strict.origin);
    } finally {
      strict.close();
    }
  });
});
