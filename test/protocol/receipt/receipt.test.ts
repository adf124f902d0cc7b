import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatRequest } from '../../../extension/session/chat-request.ts';
import { ChatSession } from '../../../extension/session/chat-session.ts';
import { simulatorVerifier } from '../../../protocol/attestation/simulator.ts';
import { parseBase64, toBase64, toHex, utf8 } from '../../../protocol/bytes.ts';
import { applyEntries, emptyState, formatLogState, parseLogState } from '../../../protocol/log/state.ts';
import { parseReceipt } from '../../../protocol/receipt/receipt.ts';
import { type ReceiptSurroundings, verifyReceipt } from '../../../protocol/receipt/verify-receipt.ts';
import { sealTo } from '../../../protocol/verify.ts';
import { HOUR, LogBuilder, testDigest } from '../../support/log-builder.ts';
import { answering, TestEnclave } from '../../support/test-enclave.ts';
import { flipped, SERVICE } from '../../support/verified-exchange.ts';

const PROMPT = 'What is a wax seal good for?';
const ANSWER = 'It shows who closed a letter.';

let enclave: TestEnclave;
let surroundings: ReceiptSurroundings;
/** Receipts of the first and the second turn of a session. */
const texts: string[] = [];
const bodies: Uint8Array[] = [];
let chat: ChatSession;

async function receiptOf(): Promise<string | null> {
  let text: string | null = null;
  await chat.send(chatRequest({ model: 'tiny', messages: [{ role: 'user', content: PROMPT }] }), {
    onEvent: () => {},
    onReceipt: (make) => {
      text = make();
    },
  });
  return text;
}

beforeAll(async () => {
  enclave = await TestEnclave.create();
  enclave.script = function* (turn) {
    for (const record of answering(turn, ANSWER)) {
      bodies.push(record);
      yield record;
    }
  };
  chat = new ChatSession({
    service: { origin: SERVICE, fetch: enclave.fetch },
    clock: enclave.clock,
    look: () => enclave.surroundings(),
  });
  texts.push((await receiptOf()) ?? '');
  enclave.clock.wall += 120_000;
  texts.push((await receiptOf()) ?? '');
  const { domain } = await enclave.surroundings();
  const now = enclave.clock.now() + 300 * 24 * HOUR;
  surroundings = { domain, verifiers: [simulatorVerifier], now, entries: null };
});

type Fields = { [key: string]: unknown };
/** The first receipt with something changed. */
const changed = (change: (fields: Fields) => Fields) =>
  parseReceipt(utf8(JSON.stringify({ ...change(JSON.parse(texts[0] ?? '')) })));
const codesOf = ({ checks }: { checks: readonly { code: string | null }[] }) =>
  checks.flatMap(({ code }) => code ?? []);

describe('the receipt of a turn', () => {
  it.each([0, 1])(
    'of turn %d passes every check, months later and without asking anybody',
    async (number) => {
      const receipt = parseReceipt(utf8(texts[number] ?? ''));
      expect(receipt.turn).toMatchObject({ number, outcome: 'complete', model: { id: 'tiny' } });
      const result = await verifyReceipt(receipt, surroundings);
      expect(result).toMatchObject({ verdict: 'pass', approval: 'told' });
      expect(result.checks.map(({ state }) => state)).toEqual(['pass', 'pass', 'pass']);
      expect(result.report.rows.map(({ state }) => state)).toEqual(Array(10).fill('pass'));
    },
  );

  it('holds the digests of what was on the wire', async () => {
    const sent = enclave.requests.filter(({ url }) => url.includes('/turns/'))[0]?.init.body as Uint8Array;
    const { turn } = parseReceipt(utf8(texts[0] ?? ''));
    const sha256 = async (bytes: Uint8Array) =>
      toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))));
    expect(turn.requestSha256).toBe(await sha256(sent));
    const reply = Buffer.concat(bodies.slice(0, turn.reply.records));
    expect(turn.reply).toEqual({ records: bodies.length / 2, sha256: await sha256(reply) });
  });

  it('holds neither prompt nor answer, nor a key of the session', () => {
    for (const text of texts) {
      expect(text).not.toContain(PROMPT);
      expect(text).not.toContain(ANSWER);
      expect(text).not.toContain(toBase64(utf8(PROMPT)).slice(0, 30));
    }
    expect(Object.keys(JSON.parse(texts[0] ?? '')).sort()).toEqual(
      [
        ...['answer', 'checkedAt', 'domain', 'format', 'log', 'offer', 'report', 'sentAt', 'service', 'turn'],
      ].sort(),
    );
  });

  it('is made for no turn of which no record opened', async () => {
    enclave.intercept = (path) => (path.includes('/turns/') ? new Response(null, { status: 400 }) : null);
    expect(await receiptOf()).toBeNull();
    enclave.intercept = null;
  });

  it('is made for an answer that was cut off, and says so', async () => {
    const { script } = enclave;
    enclave.script = (turn) => [...answering(turn)].slice(0, 1);
    const receipt = parseReceipt(utf8((await receiptOf()) ?? ''));
    enclave.script = script;
    expect(receipt.turn).toMatchObject({ outcome: 'cut-off', model: null, reply: { records: 1 } });
    await expect(verifyReceipt(receipt, surroundings)).resolves.toMatchObject({ verdict: 'pass' });
  });
});

