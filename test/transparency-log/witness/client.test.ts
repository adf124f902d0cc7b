import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { cosign, verifyCosignatures } from '../../../protocol/log/cosignature.ts';
import { parseNote } from '../../../protocol/log/note.ts';
import { signerFromSeed, signNote } from '../../../protocol/log/signer.ts';
import { consistencyProof, hashLeaf, hashNode, rootAt } from '../../../protocol/log/tree.ts';
import { buildWitness } from '../../../transparency-log/witness/app.ts';
import {
  fetchWitnessView,
  WitnessClient,
  type WitnessEndpoint,
} from '../../../transparency-log/witness/client.ts';
import { logOfKey } from '../../../transparency-log/witness/log-list.ts';

const origin = 'log.example/one';
const log = signerFromSeed(origin, 1, new Uint8Array(32).fill(1));
const signers = [2, 3, 4].map((seed) =>
  signerFromSeed(`witness${seed}.example`, 4, new Uint8Array(32).fill(seed)),
);
const nowSeconds = () => Math.floor(Date.now() / 1000);

const hashAt = (level: number, index: number): Uint8Array =>
  level === 0
    ? hashLeaf(Uint8Array.of(index))
    : hashNode(hashAt(level - 1, 2 * index), hashAt(level - 1, 2 * index + 1));

const textOf = (size: number, root = rootAt(size, hashAt)) => formatCheckpoint({ origin, size, root });
const signed = async (size: number) => `${textOf(size)}\n${await signNote(textOf(size), log)}`;
const submission = async (size: number, quorum = 2) => ({
  checkpoint: await signed(size),
  proofFrom: (oldSize: number) => consistencyProof(oldSize, size, hashAt),
  isQuorum: (names: readonly string[]) => names.length >= quorum,
});

let folder: string;
const apps: FastifyInstance[] = [];

async function startWitness(index: number): Promise<WitnessEndpoint> {
  const signer = signers[index];
  if (signer === undefined) throw new RangeError(`no witness ${index}`);
  const app = buildWitness({
    signer,
    logs: [logOfKey(log.verifierKey.text)],
    database: join(folder, `${index}.db`),
  });
  apps.push(app);
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), key: signer.verifierKey };
}

/** A witness that answers whatever it is told to. */
async function startLiar(
  index: number,
  answer: () => Promise<{ status?: number; body: string }> | { status?: number; body: string },
): Promise<WitnessEndpoint> {
  const signer = signers[index];
  if (signer === undefined) throw new RangeError(`no witness ${index}`);
  const app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const reply = async () => {
    const { status = 200, body } = await answer();
    return new Response(body, { status });
  };
  app.post('/add-checkpoint', reply);
  app.get('/:hash/checkpoint', reply);
  apps.push(app);
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), key: signer.verifierKey };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-witness-'));
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await rm(folder, { recursive: true });
});

