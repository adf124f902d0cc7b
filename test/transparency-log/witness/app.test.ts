import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatCheckpoint, verifyCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { verifyCosignatures } from '../../../protocol/log/cosignature.ts';
import { parseNote } from '../../../protocol/log/note.ts';
import { signerFromSeed, signNote } from '../../../protocol/log/signer.ts';
import { consistencyProof, emptyRoot, hashLeaf, hashNode, rootAt } from '../../../protocol/log/tree.ts';
import { formatAddCheckpoint } from '../../../protocol/log/witness.ts';
import { buildWitness } from '../../../transparency-log/witness/app.ts';
import { logOfKey, type WitnessedLog } from '../../../transparency-log/witness/log-list.ts';
import { originHash } from '../../../transparency-log/witness/witness.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const vectors = sharedVectors('tlog');
const origin = 'log.example/one';
const log = signerFromSeed(origin, 1, new Uint8Array(32).fill(1));
const signer = signerFromSeed('witness.example', 4, new Uint8Array(32).fill(2));
const now = 1_800_000_000_500;

const hashAt = (level: number, index: number): Uint8Array =>
  level === 0
    ? hashLeaf(Uint8Array.of(index))
    : hashNode(hashAt(level - 1, 2 * index), hashAt(level - 1, 2 * index + 1));

async function signed(size: number, root = rootAt(size, hashAt), key = log, name = origin): Promise<string> {
  const text =
    size === 0
      ? `${name}\n0\n${Buffer.from(root).toString('base64')}\n`
      : formatCheckpoint({ origin: name, size, root });
  return `${text}\n${await signNote(text, key)}`;
}

let folder: string;
let app: FastifyInstance;
let url: string;

async function start(logs: WitnessedLog[] = [logOfKey(log.verifierKey.text)], by = signer): Promise<void> {
  app = buildWitness({ signer: by, logs, database: join(folder, 'witness.db'), now: () => now });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-witness-'));
  await start();
});

afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

const post = (body: Uint8Array<ArrayBuffer> | string) =>
  fetch(`${url}/add-checkpoint`, { method: 'POST', body });

