import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { sendTurn } from '../../../extension/session/enclave-client.ts';
import { toHex } from '../../../protocol/bytes.ts';
import { parseAnswer } from '../../../protocol/session/answer.ts';
import { batchLeaf, foldPath, reportData } from '../../../protocol/session/batch.ts';
import { EventParser } from '../../../protocol/session/events.ts';
import { parseSessionHeader } from '../../../protocol/session/header.ts';
import { Hpke } from '../../../protocol/session/hpke.ts';
import { KeyChain, recordKeys } from '../../../protocol/session/keys.ts';
import { parseOffer } from '../../../protocol/session/offer.ts';
import { RecordOpener, RecordSealer } from '../../../protocol/session/record.ts';
import { type AnsweringModel, ReplyReader } from '../../../protocol/session/reply-reader.ts';
import { openRequest, parseSealedRequest, sealRequest } from '../../../protocol/session/request.ts';
import { parseRuntimeStatement } from '../../../protocol/session/runtime-statement.ts';
import { ServerSession } from '../../../protocol/session/server-turn.ts';
import {
  BLOCK_MAX_RECORDS,
  isRequestBucket,
  type Mode,
  recordCount,
  requestBucket,
} from '../../../protocol/session/sizes.ts';
import { hpkeInfo, transcriptHash } from '../../../protocol/session/transcript.ts';
import { parseTurnRequest } from '../../../protocol/session/turn-request.ts';
import { type Bytes, bytesOf, type VectorFile } from '../../support/session-vectors/cases.ts';
import type { Seen } from '../../support/session-vectors/waits.ts';
import { makeVectors } from '../../vectors/session/make.ts';

