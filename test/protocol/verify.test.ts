import { describe, expect, it } from 'vitest';
import { emptyState } from '../../protocol/log/state.ts';
import type { VerificationReport } from '../../protocol/report.ts';
import { rowIds } from '../../protocol/report.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import { recheck, sealTo, verifyAnswer } from '../../protocol/verify.ts';
import { DAY, HOUR, LogBuilder, MINUTE, START, testDigest } from '../support/log-builder.ts';
import { acceptedState, flipped, makeExchange, nonsense, SERVICE } from '../support/verified-exchange.ts';

const failing = (report: VerificationReport) =>
  report.rows.filter((row) => row.state === 'fail').map((row) => `${row.id} ${row.code}`);

async function reportOf(options: Parameters<typeof makeExchange>[0] = {}) {
  const { exchange, surroundings } = await makeExchange(options);
  return verifyAnswer(exchange, surroundings);
}

describe('verifyAnswer', () => {
  it('passes a genuine answer, with every row in order and an end to its validity', async () => {
    const report = await reportOf();
    expect(failing(report)).toEqual([]);
    expect(report.rows.map((row) => row.id)).toEqual(rowIds);
    expect(report.rows.every((row) => row.state === 'pass')).toBe(true);
    expect(report).toMatchObject({ verdict: 'pass', state: 'simulated', simulated: true, service: SERVICE });
    expect(report.release).toMatchObject({ product: 'waxseal-demo', version: 1, threshold: 2 });
    // The offer's lifetime is the shortest of all that can end.
    expect(report.expiresAt).toBe(new Date(START + 10 * MINUTE + 300_000).toISOString());
  });

  it('can be kept and exported: it is plain data without a key', async () => {
    const { exchange, surroundings, seed } = await makeExchange();
    const text = JSON.stringify(await verifyAnswer(exchange, surroundings));
    expect(text).not.toContain(Buffer.from(seed).toString('hex'));
    expect(JSON.parse(text).format).toBe('waxseal-report/1');
  });

  it('says "not understood" for bytes that are no answer, and still judges the log', async () => {
    const { exchange, surroundings } = await makeExchange();
    const report = await verifyAnswer({ ...exchange, answerBody: nonsense }, surroundings);
    expect(report.state).toBe('not-understood');
    expect(failing(report)).toEqual(['answer WAX_SESSION_ANSWER']);
    expect(report.rows.find((row) => row.id === 'log')?.state).toBe('pass');
    expect(report.rows.find((row) => row.id === 'evidence')?.state).toBe('skipped');
  });

  it("refuses the answer to somebody else's nonce", async () => {
    const { exchange, surroundings } = await makeExchange();
    const report = await verifyAnswer({ ...exchange, offer: createOffer() }, surroundings);
    expect(report.state).toBe('failed');
    expect(failing(report)).toEqual(['binding WAX_SNP_BINDING']);
  });

  it('refuses a key that was swapped on the way', async () => {
    const { exchange, surroundings } = await makeExchange();
    const report = await verifyAnswer(
      { ...exchange, answerBody: flipped(exchange.answerBody, 100) },
      surroundings,
    );
    expect(failing(report)).toEqual(['binding WAX_SNP_BINDING']);
  });

  it('refuses another session header, slot or path under the same report', async () => {
    const { exchange, surroundings } = await makeExchange();
    for (const offset of [20, 1300]) {
      const answerBody = flipped(exchange.answerBody, offset);
      expect(failing(await verifyAnswer({ ...exchange, answerBody }, surroundings))).toEqual([
        'binding WAX_SNP_BINDING',
      ]);
    }
  });

  it('refuses a runtime statement that the report does not cover', async () => {
    const { exchange, surroundings, parts } = await makeExchange();
    const text = new TextDecoder().decode(parts.statement);
    const at = Buffer.from(exchange.answerBody).indexOf(text);
    const offset = at + text.indexOf('test engine');
    const report = await verifyAnswer(
      { ...exchange, answerBody: flipped(exchange.answerBody, offset) },
      surroundings,
    );
    expect(failing(report)).toContain('binding WAX_SNP_BINDING');
  });

  it('refuses evidence of which one byte was changed', async () => {
    const { exchange, surroundings, parts } = await makeExchange();
    const offset = Buffer.from(exchange.answerBody).indexOf(Buffer.from(parts.evidence)) + 0x90;
    const report = await verifyAnswer(
      { ...exchange, answerBody: flipped(exchange.answerBody, offset) },
      surroundings,
    );
    expect(failing(report)).toContain('evidence WAX_SNP_SIGNATURE');
    expect(report.state).toBe('failed');
  });

  it('refuses a kind of evidence that the build has no verifier for', async () => {
    const { exchange, surroundings } = await makeExchange();
    const report = await verifyAnswer(exchange, { ...surroundings, verifiers: [] });
    expect(failing(report)).toEqual(['evidence WAX_VERIFY_EVIDENCE_TYPE']);
    expect(report.verdict).toBe('fail');
  });

  it('refuses hardware that the trust domain does not accept', async () => {
    const { exchange, surroundings, log } = await makeExchange();
    const domain = log.domain({ hardware: { 'sev-snp': {} } });
    const report = await verifyAnswer(exchange, { ...surroundings, domain });
    expect(failing(report)).toEqual(['platform WAX_ATTESTATION_PLATFORM']);
    expect(report.state).toBe('failed');
  });

  it('tells papers that ran out from papers that are wrong', async () => {
    const { exchange, surroundings, clock } = await makeExchange();
    clock.wall += 8 * DAY;
    const report = await verifyAnswer(exchange, surroundings);
    const row = report.rows.find((one) => one.id === 'collateral');
    expect(row).toMatchObject({ state: 'fail', variant: 'dated', leadsTo: 'papers', code: 'WAX_CRL_DATES' });
  });
});

