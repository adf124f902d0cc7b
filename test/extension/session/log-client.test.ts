import { describe, expect, test } from 'vitest';
import { type SyncOptions, type SyncStep, syncLog } from '../../../extension/session/log-client.ts';
import { openLogFiles } from '../../../extension/session/log-files.ts';
import { toBase64 } from '../../../protocol/bytes.ts';
import type { LogState } from '../../../protocol/log/state.ts';
import { encodeEntryBundle } from '../../../protocol/log/tiles.ts';
import { parseEvidence, verifyEvidence } from '../../../transparency-log/audit/evidence.ts';
import { DAY, HOUR, LogBuilder, START, testDigest } from '../../support/log-builder.ts';

function step(log: LogBuilder, options: Partial<SyncOptions> = {}): Promise<SyncStep> {
  return syncLog({ domain: log.domain(), state: null, fetch: log.fetch, now: () => log.now, ...options });
}

/** An entry bundle that a Response takes as its body. */
function bundle(entries: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encodeEntryBundle(entries));
}

/** Syncs until there is nothing more, going through JSON between steps as a store does. */
async function sync(
  log: LogBuilder,
  options: Partial<SyncOptions> = {},
): Promise<SyncStep & { steps: number }> {
  let state: LogState | null = options.state ?? null;
  for (let steps = 1; ; steps++) {
    const done = await step(log, { ...options, state });
    state = JSON.parse(JSON.stringify(done.state));
    if (!done.more) return { ...done, steps };
  }
}

/** A log's `fetch` with some paths answered otherwise. */
function patched(
  log: LogBuilder,
  answer: (path: string) => Response | Promise<Response> | undefined,
): typeof fetch {
  return async (input, init) =>
    (await answer(String(input).slice(log.url.length + 1))) ?? log.fetch(input, init);
}

