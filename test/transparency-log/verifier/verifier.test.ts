import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyEntry } from '../../../protocol/log/replay.ts';
import { Verifier } from '../../../transparency-log/verifier/verifier.ts';
import { LogBuilder, releaseFields } from '../../support/log-builder.ts';

/** The policy in force after entry 0, as a replay of the log has it. */
const policyOf = (log: LogBuilder, which?: number[]) => ({
  index: 0,
  entrySha256: log.policy ?? '',
  publishers: log.publisherList(which),
  threshold: 2,
});

describe('the threads that verify submissions', () => {
  let log: LogBuilder;
  let verifier: Verifier;
  beforeEach(async () => {
    log = await LogBuilder.create();
    verifier = new Verifier();
  });
  afterEach(() => verifier.close());

  const release = (version: number) => log.entry('release', releaseFields(log.now, { version }));

  it('comes to the same verdict as the thread of the log, on good entries and bad', async () => {
    const good = await release(1);
    const other = await release(2);
    const text = Buffer.from(good).toString();
    const signatures = (entry: Uint8Array) =>
      /"signatures":.*$/.exec(Buffer.from(entry).toString())?.[0] ?? '';
    const entries = [
      good,
      await log.entry('release', releaseFields(log.now), { by: [0] }),
      await log.unknown(false),
      // Signatures of another statement; no envelope; an envelope around no statement; too long; nothing.
      Buffer.from(text.replace(signatures(good), signatures(other))),
      Buffer.from('{"payloadType":"x"}'),
      await log.sign(Buffer.from('{}'), [0, 1]),
      new Uint8Array(16 * 1024 + 1),
      new Uint8Array(),
    ];
    const policy = policyOf(log);
    const codes: (string | undefined)[] = [];
    const verdicts = await Promise.all(entries.map((entry) => verifier.verify(entry, policy)));
    for (const [index, verdict] of verdicts.entries()) {
      const here = await verifyEntry(entries[index] ?? new Uint8Array(), policy);
      expect(verdict.error?.message).toBe(here.error?.message);
      expect({ ...verdict, error: null }).toEqual({ ...here, error: null });
      codes.push(verdict.error?.code);
    }
    expect(codes).toEqual([
      undefined,
      undefined,
      undefined,
      'WAX_STATEMENT_SIGNATURE',
      'WAX_STATEMENT_ENVELOPE',
      'WAX_STATEMENT_FORM',
      'WAX_STATEMENT_SIZE',
      'WAX_STATEMENT_ENVELOPE',
    ]);
  });

  it('verifies each entry under the policy it was asked about, whatever comes with it', async () => {
    const entry = await release(1);
    const [all, one, none] = await Promise.all([
      verifier.verify(entry, policyOf(log)),
      verifier.verify(entry, policyOf(log, [1])),
      verifier.verify(entry, null),
    ]);
    expect([all?.signers, one?.signers, none?.signers]).toEqual([
      ['publisher-0', 'publisher-1'],
      ['publisher-1'],
      [],
    ]);
  });

  it('gives each of a burst its own verdict, whichever thread comes to it and when', async () => {
    const spread = new Verifier(3);
    try {
      const good = await release(1);
      const bad = Buffer.from('{"payloadType":"x"}');
      const burst = Array.from({ length: 200 }, (_, index) => (index % 7 === 0 ? bad : good));
      const policy = policyOf(log);
      const verdicts = await Promise.all(burst.map((entry) => spread.verify(entry, policy)));
      const codes = verdicts.map(({ error, signers }) => error?.code ?? signers.length);
      expect(codes).toEqual(burst.map((entry) => (entry === bad ? 'WAX_STATEMENT_ENVELOPE' : 2)));
    } finally {
      await spread.close();
    }
  });

  it('does not take a publisher key that is no point of the curve for one that signs', async () => {
    const policy = {
      ...policyOf(log),
      publishers: [{ name: 'p', key: Buffer.alloc(32, 2).toString('base64') }],
    };
    expect((await verifier.verify(await release(1), policy)).signers).toEqual([]);
  });

  it('tells those who wait when it ends, and starts again for the next', async () => {
    const entry = await release(1);
    const waiting = verifier.verify(entry, policyOf(log));
    const refused = expect(waiting).rejects.toMatchObject({ code: 'WAX_LOGSERVER_INTERNAL' });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await verifier.close();
    await refused;
    expect((await verifier.verify(entry, policyOf(log))).signers).toHaveLength(2);
  });
});