describe('the release row', () => {
  it.each([
    [
      'a measurement that was never approved',
      { measurement: testDigest('other', 48) },
      'WAX_RELEASE_UNKNOWN',
    ],
    [
      'a configuration that was not approved with it',
      { statement: { configSha256: testDigest('x') } },
      'WAX_RELEASE_PARTIAL',
    ],
    [
      'a model that was not approved with it',
      {
        statement: {
          models: [{ id: 'tiny', sha256: testDigest('x'), contextTokens: 64, maxOutputTokens: 8 }],
        },
      },
      'WAX_RELEASE_PARTIAL',
    ],
    [
      'an approved model under the name of another',
      {
        release: {
          models: [
            { id: 'tiny', sha256: testDigest('model') },
            { id: 'large', sha256: testDigest('large') },
          ],
        },
        statement: {
          models: [{ id: 'large', sha256: testDigest('model'), contextTokens: 64, maxOutputTokens: 8 }],
        },
      },
      'WAX_RELEASE_PARTIAL',
    ],
    [
      'a service that the release does not list',
      { release: { services: ['https://else.example'] } },
      'WAX_RELEASE_PARTIAL',
    ],
    ['another product', { release: { product: 'something-else' } }, 'WAX_RELEASE_PARTIAL'],
  ])('refuses %s', async (_what, options, code) => {
    const report = await reportOf(options);
    expect(failing(report)).toContain(`release ${code}`);
    expect(report.state).toBe('failed');
  });

  it('refuses an approval by one publisher where two are needed', async () => {
    const log = await LogBuilder.create();
    await log.release({}, { by: [0] });
    await log.publish();
    expect(failing(await reportOf({ log }))).toEqual(['release WAX_RELEASE_UNKNOWN']);
  });

  it('refuses a revoked release', async () => {
    const log = await LogBuilder.create();
    const { index } = await log.release();
    await log.revoke(index);
    await log.publish();
    const report = await reportOf({ log });
    expect(failing(report)).toEqual(['release WAX_RELEASE_REVOKED']);
    expect(report.state).toBe('failed');
  });

  it('calls an expired or retired release retired, which is no alarm', async () => {
    const expired = await reportOf({ release: { expires: START + 5 * MINUTE } });
    expect(failing(expired)).toEqual(['release WAX_RELEASE_EXPIRED']);
    expect(expired.state).toBe('retired');

    const log = await LogBuilder.create();
    await log.release();
    await log.release({
      version: 2,
      retiresOlderAfterHours: 0,
      measurements: {
        'sev-snp-simulated': [{ shape: 'new', registers: { launchDigest: testDigest('new', 48) } }],
      },
    });
    await log.publish();
    expect(failing(await reportOf({ log }))).toEqual(['release WAX_RELEASE_RETIRED']);
  });

  it('refuses a server that names another service, or one that the trust domain does not name', async () => {
    expect(failing(await reportOf({ statement: { service: 'https://else.example' } }))).toContain(
      'release WAX_VERIFY_SERVICE',
    );
    const { exchange, surroundings } = await makeExchange();
    const report = await verifyAnswer({ ...exchange, service: 'https://else.example' }, surroundings);
    expect(failing(report)).toContain('release WAX_VERIFY_ENCLAVE');
  });

  it('asks to read on in the log when the approval may be further than it was read', async () => {
    const report = await reportOf({ measurement: testDigest('other', 48), answer: { logSizeHint: 99 } });
    expect(failing(report)).toEqual(['release WAX_VERIFY_BEHIND']);
    expect(report.state).toBe('stale');
  });
});

