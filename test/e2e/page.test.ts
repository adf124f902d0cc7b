import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../../demo/chromium.ts';
import { allowSite, sealedBox, write } from '../../demo/person.ts';
import { startWebChat, type WebChat } from '../../demo/web-chat/server.ts';
import { type HostileProxy, startHostileProxy } from '../support/hostile-proxy.ts';
import { type RunningEnclave, startEnclave } from './support/enclave.ts';
import { type Lab, openLab } from './support/lab.ts';

const prompt = 'explain attestation';

/** Everything that a page can try before the box is there: hooks, listeners, observers. Runs in the page. */
function spy(): void {
  const seen: string[] = [];
  Object.assign(globalThis, { seen });
  const note = (what: unknown) => {
    try {
      seen.push(typeof what === 'string' ? what : JSON.stringify(what));
    } catch {
      seen.push(String(what));
    }
  };
  for (const type of [
    'keydown',
    'keypress',
    'keyup',
    'input',
    'beforeinput',
    'paste',
    'compositionend',
    'message',
  ]) {
    addEventListener(
      type,
      (event) => note({ type, key: (event as KeyboardEvent).key, data: (event as MessageEvent).data }),
      true,
    );
  }
  const { fetch: original } = globalThis;
  globalThis.fetch = (...args) => {
    note(['fetch', String(args[0]), String(args[1]?.body ?? '')]);
    return original(...args);
  };
  const attachShadow = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (init) {
    note(['attachShadow', init.mode]);
    return attachShadow.call(this, { ...init, mode: 'open' });
  };
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (body) {
    note(['xhr', String(body)]);
    return send.call(this, body);
  };
  new MutationObserver((records) => {
    for (const record of records)
      for (const node of record.addedNodes) note((node as Element).outerHTML ?? node.textContent);
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

/** Everything that a page can look at afterwards. Runs in the page. */
function look(): string {
  const texts = [document.documentElement.outerHTML, document.body.innerText];
  for (const element of document.querySelectorAll('*')) {
    texts.push(element.shadowRoot?.innerHTML ?? '');
    if (element instanceof HTMLIFrameElement) texts.push(element.contentDocument?.body.innerText ?? '');
  }
  for (let index = 0; index < window.length; index++) {
    try {
      texts.push(window[index]?.document.body.innerText ?? '');
    } catch {
      texts.push('closed');
    }
  }
  texts.push(getSelection()?.toString() ?? '', JSON.stringify(performance.getEntries()));
  texts.push(JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }));
  return texts.join('\n');
}

describe.skipIf(chromiumPath() === undefined)('a web page with the sealed box over it', () => {
  let webChat: WebChat;
  let proxy: HostileProxy;
  let enclave: RunningEnclave;
  let lab: Lab;
  let page: Page;

  beforeAll(async () => {
    webChat = await startWebChat();
    proxy = await startHostileProxy(0, 512);
    enclave = await startEnclave(proxy.url);
    proxy.target = enclave.port;
    lab = await openLab({ enclave, proxy });
    await allowSite(lab.context, lab.id, webChat.url);
    page = await lab.context.newPage();
    await page.addInitScript(spy);
    await page.goto(webChat.url);
  });
  afterAll(async () => {
    await lab?.close();
    await enclave?.stop();
    await proxy?.close();
    await webChat?.close();
  });

  it('cannot read prompt or answer', async () => {
    const box = await sealedBox(page, lab.id);
    await write(page, box, prompt);
    await box.locator('.answer-tools').waitFor({ timeout: 40_000 });
    const answer = (await box.locator('.answer').innerText()).trim();
    expect(answer.length).toBeGreaterThan(20);
    const found = await page.evaluate(look);
    const heard = await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen.join('\n'));
    for (const text of [found, heard]) {
      expect(text).not.toContain(prompt);
      expect(text).not.toContain(answer.slice(0, 40));
    }
    // Not even single letters: a key that the page hears would be one.
    expect(heard).not.toMatch(/"key":"[a-z]"/);
    expect(webChat.received).toEqual([]);
  });

  it('does not learn where the extension lives', async () => {
    expect(await page.evaluate(look)).not.toContain(lab.id);
    expect(
      await page.evaluate(() => JSON.stringify((globalThis as unknown as { seen: string[] }).seen)),
    ).not.toContain(lab.id);
  });

  it('keeps its own composer, which sends in the clear as before', async () => {
    await page.evaluate(() => {
      const area = document.querySelector<HTMLTextAreaElement>('#message');
      if (area) area.value = 'in the clear';
      document.querySelector<HTMLFormElement>('#composer')?.requestSubmit();
    });
    await expect.poll(() => webChat.received.join()).toContain('in the clear');
  });
});