describe('a receipt that was changed', () => {
  it('fails for another key, nonce or statement', async () => {
    const { offer, answer } = parseReceipt(utf8(texts[0] ?? ''));
    const start = 1584 + 4;
    for (const spoilt of [
      { answer: toBase64(flipped(answer, 100)) },
      { answer: toBase64(flipped(answer, 1300)) },
      { answer: toBase64(flipped(answer, start + 1500)) },
      { offer: toBase64(flipped(offer, 40)) },
    ]) {
      const result = await verifyReceipt(
        changed((fields) => ({ ...fields, ...spoilt })),
        surroundings,
      );
      expect(result.verdict).toBe('fail');
      expect(result.report.verdict).toBe('fail');
    }
  });

  it('fails where it tells another report than its contents lead to', async () => {
    const receipt = changed((fields) => ({
      ...fields,
      report: { ...(fields.report as Fields), verdict: 'fail' },
    }));
    const result = await verifyReceipt(receipt, surroundings);
    expect(result).toMatchObject({ verdict: 'fail', report: { verdict: 'pass' } });
    expect(codesOf(result)).toEqual(['WAX_RECEIPT_REPORT']);
  });

  it('fails for a model that the enclave did not state', async () => {
    const receipt = changed((fields) => ({
      ...fields,
      turn: { ...(fields.turn as Fields), model: { id: 'tiny', sha256: testDigest('other') } },
    }));
    expect(codesOf(await verifyReceipt(receipt, surroundings))).toEqual(['WAX_RECEIPT_MODEL']);
  });

  it('fails from the future, and for a time that the witnesses did not vouch for', async () => {
    const { checkedAt } = parseReceipt(utf8(texts[0] ?? ''));
    const early = { ...surroundings, now: checkedAt - HOUR };
    expect(codesOf(await verifyReceipt(parseReceipt(utf8(texts[0] ?? '')), early))).toEqual([
      'WAX_RECEIPT_TIME',
    ]);
    for (const shift of [30 * HOUR, -HOUR]) {
      const receipt = changed((fields) => ({
        ...fields,
        checkedAt: checkedAt + shift,
        sentAt: checkedAt + shift,
      }));
      await expect(verifyReceipt(receipt, surroundings)).rejects.toThrow('WAX_RECEIPT_LOG');
    }
  });

  it('fails for a checkpoint that the log or its witnesses did not sign', async () => {
    const { domain } = surroundings;
    const held = parseLogState(parseReceipt(utf8(texts[0] ?? '')).log, domain);
    const { checkpoint } = held;
    if (checkpoint === null) throw new Error('no checkpoint');
    const lines = checkpoint.note.trimEnd().split('\n');
    const without = (count: number) => `${lines.slice(0, -count).join('\n')}\n`;
    const other = await LogBuilder.create({ seed: 'other' });
    await other.publish();
    for (const note of [without(2), without(3), other.checkpoint]) {
      const log = formatLogState({ ...held, checkpoint: { ...checkpoint, note } });
      await expect(
        verifyReceipt(
          changed((fields) => ({ ...fields, log })),
          surroundings,
        ),
      ).rejects.toThrow('WAX_RECEIPT_LOG');
    }
    await expect(
      verifyReceipt(
        changed((fields) => ({ ...fields, log: formatLogState({ ...held, checkpoint: null }) })),
        surroundings,
      ),
    ).rejects.toThrow('WAX_RECEIPT_LOG');
  });
});

