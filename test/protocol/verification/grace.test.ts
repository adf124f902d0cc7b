import { describe, expect, it } from 'vitest';
import type { GraceFields } from '../../../protocol/log/kinds/grace.ts';
import { encodeAnswer } from '../../../protocol/session/answer.ts';
import { BatchTree, batchLeaf, reportData } from '../../../protocol/session/batch.ts';
import { encodeSessionHeader } from '../../../protocol/session/header.ts';
import { generateSessionKey } from '../../../protocol/session/hpke.ts';
import { createOffer } from '../../../protocol/session/offer.ts';
import { recheck, type Surroundings, sealTo, verifyAnswer } from '../../../protocol/verify.ts';
import { at, sixteen } from '../../support/attestation/intel-collateral.ts';
import { makeTdx, type TdxChange } from '../../support/attestation/intel-pki.ts';
import { type AddedEntry, DAY, type EntryOptions, HOUR, LogBuilder } from '../../support/log-builder.ts';
import { FakeClock, sessionHeader, statementBytes } from '../../support/session.ts';
import { acceptedState, approvedStatement, SERVICE } from '../../support/verified-exchange.ts';

const registers = {
  mrtd: 'd0'.repeat(48),
  rtmr0: 'e0'.repeat(48),
  rtmr1: 'e1'.repeat(48),
  rtmr2: 'e2'.repeat(48),
  rtmr3: 'e3'.repeat(48),
};
/** Out of date by the evaluation of the generated vendor data, which is number 18. */
const outdated: TdxChange = { platform: { components: sixteen(2, 2, 2) } };
const event = 'INTEL-TCB-R-18';
const SHORT_GRACE = at + 60_000;

interface Options {
  tdx?: TdxChange;
  grace?: Partial<GraceFields> | null;
  entry?: EntryOptions;
  policy?: { grace?: boolean };
  after?: (log: LogBuilder, grace: AddedEntry | null) => Promise<unknown>;
  imported?: boolean;
}

async function makeExchange({ tdx = outdated, grace = {}, ...options }: Options = {}) {
  const log = await LogBuilder.create({ at: at - HOUR });
  await log.release({ measurements: { tdx: [{ shape: 'any', registers }] } });
  const fields = { expires: at + DAY, platform: 'tdx' as const, event, reason: 'BIOS is due', ...grace };
  const added = grace && (await log.add('grace', fields, options.entry));
  await options.after?.(log, added);
  await log.publish();
  const clock = new FakeClock();
  clock.wall = at;
  const offer = createOffer();
  const headerBytes = encodeSessionHeader(sessionHeader());
  const { pk } = await generateSessionKey();
  const tree = new BatchTree([batchLeaf({ nonce: offer.nonce, headerBytes, pk })]);
  const statement = statementBytes({ ...approvedStatement });
  const binding = reportData(tree.root, statement);
  const { input, verifier } = makeTdx({ ...tdx, patch: (quote) => quote.set(binding, 48 + 520) });
  const answerBody = encodeAnswer({
    evidenceType: 2,
    headerBytes,
    pk,
    ...tree.place(0),
    logSizeHint: log.size,
    statement,
    evidence: input.evidence,
    endorsements: [...input.endorsements],
    staple: null,
  });
  const domain = log.domain({ hardware: { tdx: { ...options.policy } } });
  const surroundings = async (): Promise<Surroundings> => ({
    domain,
    imported: options.imported ?? false,
    log: { state: await acceptedState(log, domain, clock.now()), problem: null },
    clock,
    verifiers: [verifier],
  });
  const sentAt = { now: clock.now(), monotonic: clock.monotonic() };
  return { log, clock, exchange: { offer, answerBody, service: SERVICE, sentAt }, surroundings, added };
}

async function reportOf(options: Options = {}) {
  const { exchange, surroundings } = await makeExchange(options);
  return verifyAnswer(exchange, await surroundings());
}