describe('a sync', () => {
  test('takes a new client from nothing to the newest checkpoint', async () => {
    const log = await LogBuilder.create();
    for (let version = 1; version <= 5; version++) await log.release({ version });
    log.fill(295);
    await log.publish();
    const { state, problem } = await sync(log);
    expect(problem).toBeNull();
    expect(state.checkpoint?.size).toBe(301);
    expect(state.ledger.approvals).toHaveLength(5);
  });

  test('fetches only what is new', async () => {
    const log = await LogBuilder.create();
    const { state } = await sync(log);
    log.fill(600);
    await log.publish();
    const asked: string[] = [];
    const spy = patched(log, (path) => {
      asked.push(path);
      return undefined;
    });
    const full = await sync(log, { state, fetch: spy });
    expect(asked).toEqual(['checkpoint', 'tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/89']);
    asked.length = 0;
    await sync(log, { state: full.state, fetch: spy });
    expect(asked).toEqual(['checkpoint']);
  });

  describe('of a bundle whose beginning it has', () => {
    type Answer = (whole: Uint8Array<ArrayBuffer>, start: number) => Response;

    /** A log that has grown since, whose answers to ranges may be others; and what it was asked. */
    async function grown(answer?: Answer) {
      const log = await LogBuilder.create();
      for (let version = 1; version <= 6; version++) await log.release({ version });
      await log.publish();
      const { state } = await sync(log);
      for (let version = 7; version <= 9; version++) await log.release({ version });
      await log.publish();
      const asked: string[] = [];
      let bytes = 0;
      const fetch: typeof globalThis.fetch = async (input, init) => {
        const path = String(input).slice(log.url.length + 1);
        const range = new Headers(init?.headers).get('range');
        asked.push(range === null ? path : `${path} ${range}`);
        const whole = log.file(path);
        const response =
          range !== null && answer && whole
            ? answer(whole, Number(/\d+/.exec(range)?.[0]))
            : await log.fetch(input, init);
        if (path.startsWith('tile/entries')) bytes += (await response.clone().arrayBuffer()).byteLength;
        return response;
      };
      const outcome = await sync(log, { state, fetch });
      return { log, asked, outcome, bytes };
    }

    const held = (log: LogBuilder) => bundle(log.entries.slice(0, 7)).length;

    test('fetches the new entries and not one byte before them', async () => {
      const { log, asked, outcome, bytes } = await grown();
      expect(outcome).toMatchObject({ problem: null, state: { checkpoint: { size: 10 } } });
      expect(asked).toEqual(['checkpoint', `tile/entries/000.p/10 bytes=${held(log)}-`]);
      expect(bytes).toBe(bundle(log.entries.slice(7)).length);
      expect(outcome.state.tailBytes).toBe(bundle(log.entries).length);
    });

    test('takes the whole file from a server that knows no ranges', async () => {
      const { asked, outcome } = await grown((whole) => new Response(whole));
      expect(outcome).toMatchObject({ problem: null, state: { checkpoint: { size: 10 } } });
      expect(asked).toHaveLength(2);
    });

    test('takes a part whose header it may not see, since the root decides', async () => {
      const part: Answer = (whole, start) => new Response(whole.slice(start), { status: 206 });
      const { outcome } = await grown(part);
      expect(outcome).toMatchObject({ problem: null, state: { checkpoint: { size: 10 } } });
    });

    const stated = (body: Uint8Array<ArrayBuffer>, range: string) =>
      new Response(body, { status: 206, headers: { 'content-range': range } });
    const wrong: [string, Answer][] = [
      [
        'another part',
        (whole, start) =>
          stated(whole.slice(start - 1), `bytes ${start - 1}-${whole.length - 1}/${whole.length}`),
      ],
      ['the beginning', (whole) => stated(whole, `bytes 0-${whole.length - 1}/${whole.length}`)],
      [
        'less than it says',
        (whole, start) =>
          stated(whole.slice(start, -1), `bytes ${start}-${whole.length - 1}/${whole.length}`),
      ],
      [
        'more than it says',
        (whole, start) =>
          stated(whole.slice(start - 5), `bytes ${start}-${whole.length - 1}/${whole.length}`),
      ],
      [
        'the middle of a longer file',
        (whole, start) => stated(whole.slice(start), `bytes ${start}-${whole.length - 1}/99999999`),
      ],
      ['no range in the header', (whole, start) => stated(whole.slice(start), 'bytes */7')],
      [
        'too few entries',
        (whole, start) => stated(whole.slice(start, start + 2), `bytes ${start}-${start + 1}/${start + 2}`),
      ],
      [
        'more entries than were asked for',
        (whole, start) => {
          const more = new Uint8Array([...whole.slice(start), 0, 0]);
          return stated(more, `bytes ${start}-${start + more.length - 1}/${start + more.length}`);
        },
      ],
      ['nothing, for the file ends before', () => new Response(null, { status: 416 })],
    ];
    test.each(wrong)('asks for the whole file after %s, and takes it if that is right', async (_, answer) => {
      const { log, asked, outcome } = await grown(answer);
      expect(outcome).toMatchObject({ problem: null, state: { checkpoint: { size: 10 } } });
      expect(asked).toEqual([
        'checkpoint',
        `tile/entries/000.p/10 bytes=${held(log)}-`,
        'tile/entries/000.p/10',
      ]);
    });

    const part = (body: Uint8Array<ArrayBuffer>, range: string) => () => stated(body, range);
    test.each<[string, string, () => Response]>([
      ['another range', 'WAX_SYNC_RANGE', part(new Uint8Array(9), 'bytes 0-8/9')],
      ['a part that is no entries', 'WAX_SYNC_MALFORMED', part(new Uint8Array(9), 'bytes 4-12/13')],
      ['the refusal of any range', 'WAX_SYNC_STATUS', () => new Response(null, { status: 416 })],
      ['a part without end', 'WAX_SYNC_SIZE', part(new Uint8Array(20_000_000), 'bytes 4-20000003/20000004')],
      ['a whole without end', 'WAX_SYNC_SIZE', () => new Response(new Uint8Array(20_000_000))],
    ])('refuses %s with a code of its own', async (_, code, answer) => {
      const fetch: typeof globalThis.fetch = async (_input, init) =>
        new Headers(init?.headers).has('range') ? answer() : new Response(null, { status: 404 });
      const files = openLogFiles({ url: 'https://log.example', fetch });
      await expect(files.entries(1, 3, 4)).rejects.toThrow(code);
    });

    test('refuses a part that nobody asked for', async () => {
      const fetch = async () => stated(bundle([Uint8Array.of(1)]), 'bytes 0-2/3');
      const files = openLogFiles({ url: 'https://log.example', fetch });
      await expect(files.entries(0, 1)).rejects.toThrow('WAX_SYNC_STATUS');
    });

    test('still proves a fork whose entries have other lengths', async () => {
      const [log, other] = [await LogBuilder.create(), await LogBuilder.create()];
      await log.release({ product: 'one' });
      await log.publish();
      const { state } = await sync(log);
      await other.release({ product: 'another-one' });
      await other.release({ version: 2 });
      await other.publish();
      expect((await sync(other, { state })).problem).toMatchObject({ kind: 'fork', code: 'WAX_ACCEPT_FORK' });
    });

    test('fetches the whole of it once for a state that does not say how much it has', async () => {
      const log = await LogBuilder.create();
      await log.release();
      await log.publish();
      const { tailBytes: _, ...state } = (await sync(log)).state;
      await log.release({ version: 2 });
      await log.publish();
      expect(await sync(log, { state })).toMatchObject({ problem: null, state: { checkpoint: { size: 3 } } });
    });
  });

  test('goes on where a step ended, and counts nothing before the root is met', async () => {
    const log = await LogBuilder.create();
    log.fill(600);
    await log.publish();
    const first = await step(log, { limits: { entries: 200 } });
    expect(first).toMatchObject({
      more: true,
      problem: null,
      state: { checkpoint: null, ledger: { size: 0 } },
    });
    expect(first.state.pending?.ledger.size).toBe(256);
    const { steps, state } = await sync(log, { limits: { bytes: 1000 } });
    expect(steps).toBe(3);
    expect(state.checkpoint?.size).toBe(601);
  });

  test('goes on when the log grows between two steps', async () => {
    const log = await LogBuilder.create();
    log.fill(300);
    await log.publish();
    const { state } = await step(log, { limits: { entries: 1 } });
    await log.release({ version: 301 });
    await log.publish();
    expect((await sync(log, { state })).state.checkpoint?.size).toBe(302);
  });

  test('begins again when the log shows less than it had already served', async () => {
    const log = await LogBuilder.create();
    log.fill(300);
    await log.publish();
    const { state } = await step(log, { limits: { entries: 1 } });
    await log.publish({ size: 100 });
    expect(await sync(log, { state })).toMatchObject({ problem: null, state: { checkpoint: { size: 100 } } });
  });

  test('takes the full bundle where the log has dropped the partial one', async () => {
    const log = await LogBuilder.create();
    log.fill(255);
    await log.publish({ size: 200 });
    const fetch = patched(log, (path) =>
      path.includes('.p/') ? new Response(null, { status: 404 }) : undefined,
    );
    expect((await sync(log, { fetch })).state.checkpoint?.size).toBe(200);
  });

  test('sends no cookies, no referrer, follows no redirect and uses no cache', async () => {
    const log = await LogBuilder.create();
    const inits: (RequestInit | undefined)[] = [];
    await sync(log, {
      fetch: async (input, init) => {
        inits.push(init);
        return log.fetch(input, init);
      },
    });
    expect(inits).toHaveLength(2);
    for (const init of inits) {
      expect(init).toMatchObject({
        credentials: 'omit',
        redirect: 'error',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
      });
      expect(init?.signal).toBeInstanceOf(AbortSignal);
    }
  });

  test('goes on after an entry that is not authorised', async () => {
    const log = await LogBuilder.create();
    await log.release({}, { by: [0] });
    log.addBytes(new Uint8Array(60_000));
    await log.release();
    await log.publish();
    const { state, problem } = await sync(log);
    expect(problem).toBeNull();
    expect(state.ledger).toMatchObject({ size: 4, refusedCount: 2 });
    expect(state.ledger.approvals).toHaveLength(1);
  });

  test('keeps the new state and asks for an update at a statement that it must not ignore', async () => {
    const log = await LogBuilder.create();
    log.addBytes(await log.unknown(true));
    await log.publish();
    const { state, problem } = await sync(log);
    expect(problem).toMatchObject({ kind: 'update' });
    expect(state.checkpoint?.size).toBe(2);
  });
});

