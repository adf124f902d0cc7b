/** Who may use the local endpoint, and how much of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readApiKey } from '../../../bin/serve/guard.ts';
import { type ServedWorld, startServedWorld, words } from '../../support/local-api.ts';

const key = 'a-key-of-this-computer';
const body = (content = 'hello', more: object = {}) =>
  JSON.stringify({ model: 'waxseal-demo', messages: [{ role: 'user', content }], ...more });
const json = { 'content-type': 'application/json' };
const patient = { timeout: 20_000 };

/** A request with headers that `fetch` would not send. */
async function ask(
  url: string,
  {
    method = 'POST',
    path = '/chat/completions',
    headers = json as Record<string, string>,
    text = body(),
  } = {},
): Promise<{
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  code: string | undefined;
  text: string;
}> {
  const outgoing = request(`${url}${path}`, { method, headers });
  outgoing.on('error', () => {});
  // Neither of these has a body in Node.js.
  outgoing.end(method === 'GET' || method === 'OPTIONS' ? undefined : text);
  const [response] = await once(outgoing, 'response');
  let answer = '';
  for await (const part of response) answer += part;
  const code: string | undefined = answer.startsWith('{') ? JSON.parse(answer).error?.code : undefined;
  return { status: response.statusCode, headers: response.headers, code, text: answer };
}

describe('the local endpoint', { timeout: 60_000 }, () => {
  let served: ServedWorld;
  let url: string;
  let port: string;
  beforeAll(async () => {
    served = await startServedWorld({ concurrent: 2, waiting: 1 });
    url = served.api.url;
    port = new URL(url).port;
  });
  afterAll(() => served.close());

  it.each([
    ['a page of another site', { origin: 'https://evil.example' }, 'forbidden_origin'],
    ['a page without a name', { origin: 'null' }, 'forbidden_origin'],
    ['a page on another port of this computer', { origin: 'http://127.0.0.1:80' }, 'forbidden_origin'],
    ['an image or script of a page', { 'sec-fetch-site': 'cross-site' }, 'forbidden_origin'],
    ['a name that was pointed here', { host: 'evil.example' }, 'forbidden_host'],
    ['that name with our port', { host: `evil.example:PORT` }, 'forbidden_host'],
    ['our name with another port', { host: '127.0.0.1:1' }, 'forbidden_host'],
  ])('refuses %s, whatever it asks for', async (_who, headers, code) => {
    const given = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', port)]),
    );
    const before = served.jobs.length;
    for (const options of [{}, { method: 'GET', path: '/models' }, { method: 'OPTIONS' }]) {
      const answer = await ask(url, { ...options, headers: { ...json, ...given } });
      expect(answer).toMatchObject({ status: 403, code });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expect(served.jobs).toHaveLength(before);
  });

  it('answers programs, by either of its names, and a person at the address bar', async () => {
    for (const host of ['127.0.0.1', 'localhost'])
      expect((await ask(url, { headers: { ...json, host: `${host}:${port}` } })).text).toContain(
        words.join(''),
      );
    const headers = { 'sec-fetch-site': 'none' };
    expect((await ask(url, { method: 'GET', path: '/models', headers })).status).toBe(200);
  });

  it('listens on the loopback interface only', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of others) {
      const socket = connect(Number(port), address);
      const [how] = await Promise.race([
        once(socket, 'error').then(() => ['refused']),
        once(socket, 'connect').then(() => ['connected']),
      ]);
      expect(how, address).toBe('refused');
    }
    expect(new URL(url).hostname).toBe('127.0.0.1');
  });

  it.each([
    ['another address', { path: '/completions' }, 404, 'unknown_url'],
    ['another method', { method: 'PUT' }, 405, 'method_not_allowed'],
    [
      'a form that a page could send unasked',
      { headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported_media_type',
    ],
    ['a model that is not one', { method: 'GET', path: '/models/%ff' }, 404, 'model_not_found'],
    ['no JSON', { text: '{' }, 400, 'WAX_JSON_SYNTAX'],
    ['a key that is there twice', { text: '{"model":"a","model":"b"}' }, 400, 'WAX_JSON_DUPLICATE_KEY'],
    ['a body that is too long', { text: body('x'.repeat(8 << 20)) }, 413, 'request_too_large'],
    [
      'a body that is longer than the service takes',
      { text: body('x'.repeat(2 << 20)) },
      400,
      'context_length_exceeded',
    ],
  ])('refuses %s, and sends nothing', async (_what, options, status, code) => {
    const before = served.jobs.length;
    const answer = await ask(url, options);
    expect(answer).toMatchObject({ status, code });
    expect(answer.headers['x-waxseal']).toBe('not-sent');
    expect(served.jobs).toHaveLength(before);
  });

  it('takes two at a time, lets one wait, and tells the next that it is busy', async () => {
    const running = [1, 2].map(() => {
      const controller = new AbortController();
      const { signal } = controller;
      const answer = fetch(`${url}/chat/completions`, {
        ...{ method: 'POST', headers: json, signal },
        body: body('forever', { stream: true }),
      });
      return { controller, answer };
    });
    for (const { answer } of running) expect((await answer).status).toBe(200);
    const waits = ask(url);
    await expect.poll(async () => (await ask(url)).code, patient).toBe('rate_limit_exceeded');
    const { headers } = await ask(url);
    expect(headers['retry-after']).toBe('2');
    running[0]?.controller.abort();
    expect((await waits).text).toContain(words.join(''));
    running[1]?.controller.abort();
    await expect.poll(served.aborted, patient).toBe(2);
  });

  it('breaks a stream off where the sealed answer ends early, after saying so', async () => {
    const answer = await fetch(`${url}/chat/completions`, {
      ...{ method: 'POST', headers: json },
      body: body('forever', { stream: true }),
    });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? '';
    const closing = served.world.close();
    const rest = (async () => {
      for (let step = await reader?.read(); step && !step.done; step = await reader?.read())
        text += step.value;
    })();
    await expect(rest).rejects.toThrow('terminated');
    expect(text).toContain('"code":"answer_cut_off"');
    expect(text).not.toContain('[DONE]');
    await closing;
  });
});

