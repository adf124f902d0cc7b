import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DrivenWorld, describeInBrowsers, startDrivenWorld } from '../support/driven-world.ts';
import { type Driver, passFirstRun } from '../support/driver.ts';
import { scriptedEngine } from '../support/enclave.ts';
import { peerFolder } from '../support/peers.ts';
import type { SealedWorld } from '../support/sealed-world.ts';
import { type StaticSite, startStaticSite } from '../support/static-site.ts';
import { openaiModule } from './support/openai-page.ts';

const words = ['Sealed ', 'words ', 'for ', 'the ', 'page.'];
const openai = await openaiModule();
const deepChatFolder = peerFolder('deep-chat');

const empty = '<!doctype html><html><head><title>parley</title></head><body></body></html>';
const sdk = `const { OpenAI } = await import('/openai.js');
  const client = new OpenAI({ baseURL: location.origin + '/v1', apiKey: 'k', dangerouslyAllowBrowser: true, maxRetries: 0 });
  const messages = [{ role: 'user', content: 'the page wrote this' }];`;
const deepChat = `<!doctype html><html><body><deep-chat id="chat"
  directConnection='{"openAI":{"key":"k","validateKeyProperty":false,"completions":{"model":"any"}}}'
  connect='{"url":"/v1/chat/completions","stream":true}'></deep-chat>
  <script type="module" src="/deep-chat.js"></script></body></html>`;