describe('a log that cannot be had', () => {
  test.each<[string, string, () => Response | Promise<Response>]>([
    ['no connection', 'WAX_SYNC_UNREACHABLE', () => Promise.reject(new TypeError('fetch failed'))],
    ['an error status', 'WAX_SYNC_STATUS', () => new Response('busy', { status: 503 })],
    ['nothing there', 'WAX_SYNC_STATUS', () => new Response(null, { status: 404 })],
    ['too much', 'WAX_SYNC_SIZE', () => new Response(new Uint8Array(20_000_000))],
    ['bytes that are no text', 'WAX_SYNC_MALFORMED', () => new Response(Uint8Array.of(0xff, 0xfe))],
    ['a sign-in page', 'WAX_ACCEPT_CHECKPOINT', () => new Response('<html>Wi-Fi</html>')],
    [
      'a body that breaks off',
      'WAX_SYNC_UNREACHABLE',
      () =>
        new Response(new ReadableStream({ pull: (controller) => controller.error(new TypeError('reset')) })),
    ],
  ])('is unreachable with %s, and the state stays', async (_, code, answer) => {
    const log = await LogBuilder.create();
    const { state } = await sync(log);
    const fetch = patched(log, (path) => (path === 'checkpoint' ? answer() : undefined));
    expect(await step(log, { state, fetch })).toMatchObject({
      state,
      problem: { kind: 'unreachable', code },
      more: false,
    });
  });

  const hanging: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
    });

  test('is unreachable when it does not answer in time', async () => {
    const log = await LogBuilder.create();
    const { problem } = await step(log, { fetch: hanging, limits: { deadlineMs: 20 } });
    expect(problem).toMatchObject({ kind: 'unreachable', code: 'WAX_SYNC_TIMEOUT' });
  });

  test('is unreachable when the caller gives up', async () => {
    const log = await LogBuilder.create();
    const { problem } = await step(log, { fetch: hanging, signal: AbortSignal.timeout(20) });
    expect(problem).toMatchObject({ kind: 'unreachable', code: 'WAX_SYNC_UNREACHABLE' });
  });

  test.each<[string, string, (log: LogBuilder) => Response]>([
    ['missing', 'WAX_SYNC_STATUS', () => new Response(null, { status: 404 })],
    ['cut short', 'WAX_SYNC_MALFORMED', (log) => new Response(bundle(log.entries).slice(0, -1))],
    ['of other entries', 'WAX_ACCEPT_ENTRIES', (log) => new Response(bundle(log.entries.toReversed()))],
  ])('is unreachable with an entry bundle that is %s', async (_, code, answer) => {
    const log = await LogBuilder.create();
    await log.release();
    await log.publish();
    const fetch = patched(log, (path) => (path.startsWith('tile/entries') ? answer(log) : undefined));
    const { state, problem } = await sync(log, { fetch });
    expect(problem).toMatchObject({ kind: 'unreachable', code });
    expect(state.checkpoint).toBeNull();
  });

  test('recovers from bad bundles once good ones are served', async () => {
    const log = await LogBuilder.create();
    await log.release();
    await log.publish();
    const bad = bundle(log.entries.toReversed());
    const fetch = patched(log, (path) => (path.startsWith('tile/entries') ? new Response(bad) : undefined));
    const { state } = await sync(log, { fetch });
    expect(state.pending).toBeNull();
    expect((await sync(log, { state })).state.checkpoint?.size).toBe(2);
  });
});