async function add(
  oldSize: number,
  size: number,
  changes: { proof?: Uint8Array[]; checkpoint?: string } = {},
) {
  const { proof = consistencyProof(oldSize, size, hashAt), checkpoint = await signed(size) } = changes;
  const response = await post(formatAddCheckpoint({ oldSize, proof, checkpoint }));
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

describe('add-checkpoint', () => {
  it('cosigns a first checkpoint and each one that extends the last', async () => {
    for (const [oldSize, size] of [
      [0, 3],
      [3, 7],
      [7, 8],
      [8, 20],
    ] as const) {
      const { status, body } = await add(oldSize, size);
      expect(status).toBe(200);
      const note = parseNote(`${parseNote(await signed(size)).text}\n${body}`);
      expect(await verifyCosignatures(note, [signer.verifierKey])).toEqual([
        { name: 'witness.example', at: 1_800_000_000_000 },
      ]);
    }
  });

  it('cosigns an empty log, again and again, and its first entries', async () => {
    const empty = await signed(0, emptyRoot);
    expect((await add(0, 0, { checkpoint: empty })).status).toBe(200);
    expect((await add(0, 0, { checkpoint: empty })).status).toBe(200);
    expect((await add(0, 5)).status).toBe(200);
  });

  it('cosigns an unchanged tree again, which refreshes its time', async () => {
    await add(0, 5);
    expect((await add(5, 5)).status).toBe(200);
  });

  it('takes any content type and none', async () => {
    const body = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: await signed(2) });
    const typed = await fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(typed.status).toBe(200);
  });

  it('answers 404 for an origin it does not know', async () => {
    const other = signerFromSeed('log.example/two', 1, new Uint8Array(32).fill(1));
    expect(
      (await add(0, 2, { checkpoint: await signed(2, undefined, other, 'log.example/two') })).status,
    ).toBe(404);
  });

  it('answers 403 without a good signature by the log', async () => {
    const stranger = signerFromSeed(origin, 1, new Uint8Array(32).fill(9));
    expect((await add(0, 2, { checkpoint: await signed(2, undefined, stranger) })).status).toBe(403);
    const changed = (await signed(2)).replace('\n2\n', '\n3\n');
    expect((await add(0, 3, { checkpoint: changed })).status).toBe(403);
    const twice = `${await signed(2)}${(await signed(3)).split('\n\n')[1]}`;
    expect((await add(0, 2, { checkpoint: twice })).status).toBe(403);
  });

  it('answers 400 when the old size is the larger one', async () => {
    await add(0, 5);
    expect((await add(5, 4, { proof: [] })).status).toBe(400);
  });

  it.each([
    ['an empty body', ''],
    ['no empty line', 'old 0\n'],
    ['a size with a leading zero', 'old 00\n\n'],
    ['no checkpoint', 'old 0\n\n'],
  ])('answers 400 to %s', async (_, body) => {
    expect((await post(body)).status).toBe(400);
  });

  it('answers 400 to a checkpoint that is none', async () => {
    const text = `${origin}\nmany\nnot a root\n`;
    const checkpoint = `${text}\n${await signNote(text, log)}`;
    expect((await add(0, 2, { checkpoint, proof: [] })).status).toBe(400);
  });

  it('answers 409 and the recorded size when the old size is another', async () => {
    expect(await add(3, 5)).toMatchObject({ status: 409, type: 'text/x.tlog.size', body: '0\n' });
    await add(0, 5);
    expect(await add(0, 5)).toMatchObject({ status: 409, type: 'text/x.tlog.size', body: '5\n' });
    expect(await add(4, 8)).toMatchObject({ status: 409, body: '5\n' });
  });

  it('answers 422 to a proof that does not prove', async () => {
    await add(0, 5);
    const proof = consistencyProof(5, 8, hashAt);
    expect((await add(5, 8, { proof: proof.slice(1) })).status).toBe(422);
    expect((await add(5, 8, { checkpoint: await signed(8, hashLeaf(Uint8Array.of(1))) })).status).toBe(422);
    expect((await add(5, 8)).status).toBe(200);
  });

  it('answers 422 to a second root for one size, to a proof from nothing and to an empty log with a root', async () => {
    expect((await add(0, 0, { checkpoint: await signed(0, hashLeaf(Uint8Array.of(1))) })).status).toBe(422);
    expect((await add(0, 2, { proof: [emptyRoot] })).status).toBe(422);
    await add(0, 5);
    expect((await add(5, 5, { checkpoint: await signed(5, emptyRoot) })).status).toBe(422);
    expect((await add(5, 5, { proof: [emptyRoot] })).status).toBe(422);
  });

  it('cosigns only one of many forks that are submitted at the same time, though signing takes a while', async () => {
    await app.close();
    const sign = async (message: Uint8Array) => {
      await setTimeout(50);
      return signer.sign(message);
    };
    await start(undefined, { ...signer, sign });
    await add(0, 3);
    const forks = Array.from({ length: 12 }, (_, number) => {
      // Each fork has another fourth leaf, and a good proof that it extends the three before.
      const forked = (level: number, index: number): Uint8Array => {
        if (level > 0) return hashNode(forked(level - 1, 2 * index), forked(level - 1, 2 * index + 1));
        return hashLeaf(Uint8Array.of(index === 3 ? 100 + number : index));
      };
      return { forked, size: 4 };
    });
    const answers = await Promise.all(
      forks.map(async ({ forked, size }) =>
        add(3, size, {
          proof: consistencyProof(3, size, forked),
          checkpoint: await signed(size, rootAt(size, forked)),
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(11).fill(409)]);
  });

  it('remembers over a restart what it cosigned', async () => {
    await add(0, 5);
    await app.close();
    await start();
    expect(await add(0, 3)).toMatchObject({ status: 409, body: '5\n' });
    expect((await add(5, 6)).status).toBe(200);
  });

  it('answers 413 to a body larger than any request', async () => {
    expect((await post('x'.repeat(600_000))).status).toBe(413);
  });

  it('answers 429 once a log has used its requests of the day, and spends none on others’ signatures', async () => {
    await app.close();
    await start([{ ...logOfKey(log.verifierKey.text), requestsPerDay: 2 }]);
    const stranger = signerFromSeed(origin, 1, new Uint8Array(32).fill(9));
    await add(0, 2, { checkpoint: await signed(2, undefined, stranger) });
    expect((await add(0, 2)).status).toBe(200);
    expect((await add(2, 3)).status).toBe(200);
    expect((await add(3, 4)).status).toBe(429);
  });

  it('knows a log under its old and its new key while it changes them', async () => {
    await app.close();
    const next = signerFromSeed(origin, 1, new Uint8Array(32).fill(5));
    await start([logOfKey(log.verifierKey.text), logOfKey(next.verifierKey.text)]);
    expect((await add(0, 2)).status).toBe(200);
    expect((await add(2, 3, { checkpoint: await signed(3, undefined, next) })).status).toBe(200);
    const text = parseNote(await signed(4)).text;
    const both = `${text}\n${await signNote(text, log)}${await signNote(text, next)}`;
    expect((await add(3, 4, { checkpoint: both })).status).toBe(200);
  });

  it('refuses to serve a log that is listed twice', async () => {
    const twice = [logOfKey(log.verifierKey.text), logOfKey(log.verifierKey.text)];
    expect(() => buildWitness({ signer, logs: twice, database: join(folder, 'other.db') })).toThrow(
      'WAX_WITNESS_LOG_TWICE',
    );
  });
});

describe('the rules of tlog-witness, in their order: a request that breaks two is answered for the first', () => {
  const stranger = signerFromSeed(origin, 1, new Uint8Array(32).fill(9));
  const nobody = signerFromSeed('log.example/two', 1, new Uint8Array(32).fill(9));
  const line = Buffer.alloc(32, 7).toString('base64');
  const proof = (from: number, to: number) => consistencyProof(from, to, hashAt);
  const hash = Uint8Array.from({ length: 32 }, () => 7);
  /** Each is sent to a witness that has cosigned size 5. */
  const rules: [rule: string, status: number, body: () => Promise<string>][] = [
    [
      'a body is an old size, a proof, an empty line and a checkpoint',
      400,
      async () => `old 5\n${await signed(5)}`,
    ],
    ['the old size is behind the word "old" and one space', 400, async () => `old  5\n\n${await signed(5)}`],
    ['and is decimal', 400, async () => `old 0x5\n\n${await signed(5)}`],
    ['without a sign', 400, async () => `old +5\n\n${await signed(5)}`],
    ['without a leading zero', 400, async () => `old 05\n\n${await signed(5)}`],
    ['and at most 2^53 - 1 here', 400, async () => `old 9007199254740992\n\n${await signed(5)}`],
    ['a line of the proof is one hash', 400, async () => `old 5\n${line.slice(0, -4)}\n\n${await signed(8)}`],
    ['in base64', 400, async () => `old 5\n${'!'.repeat(44)}\n\n${await signed(8)}`],
    [
      'and there are at most 63 of them',
      400,
      async () => `old 5\n${`${line}\n`.repeat(64)}\n${await signed(8)}`,
    ],
    [
      '63 are read, and prove nothing',
      422,
      async () => `old 5\n${`${line}\n`.repeat(63)}\n${await signed(8)}`,
    ],
    ['lines end with a newline and nothing else', 400, async () => `old 5\r\n\r\n${await signed(5)}`],
    [
      'an unknown origin comes before its signature',
      404,
      async () => request(9, [], await signed(2, undefined, nobody, 'log.example/two')),
    ],
    [
      'a signature before the old size',
      403,
      async () => request(9, [], await signed(8, undefined, stranger)),
    ],
    ['and before the record', 403, async () => request(3, [], await signed(8, undefined, stranger))],
    ['an old size above the checkpoint before the record', 400, async () => request(9, [], await signed(8))],
    ['the record before the proof', 409, async () => request(3, [hash], await signed(8))],
    ['also where nothing would be proven', 409, async () => request(0, [], await signed(8))],
    ['also for a smaller tree', 409, async () => request(4, [], await signed(4))],
    ['a proof is for these two sizes', 422, async () => request(5, proof(4, 8), await signed(8))],
    ['and has no hash too many', 422, async () => request(5, [...proof(5, 8), hash], await signed(8))],
    ['and none too few', 422, async () => request(5, proof(5, 8).slice(0, -1), await signed(8))],
    ['in their order', 422, async () => request(5, proof(5, 8).reverse(), await signed(8))],
    ['for one size it is empty', 422, async () => request(5, [hash], await signed(5))],
    ['and the root the same', 422, async () => request(5, [], await signed(5, hash))],
    ['what extends the record is cosigned', 200, async () => request(5, proof(5, 8), await signed(8))],
    ['and so is the record again', 200, async () => request(5, [], await signed(5))],
  ];
  async function request(oldSize: number, hashes: Uint8Array[], checkpoint: string): Promise<string> {
    return Buffer.from(formatAddCheckpoint({ oldSize, proof: hashes, checkpoint })).toString();
  }

  it.each(rules)('%s: %i', async (_, status, body) => {
    await add(0, 5);
    const answer = await post(await body());
    const text = await answer.text();
    expect([answer.status, text]).toEqual([status, expect.anything()]);
    if (status === 200) expect(text).toMatch(/^— witness\.example [A-Za-z0-9+/]+=*\n$/);
    if (status === 409) {
      expect([answer.headers.get('content-type'), text]).toEqual(['text/x.tlog.size', '5\n']);
    }
    // Whatever was refused has changed nothing.
    if (status !== 200) expect((await add(5, 6)).status).toBe(200);
  });

  it.each(['GET', 'PUT', 'DELETE'])('a request by %s is none', async (method) => {
    expect((await fetch(`${url}/add-checkpoint`, { method })).status).toBe(404);
  });

  it('many requests go over one connection', async () => {
    let connections = 0;
    app.server.on('connection', () => {
      connections += 1;
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const [oldSize, size] of [
      [0, 2],
      [2, 4],
      [4, 4],
    ] as const) {
      const body = formatAddCheckpoint({
        oldSize,
        proof: proof(oldSize, size),
        checkpoint: await signed(size),
      });
      const sent = httpRequest(`${url}/add-checkpoint`, { agent, method: 'POST' });
      sent.end(body);
      const [answer] = await once(sent, 'response');
      answer.resume();
      await once(answer, 'end');
      expect(answer.statusCode).toBe(200);
    }
    agent.destroy();
    expect(connections).toBe(1);
  });
});

describe('the monitoring interface', () => {
  const view = () => fetch(`${url}/${originHash(origin)}/checkpoint`);

  it('shows the last cosigned checkpoint with both signatures, to pages too', async () => {
    expect((await view()).status).toBe(404);
    const stranger = signerFromSeed('stranger.example', 1, new Uint8Array(32).fill(9));
    const checkpoint = await signed(5);
    const extra = await signNote(parseNote(checkpoint).text, stranger);
    await add(0, 5, { checkpoint: `${checkpoint}${extra}` });
    const response = await view();
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const note = await response.text();
    expect((await verifyCheckpoint(note, log.verifierKey)).size).toBe(5);
    expect(await verifyCosignatures(parseNote(note), [signer.verifierKey])).toHaveLength(1);
    expect(note).not.toContain('stranger');
  });

  it('shows nothing of what it refused', async () => {
    await add(0, 5);
    await add(5, 9, { proof: [] });
    expect((await verifyCheckpoint(await (await view()).text(), log.verifierKey)).size).toBe(5);
  });

  it('answers 404 for a log it does not know', async () => {
    expect((await fetch(`${url}/${originHash('log.example/two')}/checkpoint`)).status).toBe(404);
    expect((await fetch(`${url}/nothing/checkpoint`)).status).toBe(404);
  });
});

describe.skipIf(vectors === null)('the request sequences of other witnesses', () => {
  it('gets the answers of litewitness, and 404 where the standard has since changed', async () => {
    const file = JSON.parse(readFileSync(`${vectors}witness/litewitness-sequence.json`, 'utf8'));
    await app.close();
    await start([logOfKey(file.logVkey)]);
    for (const { request, status, statusNowInSpec, assert } of file.steps) {
      const response = await post(request);
      expect(response.status).toBe(statusNowInSpec ?? status);
      const size = /^body == "(\d+)\\n"$/.exec(assert)?.[1];
      if (size !== undefined) expect(await response.text()).toBe(`${size}\n`);
      if (status === 200) expect(await response.text()).toMatch(/^— witness\.example /);
    }
  });

  it('cosigns the whole life of a log of 300 entries', async () => {
    const vkey = /log-vkey (.*)/.exec(readFileSync(`${vectors}own-log-300/keys.txt`, 'utf8'))?.[1] ?? '';
    await app.close();
    await start([logOfKey(vkey)]);
    for (const name of ['0-0', '0-1', '1-2', '2-5', '5-255', '255-256', '256-257', '257-300']) {
      const response = await post(
        new Uint8Array(readFileSync(`${vectors}own-log-300/witness-requests/${name}.txt`)),
      );
      expect(response.status, name).toBe(200);
    }
  });
});
