import { describe, expect, it } from 'vitest';
import {
  type Service,
  sendOffer,
  sendTurn,
  type TurnEnd,
} from '../../../extension/session/enclave-client.ts';
import { concatBytes } from '../../../protocol/bytes.ts';
import { createOffer } from '../../../protocol/session/offer.ts';
import type { ReplyEvent } from '../../../protocol/session/reply-reader.ts';
import { chat, openedTurn, summary } from '../../support/session.ts';
import { response } from '../../support/test-enclave.ts';

const ORIGIN = 'https://enclave.example';

/** A service whose every request is answered by `answer`; keeps what was asked. */
function service(answer: (init: RequestInit) => Response | Promise<Response>, timeouts = {}) {
  const asked: { url: string; init: RequestInit }[] = [];
  const it: Service = {
    origin: ORIGIN,
    timeouts,
    fetch: async (url, init = {}) => {
      asked.push({ url: String(url), init });
      return answer(init);
    },
  };
  return { service: it, asked };
}

/** Never answers; ends only with the signal, as fetch does. */
const silence = (init: RequestInit) =>
  new Promise<Response>((_, reject) => {
    const { signal } = init;
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason));
  });

/** Pieces, and then nothing more until the signal. */
async function* thenSilence(pieces: Iterable<Uint8Array>, init: RequestInit): AsyncGenerator<Uint8Array> {
  yield* pieces;
  await silence(init);
}

const offer = () => createOffer().body;