const failing = (report: Awaited<ReturnType<typeof reportOf>>) =>
  report.rows.filter(({ state }) => state === 'fail').map(({ id, code }) => `${id} ${code}`);

describe('hardware that waits for a patch', () => {
  it('passes under a live grace for its event, and the report says so', async () => {
    const report = await reportOf();
    expect(failing(report)).toEqual([]);
    expect(report).toMatchObject({ verdict: 'pass', state: 'sealed-grace', simulated: false });
    const platform = report.rows.find(({ id }) => id === 'platform');
    expect(platform?.sentence).toContain('waits for a patch');
    expect(platform?.evidence.grace).toEqual({
      entry: 2,
      event,
      reason: 'BIOS is due',
      expires: new Date(at + DAY).toISOString(),
      publishers: ['publisher-0', 'publisher-1'],
      publisherCount: 3,
    });
  });

  it('says so in an imported trust domain too', async () => {
    expect((await reportOf({ imported: true })).state).toBe('sealed-grace');
  });

  it('is sealed to for no longer than the grace lasts', async () => {
    expect((await reportOf({ grace: { expires: SHORT_GRACE } })).expiresAt).toBe(
      new Date(SHORT_GRACE).toISOString(),
    );
  });

  it('needs no grace when it is up to date', async () => {
    const report = await reportOf({ tdx: {} });
    expect(report.state).toBe('sealed');
    expect(report.rows.find(({ id }) => id === 'platform')?.evidence.grace).toBeUndefined();
  });

  it.each<[string, Options]>([
    ['without a grace', { grace: null }],
    ['under a grace for another event', { grace: { event: 'INTEL-TCB-R-17' } }],
    ['under a grace for other hardware', { grace: { platform: 'sev-snp' } }],
    ['under a grace that ended', { grace: { expires: at - 1000 } }],
    ['in the second in which a grace ends', { grace: { expires: at } }],
    ['under a grace that has not begun', { entry: { notBefore: at + 1000 } }],
    ['under a grace that too few signed', { entry: { by: [0] } }],
    ['under a grace that was taken back', { after: async (log, grace) => grace && log.revoke(grace.index) }],
    ['where the trust domain takes no grace', { policy: { grace: false } }],
    [
      'where vendor data is of a later event',
      { tdx: { ...outdated, tcbInfo: { tcbEvaluationDataNumber: 19 } } },
    ],
  ])('is refused %s', async (_what, options) => {
    const report = await reportOf(options);
    expect(failing(report)).toEqual(['platform WAX_TDX_OUT_OF_DATE']);
    expect(report).toMatchObject({ verdict: 'fail', state: 'papers', expiresAt: null });
  });

  it.each<[string, TdxChange, string]>([
    ['a revoked module', { teeTcbSvn: [2, 1, 5] }, 'platform WAX_TDX_REVOKED'],
    [
      'firmware that is out of date and wrongly configured',
      { platform: { components: sixteen(3, 3, 2) }, teeTcbSvn: [5, 1, 5] },
      'platform WAX_TDX_OUT_OF_DATE',
    ],
  ])('a grace never covers %s', async (_what, tdx, code) => {
    expect(failing(await reportOf({ tdx }))).toEqual([code]);
  });

  it('still has to pass every other check', async () => {
    const tdx: TdxChange = { ...outdated, pckCrl: { revoked: [Uint8Array.of(3)] } };
    expect(failing(await reportOf({ tdx }))).toEqual(['collateral WAX_CRL_REVOKED']);
  });

  it('is not sealed to once the grace was taken back', async () => {
    const { exchange, surroundings, log, added } = await makeExchange();
    const report = await verifyAnswer(exchange, await surroundings());
    expect(report.state).toBe('sealed-grace');
    await log.revoke(added?.index ?? 0);
    await log.publish();
    const after = await surroundings();
    expect((await recheck(report, after)).state).toBe('papers');
    expect((await sealTo(report, after)).session).toBeNull();
  });
});
