import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { encodeEnvelope, parseEnvelope, signPayload } from '../../../protocol/log/dsse.ts';
import { machineHash } from '../../../protocol/log/kinds/machine.ts';
import { emptyLedger, type Ledger } from '../../../protocol/log/ledger.ts';
import { type JudgedEntry, Replay, requireSubmittable, verifyEntry } from '../../../protocol/log/replay.ts';
import { DAY, HOUR, LogBuilder, releaseFields, START, testDigest } from '../../support/log-builder.ts';

async function replayAll(log: LogBuilder): Promise<{ ledger: Ledger; judged: JudgedEntry[] }> {
  const replay = Replay.from(emptyLedger(log.origin, log.domain().policyEntry));
  const judged = await replay.apply(log.entries);
  return { ledger: replay.ledger(), judged };
}

/** The codes of all entries, null where authorised. */
async function codes(log: LogBuilder): Promise<(string | null)[]> {
  return (await replayAll(log)).judged.map(({ error }) => error?.code ?? null);
}

describe('authorisation', () => {
  test('accepts a release that the threshold of publishers signed', async () => {
    const log = await LogBuilder.create();
    await log.release({}, { by: [0, 2] });
    const { ledger, judged } = await replayAll(log);
    expect(judged.map(({ error }) => error)).toEqual([null, null]);
    expect(ledger.approvals[0]).toMatchObject({
      index: 1,
      signers: ['publisher-0', 'publisher-2'],
      threshold: 2,
      publisherCount: 3,
      takenBack: null,
    });
  });

  test('refuses a release with one signature fewer than the threshold', async () => {
    const log = await LogBuilder.create();
    await log.release({}, { by: [1] });
    expect(await codes(log)).toEqual([null, 'WAX_STATEMENT_THRESHOLD']);
    expect((await replayAll(log)).ledger.approvals).toEqual([]);
  });

  test('does not count signatures by keys that are not publishers', async () => {
    const log = await LogBuilder.create();
    const other = await LogBuilder.create({ publishers: 5 });
    const entry = parseEnvelope(await log.entry('release', releaseFields(START), { by: [0] }));
    const signers = [log.publishers[0], other.publishers[4]].filter((signer) => signer !== undefined);
    log.addBytes(encodeEnvelope(await signPayload(entry.payload, signers)));
    expect(await codes(log)).toEqual([null, 'WAX_STATEMENT_THRESHOLD']);
  });

  test('refuses an entry in which one publisher signature is bad, although enough others are good', async () => {
    const log = await LogBuilder.create();
    const envelope = parseEnvelope(await log.entry('release', releaseFields(START), { by: [0, 1, 2] }));
    const [first, ...rest] = envelope.signatures;
    if (first) first.sig[3] = (first.sig[3] ?? 0) ^ 1;
    log.addBytes(encodeEnvelope({ ...envelope, signatures: first ? [first, ...rest] : rest }));
    expect(await codes(log)).toEqual([null, 'WAX_STATEMENT_SIGNATURE']);
  });

  test.each([
    ['for another log', { log: 'other.example/log' }, 'WAX_STATEMENT_LOG'],
    ['under another policy', { policy: testDigest('other') }, 'WAX_STATEMENT_POLICY'],
    ['under no policy', { policy: null }, 'WAX_STATEMENT_POLICY'],
  ])('refuses a release signed %s', async (_, options, code) => {
    const log = await LogBuilder.create();
    await log.release({}, options);
    expect(await codes(log)).toEqual([null, code]);
  });

  test('refuses a statement that was signed under a policy replaced since', async () => {
    const log = await LogBuilder.create();
    const kept = await log.entry('release', releaseFields(START));
    await log.add('policy', { publishers: log.publisherList(), threshold: 1 });
    log.addBytes(kept);
    expect(await codes(log)).toEqual([null, null, 'WAX_STATEMENT_POLICY']);
  });

  test('needs the old threshold for a new policy, and the new one right after it', async () => {
    const log = await LogBuilder.create();
    const publishers = log.publisherList();
    await log.add('policy', { publishers, threshold: 1 }, { by: [0, 1] });
    await log.release({}, { by: [2] });
    expect(await codes(log)).toEqual([null, null, null]);
    const lone = await LogBuilder.create();
    await lone.add('policy', { publishers, threshold: 1 }, { by: [0] });
    expect(await codes(lone)).toEqual([null, 'WAX_STATEMENT_THRESHOLD']);
  });

  test('takes only the pinned policy as the first entry', async () => {
    const log = await LogBuilder.create();
    const other = await LogBuilder.create({ threshold: 1 });
    const replay = Replay.from(emptyLedger(log.origin, log.domain().policyEntry));
    const [judged] = await replay.apply(other.entries);
    expect(judged?.error?.code).toBe('WAX_STATEMENT_GENESIS');
    expect(replay.ledger().policy).toBeNull();
  });

  test('refuses a first policy that its own threshold did not sign', async () => {
    const log = await LogBuilder.create();
    const bytes = await log.entry(
      'policy',
      { publishers: log.publisherList(), threshold: 2 },
      { policy: null, by: [0] },
    );
    const added = (await LogBuilder.create()).addBytes(bytes);
    const replay = Replay.from(emptyLedger(log.origin, added.entrySha256));
    expect((await replay.apply([bytes]))[0]?.error?.code).toBe('WAX_STATEMENT_THRESHOLD');
  });
});