describe('a log that misbehaves', () => {
  /** Two logs with the same keys and different entries. */
  async function twins(): Promise<[LogBuilder, LogBuilder]> {
    const logs: [LogBuilder, LogBuilder] = [await LogBuilder.create(), await LogBuilder.create()];
    for (const [i, log] of logs.entries()) {
      for (let version = 1; version <= 4; version++) await log.release({ version: 10 * i + version });
      await log.publish();
    }
    return logs;
  }

  test('is a fork when a larger tree does not begin with the one we know, with both checkpoints', async () => {
    const [log, other] = await twins();
    const { state } = await sync(log);
    other.fill(350);
    await other.publish();
    const { problem, state: after } = await sync(other, { state });
    expect(problem).toMatchObject({ kind: 'fork', code: 'WAX_ACCEPT_FORK' });
    expect(problem?.checkpoints).toEqual([log.checkpoint, other.checkpoint]);
    expect(after.checkpoint).toEqual(state.checkpoint);
    expect(after.pending).toBeNull();
  });

  test('gives what proves a fork to a third party, whether the tree grew meanwhile or not', async () => {
    const [log, other] = await twins();
    const { state } = await sync(log);
    const same = await sync(other, { state });
    expect(await verifyEvidence(parseEvidence(JSON.stringify(same.evidence)))).toContain(
      'two roots for size 5',
    );
    other.fill(350);
    await other.publish();
    const grown = await sync(other, { state });
    expect(await verifyEvidence(parseEvidence(JSON.stringify(grown.evidence)))).toContain(
      'a tree of 355 entries that does not begin with the tree of 5',
    );
    expect((await sync(log)).evidence).toBeNull();
  });

  test('is unreachable, and not a fork, while it does not show the tiles that would prove it', async () => {
    const [log, other] = await twins();
    const { state } = await sync(log);
    other.fill(1);
    await other.publish();
    const fetch = patched(other, (path) =>
      path.startsWith('tile/0') ? new Response(null, { status: 404 }) : undefined,
    );
    expect((await sync(other, { state, fetch })).problem).toMatchObject({ kind: 'unreachable' });
    const wrong = patched(other, (path) =>
      path.startsWith('tile/0') ? new Response(log.file('tile/0/000.p/5')) : undefined,
    );
    expect((await sync(other, { state, fetch: wrong })).problem).toMatchObject({ kind: 'unreachable' });
  });

  test('is a fork to a new client when the tree does not begin with the pinned one', async () => {
    const [log, other] = await twins();
    const { log: file } = log.domainFile();
    const root = Buffer.from(log.root(3)).toString('base64');
    const domain = log.domain({ log: { ...(file as object), pin: { size: 3, root } } });
    const { problem, state, evidence } = await sync(other, { domain });
    expect(problem).toMatchObject({ kind: 'fork', code: 'WAX_ACCEPT_PIN' });
    // The log never signed the pin.
    expect(evidence).toBeNull();
    expect(state.checkpoint).toBeNull();
  });

  test('is a rollback when it shows less than before', async () => {
    const log = await LogBuilder.create();
    const small = log.checkpoint;
    await log.release();
    await log.publish();
    const { state } = await sync(log);
    const shown = log.checkpoint;
    log.checkpoint = small;
    const { problem, evidence } = await sync(log, { state });
    expect(problem).toMatchObject({ kind: 'rollback' });
    expect(evidence).toMatchObject({ kind: 'rollback', checkpoints: [shown, small], ancestor: null });
  });

  test('is told from a wrong clock by the date of the server', async () => {
    const log = await LogBuilder.create();
    const now = () => START + 90 * DAY;
    const date = new Date(START + HOUR).toUTCString();
    const fetch = patched(log, (path) =>
      path === 'checkpoint' ? new Response(log.checkpoint, { headers: { date } }) : undefined,
    );
    expect((await step(log, { now, fetch })).problem).toMatchObject({ kind: 'clock' });
    expect((await step(log, { now })).problem).toMatchObject({ kind: 'age' });
  });

  test('does not get a client to seal under a policy of its own', async () => {
    const log = await LogBuilder.create();
    const domain = log.domain({ policyEntry: testDigest('pinned policy') });
    await log.release();
    await log.publish();
    const { state } = await sync(log, { domain });
    expect(state.ledger).toMatchObject({ policy: null, approvals: [], refusedCount: 2 });
  });
});