describe('the local endpoint with a key', { timeout: 60_000 }, () => {
  let served: ServedWorld;
  beforeAll(async () => {
    served = await startServedWorld({ keys: readApiKey(`${key}\n`) });
  });
  afterAll(() => served.close());

  it.each([
    ['none', {}],
    ['another', { authorization: 'Bearer a-key-of-another-computer' }],
    ['it in another form', { authorization: `Basic ${key}` }],
  ])('refuses whoever gives %s', async (_what, headers) => {
    const answer = await ask(served.api.url, { headers: { ...json, ...headers } });
    expect(answer).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(served.jobs).toHaveLength(0);
  });

  it('answers whoever gives it', async () => {
    const headers = { ...json, authorization: `Bearer ${key}` };
    expect((await ask(served.api.url, { headers })).text).toContain(words.join(''));
  });

  it('takes no key that could be guessed', () => {
    expect(readApiKey('short')).toBeNull();
    expect(readApiKey(' ')).toBeNull();
  });
});

describe('waxseal chat --serve', { timeout: 60_000 }, () => {
  const waxseal = fileURLToPath(new URL('../../../bin/waxseal.ts', import.meta.url));
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      waxseal,
      'chat',
      ...args,
    ]);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    return { child, output: () => output, ended: once(child, 'exit').then(([code]) => code as number) };
  };

  it('serves until it is interrupted, and prints one line and no word of a chat', async () => {
    const served = await startServedWorld();
    const keyFile = join(mkdtempSync(join(tmpdir(), 'waxseal-key-')), 'key');
    writeFileSync(keyFile, `${key}\n`);
    const { service } = served.world;
    const rules = ['--domain', served.domainFile, '--allow-simulator'];
    const { child, output, ended } = start(service, '--serve', '0', ...rules, '--json', '--api-key', keyFile);
    try {
      await expect.poll(output, patient).toContain('\n');
      const { url, simulated } = JSON.parse(output());
      expect(simulated).toBe(true);
      const headers = { ...json, authorization: `Bearer ${key}` };
      expect((await ask(url, { headers })).text).toContain(words.join(''));
      expect(output().trimEnd().split('\n')).toHaveLength(1);
    } finally {
      child.kill('SIGINT');
    }
    expect(await ended).toBe(0);
    await served.close();
  });

  it('does not start where a check fails, and says which', async () => {
    const served = await startServedWorld();
    const { output, ended } = start(served.world.service, '--serve', '0', '--domain', served.domainFile);
    expect(await ended).toBe(10);
    expect(output()).toContain('WAX_VERIFY_EVIDENCE_TYPE');
    expect(output()).not.toContain('Listening');
    const rules = ['--domain', served.domainFile, '--allow-simulator'];
    for (const wrong of [
      ['--serve', '99999'],
      ['--serve', '0', 'A prompt'],
      ['--api-key', 'x'],
    ]) {
      const other = start(served.world.service, ...wrong, ...rules);
      expect(await other.ended, wrong.join(' ')).toBe(30);
    }
    await served.close();
  });
});