describe('dates', () => {
  test('refuses a statement dated more than 7 days before the newest one that a threshold signed', async () => {
    const log = await LogBuilder.create();
    await log.release({ version: 2 }, { notBefore: START + 10 * DAY });
    await log.release({ version: 3 }, { notBefore: START + 3 * DAY });
    await log.release({ version: 4 }, { notBefore: START + 3 * DAY - 1000 });
    expect(await codes(log)).toEqual([null, null, null, 'WAX_STATEMENT_STALE']);
  });

  test('does not let one publisher move that date', async () => {
    const log = await LogBuilder.create();
    const { index } = await log.release();
    await log.revoke(index, { notBefore: START + 400 * DAY });
    await log.release({ version: 2 });
    expect(await codes(log)).toEqual([null, null, null, null]);
  });

  test.each([
    [-7 * DAY, null],
    [7 * DAY, null],
    [-7 * DAY - 1000, 'WAX_STATEMENT_CLOCK'],
    [7 * DAY + 1000, 'WAX_STATEMENT_CLOCK'],
  ])('lets a log sequence a statement dated %i ms from its clock: %s', async (offset, code) => {
    const log = await LogBuilder.create();
    const bytes = await log.entry('release', releaseFields(START));
    const replay = Replay.from((await replayAll(log)).ledger);
    const judged = await replay.judge(await verifyEntry(bytes, replay.policy));
    const submit = () => requireSubmittable(judged, START - offset);
    if (code === null) submit();
    else expect(submit).toThrow(code);
  });
});