describe('asking witnesses', () => {
  it('collects lines that make a checkpoint anybody can verify', async () => {
    const witnesses = await Promise.all([0, 1, 2].map(startWitness));
    const client = new WitnessClient({ witnesses });
    for (const size of [3, 4, 4, 20]) {
      const outcomes = await client.collect(await submission(size, 3)).quorum;
      const lines = outcomes.map((outcome) => (outcome.state === 'cosigned' ? outcome.line : ''));
      const note = parseNote(`${await signed(size)}${lines.join('')}`);
      expect(
        await verifyCosignatures(
          note,
          signers.map(({ verifierKey }) => verifierKey),
        ),
      ).toHaveLength(3);
    }
  });

  it('brings a witness that was away up to date with a proof from where it was', async () => {
    const witnesses = await Promise.all([0, 1].map(startWitness));
    await new WitnessClient({ witnesses: witnesses.slice(0, 1) }).collect(await submission(3, 1)).all;
    const asked: number[] = [];
    const more = await submission(9);
    const proofFrom = (oldSize: number) => {
      asked.push(oldSize);
      return more.proofFrom(oldSize);
    };
    const outcomes = await new WitnessClient({ witnesses }).collect({ ...more, proofFrom }).all;
    expect(outcomes.map(({ state }) => state)).toEqual(['cosigned', 'cosigned']);
    expect(asked).toEqual([3]);
  });

  it('does not wait for a slow witness once there is a quorum, and still hears it out', async () => {
    const good = await Promise.all([0, 1].map(startWitness));
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = await startLiar(2, async () => {
      await promise;
      return { body: await cosign(textOf(3), signers[2] ?? log, nowSeconds()) };
    });
    const round = new WitnessClient({ witnesses: [...good, slow] }).collect(await submission(3));
    expect((await round.quorum).map(({ state }) => state)).toEqual(['cosigned', 'cosigned']);
    resolve();
    expect((await round.all).map(({ state }) => state)).toEqual(['cosigned', 'cosigned', 'cosigned']);
  });

  it('gives up on a witness that does not answer in time, or is not there', async () => {
    const good = await startWitness(0);
    const silent = await startLiar(1, () => new Promise(() => {}));
    const gone = { url: 'http://127.0.0.1:9', key: (signers[2] ?? log).verifierKey };
    const client = new WitnessClient({ witnesses: [good, silent, gone], timeoutMs: 200 });
    const outcomes = await client.collect(await submission(3, 3)).quorum;
    const codes = outcomes.map((outcome) =>
      outcome.state === 'failed' ? outcome.error.code : outcome.state,
    );
    expect(codes.sort()).toEqual(['WAX_WITNESS_UNREACHABLE', 'WAX_WITNESS_UNREACHABLE', 'cosigned']);
  });

  const only = async (witness: WitnessEndpoint, size = 3) => {
    const [outcome] = await new WitnessClient({ witnesses: [witness] }).collect(await submission(size, 1))
      .all;
    if (outcome === undefined || outcome.state === 'cosigned') throw new Error('a lie was believed');
    return outcome;
  };

  it('does not believe a cosignature by another key, on another checkpoint, or none', async () => {
    const [first, second] = signers;
    if (first === undefined || second === undefined) throw new Error('two witnesses');
    for (const body of [
      await cosign(textOf(3), second, nowSeconds()),
      await cosign(textOf(4), first, nowSeconds()),
      (await cosign(textOf(3), second, nowSeconds())).replaceAll('witness3', 'witness2'),
      'thank you\n',
      '',
    ]) {
      expect((await only(await startLiar(0, () => ({ body })))).error.code).toBe('WAX_WITNESS_BAD_ANSWER');
    }
  });

  it('does not take a cosignature that clients would find too old or ahead of time', async () => {
    const [first] = signers;
    if (first === undefined) throw new Error('a witness');
    for (const off of [-400, 400]) {
      const body = await cosign(textOf(3), first, nowSeconds() + off);
      expect((await only(await startLiar(0, () => ({ body })))).error.code).toBe('WAX_WITNESS_CLOCK');
    }
  });

  it('says when a witness has seen more than is submitted', async () => {
    const outcome = await only(await startLiar(0, () => ({ status: 409, body: '7\n' })));
    expect(outcome.error.code).toBe('WAX_WITNESS_AHEAD');
    expect(outcome.size).toBe(7);
  });

  it('does not go round in circles with a witness that keeps changing its mind', async () => {
    let requests = 0;
    const outcome = await only(
      await startLiar(0, () => ({ status: 409, body: `${(requests++ % 2) + 1}\n` })),
    );
    expect(outcome.error.code).toBe('WAX_WITNESS_REFUSED');
    expect(requests).toBe(3);
    const same = await only(await startLiar(1, () => ({ status: 409, body: '0\n' })));
    expect(same.error.code).toBe('WAX_WITNESS_BAD_ANSWER');
    const words = await only(await startLiar(2, () => ({ status: 409, body: 'two\n' })));
    expect(words.error.code).toBe('WAX_WITNESS_BAD_ANSWER');
  });

  it('reports a refusal with its status', async () => {
    expect((await only(await startLiar(0, () => ({ status: 403, body: 'no\n' })))).error.message).toContain(
      '403',
    );
  });
});

describe('what a witness shows monitors', () => {
  const ask = (witness: WitnessEndpoint) =>
    fetchWitnessView({ witness, logKey: log.verifierKey, origin, timeoutMs: 2000, fetch });

  it('is verified against the keys of log and witness', async () => {
    const witness = await startWitness(0);
    expect(await ask(witness)).toBeNull();
    await new WitnessClient({ witnesses: [witness] }).collect(await submission(6, 1)).all;
    const view = await ask(witness);
    expect(view?.checkpoint.size).toBe(6);
    expect(Math.abs((view?.at ?? 0) - Date.now())).toBeLessThan(10_000);
  });

  it('is refused without the witness’s cosignature or the log’s signature', async () => {
    const [first] = signers;
    if (first === undefined) throw new Error('a witness');
    const line = await cosign(textOf(3), first, nowSeconds());
    for (const body of [await signed(3), `${textOf(3)}\n${line}`, 'nothing']) {
      await expect(ask(await startLiar(0, () => ({ body })))).rejects.toThrow('WAX_WITNESS_BAD_ANSWER');
    }
    await expect(ask(await startLiar(0, () => ({ status: 500, body: '' })))).rejects.toThrow(
      'WAX_WITNESS_UNREACHABLE',
    );
  });
});