const folder = fileURLToPath(new URL('../../vectors/session/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const load = (name: string) => JSON.parse(readFileSync(folder + name, 'utf8')) as VectorFile;

/** Reads the fields of a case by the type they should have. */
class Fields {
  readonly #fields: Record<string, unknown>;
  constructor(fields: Record<string, unknown>) {
    this.#fields = fields;
  }
  has = (key: string) => this.#fields[key] !== undefined && this.#fields[key] !== null;
  bytes = (key: string) => bytesOf(this.#fields[key] as Bytes);
  number = (key: string) => this.#fields[key] as number;
  list = (key: string) => (this.#fields[key] as Bytes[]).map(bytesOf);
  any = (key: string) => this.#fields[key];
}

function turnKeys(fields: Fields) {
  const chain = new KeyChain(fields.bytes('chainKey'));
  for (let done = 0; done < fields.number('turn'); done++) chain.advance();
  return chain.advance();
}

/** What this implementation makes of a case, in the names of the vector files. */
const steps: Record<
  string,
  (fields: Fields, hpke: Hpke) => Promise<Record<string, unknown>> | Record<string, unknown>
> = {
  offer: (it) => ({ nonce: toHex(parseOffer(it.bytes('body')).nonce) }),
  header: (it) => {
    const { id, ...rest } = parseSessionHeader(it.bytes('bytes'));
    return { header: { id: toHex(id), ...rest } };
  },
  answer: (it) => {
    const answer = parseAnswer(it.bytes('body'));
    const { evidenceType, slot, logSizeHint, staple } = answer;
    return {
      answer: {
        evidenceType,
        slot,
        header: toHex(answer.headerBytes),
        pk: toHex(answer.pk),
        path: answer.path.map(toHex),
        logSizeHint,
        statement: toHex(answer.statement),
        evidence: toHex(answer.evidence),
        endorsements: answer.endorsements.map(toHex),
        staple: staple && { entry: toHex(staple.entry), proof: staple.proof },
      },
    };
  },
  statement: (it) => ({ statement: parseRuntimeStatement(it.bytes('bytes')) }),
  batch: (it) => {
    if (it.has('path'))
      return { root: toHex(foldPath(it.bytes('leaf'), it.number('slot'), it.list('path'))) };
    if (it.has('root')) return { reportData: toHex(reportData(it.bytes('root'), it.bytes('statement'))) };
    const [nonce, headerBytes, pk] = ['nonce', 'header', 'pk'].map(it.bytes) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    return { leaf: toHex(batchLeaf({ nonce, headerBytes, pk })) };
  },
  transcript: (it) => {
    const transcript = transcriptHash(it.bytes('offer'), it.bytes('answer'));
    return { transcript: toHex(transcript), info: toHex(hpkeInfo(transcript)) };
  },
  hpke: async (it, hpke) => {
    if (!it.has('enc')) return { refusedNot: await hpke.encapsulate(it.bytes('pk'), it.bytes('info')) };
    return { chainKey: toHex(await hpke.decapsulate(it.bytes('seed'), it.bytes('enc'), it.bytes('info'))) };
  },
  keys: (it) => {
    const { request, responseSecret } = turnKeys(it);
    const response = toHex(responseSecret);
    const record = recordKeys(responseSecret, it.bytes('requestHash'));
    return {
      requestKey: toHex(request.key),
      requestNonce: toHex(request.nonce),
      responseSecret: response,
      recordKey: toHex(record.key),
      recordNonce: toHex(record.nonce),
    };
  },
  request: (it) => {
    const { json } = openRequest(
      turnKeys(it),
      parseSealedRequest(it.bytes('body'), it.number('maxRequestBytes')),
    );
    const enc = it.has('enc') ? it.bytes('enc') : null;
    expect(toHex(json)).toBe(toHex(it.bytes('json')));
    return { body: toHex(sealRequest(turnKeys(it), it.bytes('id'), enc, json).body) };
  },
  record: (it) => {
    const keys = { key: it.bytes('key'), nonce: it.bytes('nonce') };
    const stream = {
      keys,
      id: it.bytes('id'),
      turn: it.number('turn'),
      recordBytes: it.number('recordBytes'),
    };
    const opener = new RecordOpener(stream);
    // Only the number of a record counts, so those before it may be anything.
    for (let before = 0; before < it.number('sequence'); before++) {
      expect(() => opener.open(new Uint8Array(stream.recordBytes))).toThrow();
    }
    const { type, payload } = opener.open(it.bytes('record'));
    return { type, payload: toHex(payload) };
  },
  events: (it) => {
    const parser = new EventParser();
    const events = parser.push(it.bytes('stream'));
    parser.finish();
    return {
      events: events.map((event) =>
        event.kind === 'result' ? { ...event, bytes: toHex(event.bytes) } : event,
      ),
    };
  },
  sizes: (it) => {
    if (it.has('bytes')) return { bucket: requestBucket(it.number('bytes')) };
    if (it.has('length')) return { isBucket: isRequestBucket(it.number('length')) };
    return { records: recordCount(it.any('mode') as Mode, it.number('least'), it.number('most')) };
  },
  'turn-request': (it) => ({ request: parseTurnRequest(it.bytes('json')) }),
  reply: (it) => {
    const keys = { key: it.bytes('key'), nonce: it.bytes('nonce') };
    const reader = new ReplyReader({
      stream: { keys, id: it.bytes('id'), turn: it.number('turn'), recordBytes: it.number('recordBytes') },
      mode: it.any('mode') as Mode,
      maxRecords: it.number('maxRecords'),
      models: it.any('models') as AnsweringModel[],
      onClosed: () => {},
    });
    const events = reader.push(it.bytes('body'));
    const { state, session, ...rest } = reader.close();
    const text = events.map((event) => (event.kind === 'text' ? event.text : '')).join('');
    return {
      text,
      records: reader.authenticated,
      recordsSha256: toHex(reader.receivedSha256),
      outcome: state === 'cut-off' ? { state, session } : { state, session, ...rest },
    };
  },
  waits: (it) => waitFor(it.any('mode') as Mode, it.number('requestBytes'), it.any('seen') as Seen[]),
  session: async (it, hpke) => {
    const [offer, answerBody] = [it.bytes('offer'), it.bytes('answer')];
    const answer = parseAnswer(answerBody);
    const leaf = batchLeaf({
      nonce: parseOffer(offer).nonce,
      headerBytes: answer.headerBytes,
      pk: answer.pk,
    });
    const root = foldPath(leaf, answer.slot, answer.path);
    const transcript = transcriptHash(offer, answerBody);
    const chainKey = toHex(await hpke.decapsulate(it.bytes('seed'), it.bytes('enc'), hpkeInfo(transcript)));
    const turns = it.any('turns') as { body: string; request: object; mode: Mode; turn: number }[];
    const waiting = { id: answer.header.id, seed: it.bytes('seed'), transcript };
    const limits = { maxTurns: answer.header.maxTurns, ...parseRuntimeStatement(answer.statement).wire };
    let session: ServerSession | null = null;
    for (const { body, request, turn } of turns) {
      const sealed = parseSealedRequest(bytesOf(body), answer.header.maxRequestBytes);
      const opened: Awaited<ReturnType<typeof ServerSession.open>> | null =
        session === null ? await ServerSession.open(waiting, sealed, limits) : null;
      const accepted = opened?.turn ?? session?.accept(sealed);
      session = opened?.session ?? session;
      expect(accepted).toMatchObject({ turn, request });
      accepted?.reply.fail('busy');
      accepted?.reply.drain();
    }
    return {
      reportData: toHex(reportData(root, answer.statement)),
      transcript: toHex(transcript),
      chainKey,
    };
  },
};

/** Lets the client wait for a reply of which this comes, in virtual time; gives when it has had enough. */
async function waitFor(mode: Mode, requestBytes: number, seen: Seen[]) {
  const stream = () => ({
    keys: { key: new Uint8Array(32), nonce: new Uint8Array(12) },
    id: new Uint8Array(16),
    turn: 0,
    recordBytes: 64,
  });
  const shape = { mode, maxRecords: mode === 'steady' ? 4096 : BLOCK_MAX_RECORDS, models: [] };
  const reply = new ReplyReader({ stream: stream(), ...shape, onClosed: () => {} });
  const sealer = new RecordSealer(stream());
  const pieces = {
    headers: () => new Uint8Array(),
    record: () => sealer.seal('pad'),
    half: () => sealer.seal('pad').subarray(32),
    forged: () => new Uint8Array(64),
  };
  vi.useFakeTimers();
  try {
    const body = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
    const writer = body.writable.getWriter();
    const response = new Response(body.readable);
    const accepted = Promise.withResolvers<Response>();
    for (const { what, at, every = 0, count = 1 } of seen) {
      for (let time = 0; time < count; time++) {
        setTimeout(
          () => {
            accepted.resolve(response);
            void writer.write(pieces[what]().slice()).catch(() => {});
          },
          at + time * every,
        );
      }
    }
    const fetchReply: typeof fetch = (_url, init) => {
      const { promise, reject } = Promise.withResolvers<Response>();
      init?.signal?.addEventListener('abort', () => {
        reject(init.signal?.reason);
        void writer.abort(init.signal?.reason).catch(() => {});
      });
      return Promise.race([accepted.promise, promise]);
    };
    const begun = Date.now();
    const turn = sendTurn(
      { origin: 'https://service.example', fetch: fetchReply },
      { body: new Uint8Array(requestBytes), path: '/', reply },
      mode,
    );
    const ended = (async () => {
      while (!(await turn.next()).done);
      return Date.now() - begun;
    })();
    await vi.advanceTimersByTimeAsync(4_000_000);
    return { endsAt: await ended };
  } finally {
    vi.useRealTimers();
  }
}

describe('the session vectors', () => {
  it('are made again byte for byte', async () => {
    const made = await makeVectors();
    expect([...made.keys()].sort()).toEqual(names.sort());
    for (const [name, text] of made) expect(text === readFileSync(folder + name, 'utf8'), name).toBe(true);
  });

  it('use no randomness but their own, so that a failing run leaves none behind', () => {
    expect(crypto.getRandomValues(new Uint8Array(8))).not.toEqual(crypto.getRandomValues(new Uint8Array(8)));
  });

  it.each(names)('%s holds for this implementation, on native and on noble', async (name) => {
    const { step, cases } = load(name);
    const run = steps[step];
    if (run === undefined) throw new Error(`no step ${step}`);
    for (const { name: label, refused, ...fields } of cases) {
      for (const hpke of step === 'hpke' || step === 'session'
        ? [new Hpke('native'), new Hpke('noble')]
        : [new Hpke('noble')]) {
        const result = (async () => run(new Fields(fields), hpke))();
        if (refused === undefined) expect(await result, label).toEqual(expectedOf(fields, await result));
        else await expect(result, label).rejects.toMatchObject({ code: refused });
      }
    }
  });
});

/** Those fields of the case that the result speaks of. */
function expectedOf(fields: Record<string, unknown>, result: Record<string, unknown>) {
  return Object.fromEntries(Object.keys(result).map((key) => [key, fields[key]]));
}