describe('taking back', () => {
  test('needs one publisher, and is final', async () => {
    const log = await LogBuilder.create();
    const { index } = await log.release();
    await log.revoke(index, { by: [2] });
    await log.revoke(index, { action: 'supersede', by: [0] });
    const { ledger, judged } = await replayAll(log);
    expect(judged.every(({ error }) => error === null)).toBe(true);
    expect(ledger.approvals[0]?.takenBack).toMatchObject({ action: 'revoke', index: 2 });
  });

  test('refuses a revocation that no publisher signed', async () => {
    const log = await LogBuilder.create();
    const { index } = await log.release();
    await log.revoke(index, { by: [] });
    const { ledger, judged } = await replayAll(log);
    expect(judged[2]?.error?.code).toBe('WAX_STATEMENT_THRESHOLD');
    expect(ledger.approvals[0]?.takenBack).toBeNull();
  });

  test('refuses a revocation whose index and hash do not belong together', async () => {
    const log = await LogBuilder.create();
    const one = await log.release();
    const two = await log.release({ version: 2 });
    await log.add('status', {
      action: 'revoke',
      index: one.index,
      statementSha256: two.statementSha256,
      reason: 'x',
    });
    const { ledger, judged } = await replayAll(log);
    expect(judged[3]?.error?.code).toBe('WAX_STATEMENT_TARGET');
    expect(ledger.approvals.map(({ takenBack }) => takenBack)).toEqual([null, null]);
  });

  test('refuses the same statement again, also after it was revoked and signed by others', async () => {
    const log = await LogBuilder.create();
    const first = await log.release({}, { by: [0, 1] });
    await log.revoke(first.index);
    log.addBytes(await log.sign(parseEnvelope(first.bytes).payload, [1, 2]));
    const { ledger, judged } = await replayAll(log);
    expect(judged[3]?.error?.code).toBe('WAX_STATEMENT_DUPLICATE');
    expect(ledger.approvals.map(({ takenBack }) => takenBack?.action)).toEqual(['revoke']);
  });

  test('lets the same measurement be approved again by a new statement', async () => {
    const log = await LogBuilder.create();
    const { index } = await log.release();
    await log.revoke(index);
    await log.release({ version: 2 });
    const { ledger } = await replayAll(log);
    expect(ledger.approvals.map(({ takenBack }) => takenBack !== null)).toEqual([true, false]);
  });

  test('takes back machines, graces and extension releases too', async () => {
    const log = await LogBuilder.create();
    const machineSha256 = machineHash('sev-snp', 'ab'.repeat(64));
    const added = [
      await log.add('machine', { platform: 'sev-snp', machineSha256, operator: 'Fernhill' }),
      await log.add('grace', {
        expires: START + 30 * DAY,
        platform: 'tdx',
        event: 'INTEL-TCB-R-20',
        reason: 'x',
      }),
      await log.add('extension-release', {
        browser: 'chrome',
        version: '1.0.0',
        manifestSha256: testDigest('extension'),
        source: { repository: 'https://example.org/waxseal', commit: testDigest('c').slice(0, 40) },
      }),
    ];
    for (const { index } of added) await log.revoke(index);
    const { ledger } = await replayAll(log);
    expect(ledger.approvals.map(({ takenBack }) => takenBack?.index)).toEqual([4, 5, 6]);
  });
});

describe('entries that do not count', () => {
  test('go on the list and change nothing else', async () => {
    const log = await LogBuilder.create();
    log.addBytes(utf8('not an envelope'));
    await log.release();
    const { ledger, judged } = await replayAll(log);
    expect(judged[2]?.error).toBeNull();
    expect(ledger.refused).toEqual([{ index: 1, code: 'WAX_STATEMENT_ENVELOPE' }]);
    expect(ledger.refusedCount).toBe(1);
    expect(ledger.size).toBe(3);
  });

  test('asks for an update at an unknown critical kind that a publisher signed', async () => {
    const log = await LogBuilder.create();
    log.addBytes(await log.unknown(true));
    const { ledger } = await replayAll(log);
    expect(ledger.notUnderstood).toEqual([{ index: 1, predicateType: 'urn:waxseal:recall:v2' }]);
  });

  test('skips an unknown kind that is not critical, and one that no publisher signed', async () => {
    const log = await LogBuilder.create();
    log.addBytes(await log.unknown(false));
    log.addBytes(await log.unknown(true, []));
    const { ledger, judged } = await replayAll(log);
    expect(ledger.notUnderstood).toEqual([]);
    expect(judged.map(({ error }) => error?.code)).toEqual([undefined, undefined, 'WAX_STATEMENT_THRESHOLD']);
  });

  test('are kept in small numbers, and counted', async () => {
    const log = await LogBuilder.create();
    log.fill(50);
    for (let i = 0; i < 40; i++) {
      log.now += 1000;
      log.addBytes(await log.unknown(true));
    }
    const { ledger } = await replayAll(log);
    expect(ledger.refused.map(({ index }) => index)).toEqual(Array.from({ length: 32 }, (_, i) => 19 + i));
    expect(ledger.refusedCount).toBe(50);
    expect(ledger.notUnderstood).toHaveLength(32);
  });

  test('a log does not sequence a kind that it does not know', async () => {
    const log = await LogBuilder.create();
    const replay = Replay.from((await replayAll(log)).ledger);
    const judged = await replay.judge(await verifyEntry(await log.unknown(true), replay.policy));
    expect(() => requireSubmittable(judged, START)).toThrow('WAX_STATEMENT_KIND');
  });

  test('nothing counts after the log was closed', async () => {
    const log = await LogBuilder.create();
    await log.add('log-closed', { successor: null, reason: 'full' });
    await log.release();
    const { ledger, judged } = await replayAll(log);
    expect(ledger.closed).toEqual({ index: 1, successor: null });
    expect(judged[2]?.error?.code).toBe('WAX_STATEMENT_CLOSED');
  });
});