describe('a pin that a newer build brings', () => {
  const pinnedAt = (log: LogBuilder, size: number, root: Uint8Array = log.root(size)) => {
    const { log: file } = log.domainFile();
    return log.domain({ log: { ...(file as object), pin: { size, root: toBase64(root) } } });
  };
  const other = Buffer.from(testDigest('another root'), 'hex');

  async function longLog() {
    const log = await LogBuilder.create();
    log.fill(600);
    await log.publish();
    return log;
  }

  test('is no fork to a client that was in the middle of a download', async () => {
    const log = await longLog();
    for (const size of [100, 300, 601]) {
      const { state } = await step(log, { limits: { entries: 1 } });
      expect(state.pending?.ledger.size).toBe(256);
      const done = await sync(log, { state, domain: pinnedAt(log, size) });
      expect(done.problem).toBeNull();
      expect(done.state.checkpoint?.size).toBe(601);
    }
  });

  test('is a fork to it where the log went through another root', async () => {
    const log = await longLog();
    for (const size of [100, 300]) {
      const { state } = await step(log, { limits: { entries: 1 } });
      const { problem } = await sync(log, { state, domain: pinnedAt(log, size, other) });
      expect(problem).toMatchObject({ kind: 'fork', code: 'WAX_ACCEPT_PIN' });
    }
  });

  test('is held against a tree that was accepted beyond it, by the tiles of the log and once', async () => {
    const log = await longLog();
    const { state } = await sync(log);
    const asked: string[] = [];
    const spy = patched(log, (path) => {
      asked.push(path);
      return undefined;
    });
    const domain = pinnedAt(log, 300);
    const held = await sync(log, { state, domain, fetch: spy });
    expect(held.problem).toBeNull();
    expect(asked.filter((path) => path.startsWith('tile/entries'))).toEqual([]);
    expect(asked.filter((path) => path.startsWith('tile/'))).not.toEqual([]);
    asked.length = 0;
    await sync(log, { state: held.state, domain, fetch: spy });
    expect(asked).toEqual(['checkpoint']);
  });

  test('stops a client whose accepted tree went through another root there, and keeps stopping it', async () => {
    const log = await longLog();
    const { state } = await sync(log);
    const domain = pinnedAt(log, 300, other);
    const first = await sync(log, { state, domain });
    expect(first.problem).toMatchObject({ kind: 'fork', code: 'WAX_ACCEPT_PIN' });
    expect((await sync(log, { state: first.state, domain })).problem?.kind).toBe('fork');
  });

  test('is not taken for held while the log does not give the tiles, or gives others', async () => {
    const log = await longLog();
    const { state } = await sync(log);
    const domain = pinnedAt(log, 300);
    for (const answer of [new Response(null, { status: 404 }), new Response(new Uint8Array(256 * 32))]) {
      const fetch = patched(log, (path) => (path.startsWith('tile/0/') ? answer.clone() : undefined));
      const refused = await sync(log, { state, domain, fetch });
      expect(refused.problem?.kind).toBe('unreachable');
      expect((await sync(log, { state: refused.state, domain })).problem).toBeNull();
    }
  });
});