describeInBrowsers('the fetch adapter', (browser) => {
  const jobs: string[] = [];
  let aborts = 0;
  let driven: DrivenWorld;
  let world: SealedWorld;
  let backend: StaticSite;
  let driver: Driver;

  beforeAll(async () => {
    const engine = scriptedEngine(async (job, onText, signal) => {
      jobs.push(JSON.stringify(job.messages));
      if (job.tools?.length && job.messages.at(-1)?.role === 'user') {
        const toolCalls = [{ name: 'weather', arguments: '{"city":"Lisbon"}' }];
        return { finish: 'stop', promptTokens: 5, completionTokens: 9, toolCalls };
      }
      const endless = JSON.stringify(job.messages).includes('forever');
      for (let index = 0; endless ? !signal.aborted : index < words.length; index++) {
        onText(words[index % words.length] ?? '');
        await new Promise((done) => setTimeout(done, 60));
      }
      if (endless) aborts += 1;
      return { finish: endless ? 'aborted' : 'stop', promptTokens: 5, completionTokens: words.length };
    });
    driven = await startDrivenWorld(browser, engine);
    ({ driver, world } = driven);
    const script = { 'content-type': 'text/javascript' };
    const deepChatBundle =
      deepChatFolder && (await readFile(join(deepChatFolder, 'dist/deepChat.bundle.js')));
    backend = await startStaticSite({
      '/': empty,
      '/deep-chat': deepChat,
      '/openai.js': { body: openai ?? '', headers: script },
      '/deep-chat.js': { body: deepChatBundle ?? '', headers: script },
    });
    await passFirstRun(driver);
    for (const [page, type, body] of [
      ['popup', 'grants/add', { site: backend.origin }],
      ['options', 'grants/adapter', { site: backend.origin, on: true }],
    ] as const)
      expect(await driver.ask(page, type, body)).toMatchObject({ ok: true });
  });
  afterAll(async () => {
    await driven?.close();
    backend?.close();
  });
  afterEach(async () => {
    await driver.closeTab();
    backend.received.length = 0;
  });

  const patient = { timeout: 20_000 };
  /** What the popup lists of this tab's requests. */
  const listed = () =>
    driver.runIn(
      'popup',
      `const tabs = await chrome.tabs.query({});
       const tab = tabs.filter(({ url }) => url?.startsWith(${JSON.stringify(backend.origin)})).at(-1);
       const { reply } = await chrome.runtime.sendMessage({ type: 'tab/get', body: { tabId: tab.id } });
       return reply.requests.map(({ status }) => status.id);`,
    );
  const inPage = async (body: string) => {
    await driver.open(`${backend.origin}/`);
    return driver.run(
      `try { ${body} } catch (error) { return { error: error.name + ': ' + error.message, status: error.status, code: error.code } }`,
    );
  };

  describe.skipIf(openai === null)('with the openai SDK', () => {
    it('answers as one, and the page’s own server hears nothing', async () => {
      const answer = await inPage(`${sdk}
        const { data, response } = await client.chat.completions.create({ model: 'gpt-4o', messages }).withResponse();
        return { text: data.choices[0].message.content, finish: data.choices[0].finish_reason, usage: data.usage.completion_tokens,
          model: data.model, label: response.headers.get('x-waxseal'), service: response.headers.get('x-waxseal-service') };`);
      expect(answer).toEqual({
        text: words.join(''),
        finish: 'stop',
        usage: words.length,
        model: 'waxseal-demo',
        label: 'simulated',
        service: world.service,
      });
      expect(jobs.at(-1)).toContain('the page wrote this');
      expect(backend.received).toEqual([]);
    });

    it('streams, with the figures at the end', async () => {
      const answer = await inPage(`${sdk}
        const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true, stream_options: { include_usage: true } });
        const pieces = []; let usage = null; let finish = null;
        for await (const chunk of stream) {
          if (chunk.choices[0]?.delta.content) pieces.push(chunk.choices[0].delta.content);
          finish ??= chunk.choices[0]?.finish_reason ?? null; usage = chunk.usage ?? usage;
        }
        return { text: pieces.join(''), many: pieces.length > 1, finish, usage: usage.completion_tokens };`);
      expect(answer).toEqual({ text: words.join(''), many: true, finish: 'stop', usage: words.length });
      expect(backend.received).toEqual([]);
    });

    it.each([false, true])('calls a tool and takes its result, streamed: %s', async (stream) => {
      const answer = await inPage(`${sdk}
        const tools = [{ type: 'function', function: { name: 'weather', description: 'Weather of a city',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }];
        const asked = client.chat.completions.stream ? client.chat.completions : client.beta.chat.completions;
        const message = ${stream}
          ? await asked.stream({ model: 'm', messages, tools }).finalMessage()
          : (await client.chat.completions.create({ model: 'm', messages, tools })).choices[0].message;
        const [call] = message.tool_calls;
        const result = { role: 'tool', tool_call_id: call.id, content: 'sunny' };
        const last = await client.chat.completions.create({ model: 'm', tools,
          messages: [...messages, { role: 'assistant', content: message.content ?? '', tool_calls: [call].map(({ id, type, function: { name, arguments: text } }) => ({ id, type, function: { name, arguments: text } })) }, result] });
        return { type: call.type, name: call.function.name, text: call.function.arguments, last: last.choices[0].message.content };`);
      expect(answer).toEqual({
        type: 'function',
        name: 'weather',
        text: '{"city":"Lisbon"}',
        last: words.join(''),
      });
      expect(jobs.at(-1)).toContain('sunny');
      expect(backend.received).toEqual([]);
    });

    it('stops the enclave when the page stops', async () => {
      const before = aborts;
      const answer = await inPage(`${sdk}
        const stream = await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'forever' }], stream: true });
        let pieces = 0;
        for await (const chunk of stream) if (chunk.choices[0]?.delta.content && ++pieces === 2) stream.controller.abort();
        return pieces;`);
      expect(answer).toBe(2);
      await expect.poll(() => aborts, patient).toBe(before + 1);
    });

    it('refuses what it would have to drop, in the form that the SDK reads', async () => {
      const answer = await inPage(`${sdk}
        return await client.chat.completions.create({ model: 'm', messages, logit_bias: { 5: 100 } });`);
      expect(answer).toMatchObject({ status: 400, code: 'unsupported_parameter' });
      expect(backend.received).toEqual([]);
    });

    it('hands the service’s own refusals on', async () => {
      const answer = await inPage(`${sdk}
        return await client.chat.completions.create({ model: 'm', messages, n: 4 });`);
      expect(answer).toMatchObject({ status: 400, code: 'unsupported_parameter' });
    });
  });

  it.each([
    ['a string', `fetch('/v1/chat/completions', init)`],
    ['a URL', `fetch(new URL('/v1/chat/completions', location.href), init)`],
    ['a Request', `fetch(new Request('/v1/chat/completions', init))`],
    ['a Request and more', `fetch(new Request('/v1/chat/completions', { ...init, body: 'no' }), init)`],
  ])('takes %s', async (_what, call) => {
    const answer = await inPage(`
      const init = { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] }) };
      return (await (await ${call}).json()).choices[0].message.content;`);
    expect(answer).toBe(words.join(''));
    expect(backend.received).toEqual([]);
  });

  it('rejects a request that was stopped before it began', async () => {
    const answer = await inPage(`
      return await fetch('/v1/chat/completions', { method: 'POST', body: '{}', signal: AbortSignal.abort() });`);
    expect(answer).toMatchObject({ error: expect.stringContaining('AbortError') });
  });

  it('leaves all other requests alone', async () => {
    await inPage(`await fetch('/v1/models'); await fetch('/echo', { method: 'POST', body: 'plain' });`);
    expect(backend.received).toEqual(['plain']);
  });

  it.skipIf(deepChatFolder === null)('works with deep-chat', async () => {
    await driver.open(`${backend.origin}/deep-chat`);
    const ready = `const root = document.querySelector('deep-chat').shadowRoot; return root?.querySelector('#text-input') !== null && root !== null`;
    await expect.poll(() => driver.run(ready), patient).toBe(true);
    await driver.run(
      `document.querySelector('deep-chat').submitUserMessage({ text: 'the page wrote this' })`,
    );
    const shown = `return document.querySelector('deep-chat').shadowRoot.textContent`;
    await expect.poll(() => driver.run(shown), patient).toContain(words.join('').trim());
    expect(backend.received).toEqual([]);
  });

  it('is told for what it is, and never as a sealed box', async () => {
    await inPage(`await fetch('/v1/chat/completions', { method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] }) })`);
    await expect.poll(async () => (await driver.tab()).state, patient).toBe('adapter');
    expect((await driver.tab()).boxOpen).toBe(false);
    expect(await listed()).toEqual(['adapter']);
  });

  it('claims nothing for a page that goes around it', async () => {
    await inPage(`
      const frame = document.createElement('iframe'); document.body.append(frame);
      await frame.contentWindow.fetch(location.origin + '/v1/chat/completions', { method: 'POST', body: 'in the clear' });`);
    expect(backend.received).toEqual(['in the clear']);
    expect((await driver.tab()).state).toBeNull();
    expect(await listed()).toEqual([]);
  });

  it('sends nothing anywhere when a check fails', async () => {
    await world.log.revoke(world.release, { notBefore: Math.floor(Date.now() / 1000) * 1000 });
    await world.log.publish({ at: Date.now() });
    await driver.ask('popup', 'log/sync', { domain: 'Test domain' });
    const before = jobs.length;
    const answer = await inPage(`
      const response = await fetch('/v1/chat/completions', { method: 'POST', body: '{"model":"m","messages":[]}' });
      return { status: response.status, label: response.headers.get('x-waxseal'), body: await response.json() };`);
    expect(answer).toMatchObject({
      status: 403,
      label: 'not-sent',
      body: { error: { type: 'waxseal_error' } },
    });
    expect(jobs).toHaveLength(before);
    expect(backend.received).toEqual([]);
    await expect.poll(listed, patient).toEqual(['failed']);
  });
});