describe('what a ledger keeps', () => {
  test('is the same however the entries were cut', async () => {
    const log = await LogBuilder.create();
    for (let version = 1; version < 6; version++) {
      const { index } = await log.release({ version, expires: log.now + 5 * DAY });
      if (version % 2) await log.revoke(index);
      log.now += 12 * DAY;
    }
    const { ledger } = await replayAll(log);
    let other = emptyLedger(log.origin, log.domain().policyEntry);
    for (const entry of log.entries) {
      const replay = Replay.from(JSON.parse(JSON.stringify(other)));
      await replay.apply([entry]);
      other = replay.ledger();
    }
    expect(other).toEqual(ledger);
  });

  test('forgets a release a month after it expired, by the dates in the log, and not what it retired', async () => {
    const log = await LogBuilder.create();
    const old = await log.release({ version: 7, expires: START + DAY });
    log.now += 32 * DAY;
    await log.release({ version: 1 });
    await log.revoke(old.index);
    const { ledger, judged } = await replayAll(log);
    expect(ledger.approvals.map(({ index }) => index)).toEqual([2]);
    expect(judged[3]?.error?.code).toBe('WAX_STATEMENT_TARGET');
    expect(ledger.retirements).toContainEqual({
      product: 'waxseal-demo',
      below: 7,
      at: START + 168 * HOUR,
      index: 1,
    });
  });

  test('drops a retirement that another one covers', async () => {
    const log = await LogBuilder.create();
    await log.release({ version: 2 });
    await log.release({ version: 3 });
    const { ledger } = await replayAll(log);
    expect(ledger.retirements).toEqual([
      { product: 'waxseal-demo', below: 3, at: START + 168 * HOUR, index: 2 },
    ]);
  });

  test('refuses to record an entry judged for another place', async () => {
    const log = await LogBuilder.create();
    const replay = Replay.from((await replayAll(log)).ledger);
    const judged = await replay.judge(
      await verifyEntry(await log.entry('release', releaseFields(START)), replay.policy),
    );
    replay.record(judged);
    expect(() => replay.record(judged)).toThrow(RangeError);
  });

  test('refuses signatures that were verified under an earlier policy', async () => {
    const log = await LogBuilder.create();
    const replay = Replay.from((await replayAll(log)).ledger);
    await log.add('policy', { publishers: log.publisherList([0, 1]), threshold: 2 });
    const early = await verifyEntry(
      await log.entry('release', releaseFields(START), { by: [1, 2] }),
      replay.policy,
    );
    await replay.apply(log.entries.slice(1));
    expect((await replay.judge(early)).error?.code).toBe('WAX_STATEMENT_POLICY');
  });
});