describe('the approval in a receipt', () => {
  const entriesOf = async (log: LogBuilder) => {
    const { domain } = surroundings;
    const state = await applyEntries(emptyState(domain), log.entries, domain.log.pin.size);
    return state.pending;
  };

  it('is read from the log where its entries are at hand', async () => {
    const entries = await entriesOf(enclave.log);
    const result = await verifyReceipt(parseReceipt(utf8(texts[0] ?? '')), { ...surroundings, entries });
    expect(result).toMatchObject({ verdict: 'pass', approval: 'read' });
  });

  it('that only the receipt tells of passes as told, and fails when the entries are read', async () => {
    const { domain } = surroundings;
    const held = parseLogState(parseReceipt(utf8(texts[0] ?? '')).log, domain);
    const forged = structuredClone(held);
    // A later version is claimed for the release: the entries know nothing of it.
    for (const { statement } of forged.ledger.approvals) {
      if (statement.kind === 'release') statement.version = 77;
    }
    const receipt = changed((fields) => ({
      ...fields,
      log: formatLogState(forged),
      report: {
        ...(fields.report as Fields),
        release: { ...((fields.report as Fields).release as Fields), version: 77 },
      },
    }));
    await expect(verifyReceipt(receipt, surroundings)).resolves.toMatchObject({
      verdict: 'pass',
      approval: 'told',
      report: { release: { version: 77 } },
    });
    const entries = await entriesOf(enclave.log);
    const read = await verifyReceipt(receipt, { ...surroundings, entries });
    expect(read).toMatchObject({ verdict: 'fail', approval: 'read' });
    expect(codesOf(read)).toEqual(['WAX_RECEIPT_REPORT']);
  });

  it('is not read from entries of another log', async () => {
    const other = await LogBuilder.create();
    await other.release({ version: 9 });
    const entries = await entriesOf(other);
    await expect(
      verifyReceipt(parseReceipt(utf8(texts[0] ?? '')), { ...surroundings, entries }),
    ).rejects.toThrow('WAX_RECEIPT_ENTRIES');
  });
});

describe('reading a receipt', () => {
  it('refuses what is missing, unknown, too long or of another version', () => {
    const whole = JSON.parse(texts[0] ?? '') as Fields;
    const refused = (fields: unknown) =>
      expect(() => parseReceipt(utf8(JSON.stringify(fields)))).toThrow('WAX_RECEIPT_FORM');
    for (const key of Object.keys(whole)) refused({ ...whole, [key]: undefined });
    refused({ ...whole, more: 1 });
    refused({ ...whole, format: 'waxseal-receipt/2' });
    refused({ ...whole, answer: 'not base64' });
    const turn = whole.turn as Fields;
    refused({ ...whole, turn: { ...turn, model: null } });
    refused({ ...whole, turn: { ...turn, outcome: 'failed' } });
    refused({ ...whole, turn: { ...turn, reply: { records: 0, sha256: testDigest('x') } } });
    refused({ ...whole, turn: { ...turn, text: 'hello' } });
  });

  it('never fails but with its own code, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(utf8)), (bytes) => {
        expect(() => parseReceipt(bytes)).toThrow('WAX_RECEIPT_FORM');
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it('survives a log that is not of its shape', async () => {
    const bodies = ['{}', 'null', '{"ledger":{}}', '{"ledger":{"origin":1}}', '[]'];
    const digest = async (body: string) =>
      toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(utf8(body)))));
    for (const body of bodies) {
      const log = `waxseal-log-state/1 ${await digest(body)}\n${body}`;
      await expect(
        verifyReceipt(
          changed((fields) => ({ ...fields, log })),
          surroundings,
        ),
      ).rejects.toThrow('WAX_RECEIPT_LOG');
    }
    const held = parseLogState(parseReceipt(utf8(texts[0] ?? '')).log, surroundings.domain);
    for (const approvals of [[null], [{}], 'x', [{ statement: {} }], [{ statement: { kind: 'release' } }]]) {
      const odd = { ...held, ledger: { ...held.ledger, approvals: approvals as never } };
      const receipt = changed((fields) => ({ ...fields, log: formatLogState(odd) }));
      const told = await verifyReceipt(receipt, surroundings).then(
        ({ verdict }) => verdict,
        ({ code }) => code,
      );
      expect(['fail', 'WAX_RECEIPT_LOG']).toContain(told);
    }
  });

  it('gives a report that leads to no key', async () => {
    const { report } = await verifyReceipt(parseReceipt(utf8(texts[0] ?? '')), surroundings);
    await expect(sealTo(report, await enclave.surroundings())).rejects.toThrow('WAX_VERIFY_REFUSED');
    expect(parseBase64(JSON.parse(texts[0] ?? '').offer)).toHaveLength(64);
  });
});