describe('an offer', () => {
  it('goes out as a bare POST: no cookies, no cache, no redirect, no referrer', async () => {
    const { service: it, asked } = service(() => new Response(Uint8Array.of(1, 2, 3)));
    const body = offer();
    expect(await sendOffer(it, body)).toEqual({ ok: true, answerBody: Uint8Array.of(1, 2, 3) });
    expect(asked[0]?.url).toBe(`${ORIGIN}/waxseal/v1/sessions`);
    expect(asked[0]?.init).toMatchObject({
      method: 'POST',
      body,
      headers: { 'content-type': 'application/octet-stream' },
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
    expect(asked[0]?.init.headers).not.toHaveProperty('authorization');
  });

  it('carries the access token of the operator', async () => {
    const { service: it, asked } = service(() => new Response(''));
    await sendOffer(it, offer(), { token: 'abc' });
    expect(asked[0]?.init.headers).toMatchObject({ authorization: 'Bearer abc' });
  });

  it.each([
    [400, 'WAX_SERVICE_REFUSED'],
    [401, 'WAX_SERVICE_TOKEN'],
    [429, 'WAX_SERVICE_BUSY'],
    [503, 'WAX_SERVICE_UNAVAILABLE'],
    [500, 'WAX_SERVICE_STATUS'],
    [204, 'WAX_SERVICE_STATUS'],
  ])('takes status %i for a class of failure and never reads its body', async (status, code) => {
    let read = false;
    const body = new ReadableStream(
      {
        pull: () => {
          read = true;
        },
      },
      { highWaterMark: 0 },
    );
    const answer = new Response(status === 204 ? null : body, { status, headers: { 'retry-after': '7' } });
    const result = await sendOffer(service(() => answer).service, offer());
    expect(result).toMatchObject({ ok: false, error: { code }, retryAfterS: 7 });
    expect(read).toBe(false);
  });

  it('believes a retry-after of whole seconds only, and an hour at most', async () => {
    for (const [text, seconds] of [
      ['0', 0],
      ['999999', 3600],
      ['soon', null],
      ['-1', null],
      ['Wed, 21 Oct 2026 07:28:00 GMT', null],
    ] as const) {
      const answer = () => new Response(null, { status: 503, headers: { 'retry-after': text } });
      expect(await sendOffer(service(answer).service, offer())).toMatchObject({ retryAfterS: seconds });
    }
  });

  it('stops reading at 512 KiB', async () => {
    let sent = 0;
    const endless = (function* () {
      for (;;) {
        sent += 65_536;
        yield new Uint8Array(65_536);
      }
    })();
    expect(await sendOffer(service(() => response(endless)).service, offer())).toMatchObject({
      ok: false,
      error: { code: 'WAX_SERVICE_SIZE' },
    });
    expect(sent).toBeLessThan(1 << 20);
    const most = await sendOffer(service(() => new Response(new Uint8Array(524_288))).service, offer());
    expect(most.ok).toBe(true);
  });

  it('gives up after its time, in the headers or in the body', async () => {
    const timeout = { ok: false, error: { code: 'WAX_SERVICE_TIMEOUT' } };
    expect(await sendOffer(service(silence, { offer: 20 }).service, offer())).toMatchObject(timeout);
    const slow = (init: RequestInit) => response(thenSilence([Uint8Array.of(1)], init));
    expect(await sendOffer(service(slow, { offer: 20 }).service, offer())).toMatchObject(timeout);
  });

  it('says that it could not reach the service, and passes on the abort of its caller', async () => {
    const broken = () => Promise.reject(new TypeError('fetch failed'));
    expect(await sendOffer(service(broken).service, offer())).toMatchObject({
      ok: false,
      error: { code: 'WAX_SERVICE_UNREACHABLE' },
    });
    const controller = new AbortController();
    const asked = sendOffer(service(silence).service, offer(), { signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(asked).rejects.toThrow('changed my mind');
  });
});

async function collect(reply: AsyncGenerator<ReplyEvent, TurnEnd>) {
  const events: ReplyEvent[] = [];
  for (;;) {
    const step = await reply.next();
    if (step.done) return { events, ...step.value };
    events.push(step.value);
  }
}

/** A turn whose server side is open, with its records. */
async function turn(mode: 'steady' | 'block' = 'steady') {
  const opened = await openedTurn(chat(mode));
  opened.turn.reply.push(
    mode === 'steady' ? { kind: 'text', text: 'Hi' } : { kind: 'result', bytes: new Uint8Array(9) },
  );
  opened.turn.reply.finish(summary());
  const records: Uint8Array[] = [];
  for (let record = opened.turn.reply.next(); record !== null; record = opened.turn.reply.next())
    records.push(record);
  const sealed = { body: opened.body, path: '/waxseal/v1/turns/aabbccdd', reply: opened.reply };
  return { ...opened, sealed, records };
}

describe('a turn', () => {
  it('yields the content as it comes, and its outcome after the last byte', async () => {
    const { sealed, records, client } = await turn();
    const { service: it, asked } = service(() => response(records));
    const { events, outcome, failure } = await collect(sendTurn(it, sealed, 'steady'));
    expect(events.map(({ kind }) => kind)).toEqual(['text', 'summary', 'end']);
    expect(outcome).toMatchObject({ state: 'complete', session: 'kept' });
    expect(failure).toBeNull();
    expect(client.problem).toBeNull();
    expect(asked[0]).toMatchObject({
      url: `${ORIGIN}/waxseal/v1/turns/aabbccdd`,
      init: { body: sealed.body, credentials: 'omit', redirect: 'error', cache: 'no-store' },
    });
  });

  it('does not depend on how the network cuts the body', async () => {
    const { sealed, records } = await turn();
    const bytes = concatBytes(...records);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 37) }, (_, at) =>
      bytes.subarray(37 * at, 37 * at + 37),
    );
    const { outcome } = await collect(sendTurn(service(() => response(pieces)).service, sealed, 'steady'));
    expect(outcome).toMatchObject({ state: 'complete', session: 'kept' });
  });

  it('is cut off by any other status, whatever its body says', async () => {
    const { sealed, records, client } = await turn();
    const { service: it } = service(() => new Response(concatBytes(...records), { status: 400 }));
    const { events, outcome, failure } = await collect(sendTurn(it, sealed, 'steady'));
    expect(events).toEqual([]);
    expect(outcome).toMatchObject({ state: 'cut-off' });
    expect(failure?.error.code).toBe('WAX_SERVICE_REFUSED');
    expect(client.problem).toBe('ended');
  });

  it('is cut off without a whole first record in time', async () => {
    const { sealed, records } = await turn();
    const half = [(records[0] as Uint8Array).subarray(0, 100)];
    const { service: it } = service((init) => response(thenSilence(half, init)), { firstRecord: 10 });
    const { outcome, failure } = await collect(sendTurn(it, sealed, 'steady'));
    expect(outcome).toMatchObject({ state: 'cut-off' });
    expect(failure?.error.code).toBe('WAX_SERVICE_TIMEOUT');
  });

  it('is cut off when it stalls, and complete when it stalls after END', async () => {
    for (const [count, state] of [
      [1, 'cut-off'],
      [4, 'complete'],
    ] as const) {
      const { sealed, records } = await turn();
      const { service: it } = service((init) => response(thenSilence(records.slice(0, count), init)), {
        stall: 20,
      });
      const { outcome, failure } = await collect(sendTurn(it, sealed, 'steady'));
      expect(outcome).toMatchObject({ state, session: 'dropped' });
      expect(failure?.error.code).toBe('WAX_SERVICE_TIMEOUT');
    }
  });

  it('waits for the records of a block as long as it takes, but not for its headers', async () => {
    const late = await turn('block');
    const { service: it } = service(
      () =>
        response(
          (async function* () {
            await new Promise((resolve) => setTimeout(resolve, 400));
            yield* late.records;
          })(),
        ),
      { firstRecord: 10 },
    );
    const { outcome } = await collect(sendTurn(it, late.sealed, 'block'));
    expect(outcome).toMatchObject({ state: 'complete', session: 'kept' });
    const never = await turn('block');
    const silent = service(silence, { firstRecord: 10 }).service;
    expect((await collect(sendTurn(silent, never.sealed, 'block'))).failure?.error.code).toBe(
      'WAX_SERVICE_TIMEOUT',
    );
  });

  it('is cut off by a last deadline that no record moves, before the first record of a block too', async () => {
    const { sealed, records } = await turn();
    const slowly = async function* (init: RequestInit) {
      for (const record of records) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        init.signal?.throwIfAborted();
        yield record;
      }
    };
    const { service: it } = service((init) => response(slowly(init)), { stall: 10_000, whole: 100 });
    const { outcome, failure } = await collect(sendTurn(it, sealed, 'steady'));
    expect(outcome).toMatchObject({ state: 'cut-off' });
    expect(failure?.error.code).toBe('WAX_SERVICE_TIMEOUT');
    const never = await turn('block');
    const { service: other } = service((init) => response(thenSilence([], init)), { whole: 50 });
    expect((await collect(sendTurn(other, never.sealed, 'block'))).failure?.error.code).toBe(
      'WAX_SERVICE_TIMEOUT',
    );
  });

  it('is cut off when bytes drip in, but no record comes', async () => {
    const { sealed, records } = await turn();
    let dripped = 0;
    const drip = async function* (init: RequestInit) {
      yield records[0] as Uint8Array;
      for (const byte of (records[1] as Uint8Array).subarray(0, 150)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        init.signal?.throwIfAborted();
        dripped++;
        yield Uint8Array.of(byte);
      }
    };
    const { service: it } = service((init) => response(drip(init)), { stall: 200 });
    const { outcome, failure } = await collect(sendTurn(it, sealed, 'steady'));
    expect(outcome).toMatchObject({ state: 'cut-off' });
    expect(failure?.error.code).toBe('WAX_SERVICE_TIMEOUT');
    expect(dripped).toBeLessThan(60);
  });

  it('stops receiving at the first bad record', async () => {
    const { sealed, records } = await turn();
    let asked = 0;
    const { service: it } = service(() =>
      response(
        (function* () {
          yield records[0] as Uint8Array;
          for (;;) {
            asked++;
            yield new Uint8Array(160);
          }
        })(),
      ),
    );
    const { events, outcome } = await collect(sendTurn(it, sealed, 'steady'));
    expect(events).not.toEqual([]);
    expect(outcome).toMatchObject({ state: 'cut-off', code: 'WAX_SESSION_RECORD_OPEN' });
    expect(asked).toBeLessThan(10);
  });

  it('ends the session and the connection when its reader leaves or its caller aborts', async () => {
    const left = await turn();
    let signal: AbortSignal | null | undefined;
    const { service: it } = service((init) => {
      signal = init.signal;
      return response(thenSilence(left.records.slice(0, 1), init));
    });
    for await (const event of sendTurn(it, left.sealed, 'steady')) {
      expect(event.kind).toBe('text');
      break;
    }
    expect(signal?.aborted).toBe(true);
    expect(left.client.problem).toBe('ended');

    const aborted = await turn();
    const controller = new AbortController();
    const { service: other } = service((init) => response(thenSilence(aborted.records.slice(0, 1), init)));
    const reply = sendTurn(other, aborted.sealed, 'steady', controller.signal);
    await reply.next();
    controller.abort(new Error('stopped'));
    await expect(collect(reply)).rejects.toThrow('stopped');
    expect(aborted.client.problem).toBe('ended');
  });
});
