/** What the explorer keeps of approvals, beside the ledger that clients keep. */
import { beforeAll, describe, expect, test } from 'vitest';
import { checkLive } from '../../../protocol/log/find-release.ts';
import { emptyLedger, isLogged, type Ledger } from '../../../protocol/log/ledger.ts';
import { Replay } from '../../../protocol/log/replay.ts';
import { Approvals } from '../../../transparency-log/explorer/approvals.ts';
import { DAY, HOUR, LogBuilder, releaseFields, START, testDigest } from '../../support/log-builder.ts';

describe('approvals in the explorer', () => {
  const approvals = new Approvals();
  let ledger: Ledger;

  beforeAll(async () => {
    const log = await LogBuilder.create();
    const short = await log.release({ version: 1, expires: START + DAY });
    for (let version = 2; version < 12; version++) {
      log.now += DAY;
      const product = `p${version % 2}`;
      await log.release({ version, product, retiresOlderAfterHours: 24 * (version % 5) });
    }
    await log.add('machine', { platform: 'tdx', machineSha256: testDigest('machine'), operator: 'Somebody' });
    // Neither of these counts: one publisher alone approves nothing, and what is taken back stays so.
    await log.release({ version: 99, product: 'alone' }, { by: [0] });
    const gone = await log.release({ version: 20, product: 'gone' });
    await log.revoke(gone.index);
    await log.revoke(gone.index, { action: 'supersede', notBefore: log.now + HOUR });
    await log.revoke(short.index);
    await log.release({ version: 30, product: 'later' }, { notBefore: log.now + 2 * DAY });
    log.now += 25 * DAY;
    await log.add('release', releaseFields(log.now, { version: 1, product: 'last' }));
    const replay = Replay.from(emptyLedger(log.origin, log.domain().policyEntry));
    for (const judged of await replay.apply(log.entries)) approvals.add(judged);
    ledger = replay.ledger();
  });

  test('stand exactly when they do for a client, at any time', () => {
    const seen = new Set<number>();
    for (let now = START - DAY; now < START + 120 * DAY; now += 6 * HOUR) {
      const live = ledger.approvals
        .filter((logged) => isLogged(logged, 'release'))
        .filter((release) => checkLive(release, ledger, now).length === 0)
        .map(({ index }) => index);
      expect(approvals.live(now), `${(now - START) / DAY} days`).toEqual(live.toReversed());
      for (const index of live) seen.add(index);
    }
    expect(seen.size).toBeGreaterThan(8);
  });

  test('are those that a client still holds', () => {
    const size = ledger.size + 2;
    const held = Array.from({ length: size }, (_, index) => index).filter((index) => approvals.has(index));
    expect(held).toEqual(ledger.approvals.map(({ index }) => index));
    // The one that ended a month ago is none of them, and was there.
    expect(held).not.toContain(1);
  });

  test('are taken back once, by the first that says so', () => {
    const gone = ledger.approvals.flatMap(({ index, takenBack }) =>
      takenBack ? [{ index, takenBack }] : [],
    );
    expect(gone).toHaveLength(1);
    for (const { index, takenBack } of gone) {
      const { action, at, index: by } = takenBack;
      expect(approvals.takenBack(index)).toEqual({ action, at, by });
      expect(approvals.newestTakenBack(4)).toEqual([{ index, by }]);
    }
    expect(approvals.newestTakenBack(0)).toEqual([]);
    expect(approvals.takenBack(2)).toBeNull();
  });

  test('stand as they did after those that were forgotten are let go', async () => {
    const log = await LogBuilder.create();
    await log.release({ version: 1 });
    const [, judged] = await Replay.from(emptyLedger(log.origin, log.domain().policyEntry)).apply(
      log.entries,
    );
    if (judged?.statement?.kind !== 'release') throw new Error('no release');
    const { statement } = judged;
    const many = new Approvals();
    // One each day, for three days each: of 4,000 all but about a month's are forgotten.
    const days = 4000;
    for (let day = 0; day < days; day++) {
      const notBefore = START + day * DAY;
      const release = { ...statement, version: 1 + day, notBefore, expires: notBefore + 3 * DAY };
      many.add({ ...judged, index: day, statement: { ...release, retiresOlderAfterHours: 2000 } });
    }
    expect(many.live(START + (days - 1) * DAY + HOUR)).toEqual([days - 1, days - 2, days - 3]);
    const held = Array.from({ length: days }, (_, index) => index).filter((index) => many.has(index));
    expect(held).toEqual(Array.from({ length: 34 }, (_, place) => days - 34 + place));
  });
});