describe('the log row', () => {
  const at = START + 10 * MINUTE;
  const problem = (kind: 'fork' | 'rollback' | 'signature' | 'quorum') => ({
    kind,
    code: 'WAX_ACCEPT_FORK',
    detail: '',
    checkpoints: [],
    cosignedAt: null,
    systemTime: at,
  });

  it.each([
    ['fork', 'fork'],
    ['rollback', 'fork'],
    ['signature', 'failed'],
    ['quorum', 'log-too-old'],
  ] as const)('stops for %s and shows %s', async (kind, state) => {
    const { exchange, surroundings } = await makeExchange();
    const log = { ...surroundings.log, problem: problem(kind) };
    const report = await verifyAnswer(exchange, { ...surroundings, log });
    expect(report).toMatchObject({ verdict: 'fail', state });
  });

  it('lets a fork drown out every other failure', async () => {
    const { exchange, surroundings } = await makeExchange();
    const log = { ...surroundings.log, problem: problem('fork') };
    const report = await verifyAnswer({ ...exchange, answerBody: nonsense }, { ...surroundings, log });
    expect(report.state).toBe('fork');
  });

  it('goes on with the last good copy of a log that does not answer, until it is too old', async () => {
    const { exchange, surroundings, clock } = await makeExchange();
    const unreachable = { ...problem('fork'), kind: 'unreachable' as const };
    const log = { ...surroundings.log, problem: unreachable };
    expect((await verifyAnswer(exchange, { ...surroundings, log })).verdict).toBe('pass');
    clock.wall += 25 * HOUR;
    const later = { ...exchange, sentAt: { now: clock.now(), monotonic: clock.monotonic() } };
    const report = await verifyAnswer(later, { ...surroundings, log });
    expect(failing(report)).toEqual(['log WAX_ACCEPT_AGE']);
    expect(report.state).toBe('log-too-old');
  });

  it('passes nothing without any state of the log', async () => {
    const { exchange, surroundings } = await makeExchange();
    const report = await verifyAnswer(exchange, { ...surroundings, log: { state: null, problem: null } });
    expect(report).toMatchObject({ verdict: 'fail', state: 'log-unreachable' });
  });

  it('does not call a release unknown while no checkpoint was ever accepted', async () => {
    const { exchange, surroundings } = await makeExchange();
    const state = emptyState(surroundings.domain);
    const log = { state, problem: problem('quorum') };
    const report = await verifyAnswer(exchange, { ...surroundings, log });
    expect(failing(report)).toEqual(['log WAX_ACCEPT_FORK']);
    expect(report.state).toBe('log-too-old');
  });

  it('calls a wrong clock a wrong clock', async () => {
    const { exchange, surroundings, clock } = await makeExchange();
    clock.wall -= 2 * HOUR;
    const before = { ...exchange, sentAt: { now: clock.now(), monotonic: clock.monotonic() } };
    expect((await verifyAnswer(before, surroundings)).state).toBe('clock');
  });

  it('stops at a critical statement that it does not understand', async () => {
    const log = await LogBuilder.create();
    await log.release();
    log.addBytes(await log.unknown(true));
    await log.publish();
    expect((await reportOf({ log })).state).toBe('update');
  });
});

describe('the rows for wire, machine and lifetime', () => {
  it('refuses a pace or size of records other than that of the release', async () => {
    const wire = { tickMs: 60, recordBytes: 512, maxRecords: 1024 };
    expect(failing(await reportOf({ statement: { wire } }))).toEqual(['wire WAX_VERIFY_WIRE']);
  });

  it('asks for a listed machine where the trust domain does', async () => {
    const { exchange, surroundings, log } = await makeExchange();
    const enclaves = [{ service: SERVICE, name: 'F', product: 'waxseal-demo', machines: true }];
    const domain = log.domain({ enclaves });
    const report = await verifyAnswer(exchange, { ...surroundings, domain });
    expect(failing(report)).toEqual(['machine WAX_VERIFY_MACHINE']);
    expect(report.state).toBe('papers');
  });

  it('refuses an answer that is too old, by either clock', async () => {
    for (const pass of ['wall', 'steady'] as const) {
      const { exchange, surroundings, clock } = await makeExchange();
      clock[pass] += 301_000;
      const report = await verifyAnswer(exchange, surroundings);
      expect(failing(report)).toContain('lifetime WAX_VERIFY_LIFETIME');
    }
  });

  it('notices a clock that was set back since the offer', async () => {
    const { exchange, surroundings, clock } = await makeExchange();
    clock.steady += 200_000;
    clock.wall -= 150_000;
    expect(failing(await verifyAnswer(exchange, surroundings))).toEqual(['lifetime WAX_VERIFY_CLOCK']);
  });
});

describe('sealTo', () => {
  it('gives a session for a report that passes, once', async () => {
    const { exchange, surroundings } = await makeExchange();
    const report = await verifyAnswer(exchange, surroundings);
    const { session } = await sealTo(report, surroundings);
    expect(session?.problem).toBeNull();
    await expect(sealTo(report, surroundings)).rejects.toThrow('WAX_VERIFY_USED');
  });

  it('gives one session for all reports on one answer', async () => {
    const { exchange, surroundings } = await makeExchange();
    const first = await verifyAnswer(exchange, surroundings);
    const second = await recheck(first, surroundings);
    await sealTo(first, surroundings);
    await expect(sealTo(second, surroundings)).rejects.toThrow('WAX_VERIFY_USED');
  });

  it('gives one session to two Sends at once', async () => {
    const { exchange, surroundings } = await makeExchange();
    const report = await verifyAnswer(exchange, surroundings);
    const outcomes = await Promise.allSettled([sealTo(report, surroundings), sealTo(report, surroundings)]);
    expect(outcomes.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('gives nothing for a report that failed, a copy of one that passed, or one that was made up', async () => {
    const { exchange, surroundings } = await makeExchange({ measurement: testDigest('other', 48) });
    const failed = await verifyAnswer(exchange, surroundings);
    await expect(sealTo(failed, surroundings)).rejects.toThrow('WAX_VERIFY_REFUSED');
    const good = await makeExchange();
    const passed = await verifyAnswer(good.exchange, good.surroundings);
    await expect(sealTo(structuredClone(passed), good.surroundings)).rejects.toThrow('WAX_VERIFY_REFUSED');
    await expect(sealTo({ ...failed, verdict: 'pass' }, surroundings)).rejects.toThrow('WAX_VERIFY_REFUSED');
  });

  it('looks again: what was revoked between check and Send is refused', async () => {
    const { exchange, surroundings, log, clock } = await makeExchange();
    const report = await verifyAnswer(exchange, surroundings);
    await log.revoke(1);
    await log.publish();
    const state = await acceptedState(log, surroundings.domain, clock.now());
    const outcome = await sealTo(report, { ...surroundings, log: { state, problem: null } });
    expect(outcome.session).toBeNull();
    expect(outcome.report.state).toBe('failed');
  });

  it('refuses when the trust domain was changed after the check', async () => {
    const { exchange, surroundings, log } = await makeExchange();
    const report = await verifyAnswer(exchange, surroundings);
    const domain = log.domain({ name: 'Edited' });
    await expect(sealTo(report, { ...surroundings, domain })).rejects.toThrow('WAX_VERIFY_DOMAIN');
  });
});

describe('recheck', () => {
  it('holds a session to its own lifetime after the offer is over', async () => {
    const { exchange, surroundings, clock } = await makeExchange();
    const { report } = await sealTo(await verifyAnswer(exchange, surroundings), surroundings);
    clock.pass(1_000_000);
    expect((await recheck(report, surroundings)).verdict).toBe('pass');
    clock.pass(801_000);
    expect(failing(await recheck(report, surroundings))).toEqual(['lifetime WAX_VERIFY_LIFETIME']);
  });
});
