import { describe, expect, test } from 'vitest';
import { findMachine } from '../../../protocol/log/find-machine.ts';
import { checkLive, findRelease, type ReleaseQuery, retiredAt } from '../../../protocol/log/find-release.ts';
import { machineHash } from '../../../protocol/log/kinds/machine.ts';
import { emptyLedger, isLogged, type Ledger } from '../../../protocol/log/ledger.ts';
import { Replay } from '../../../protocol/log/replay.ts';
import { DAY, HOUR, LogBuilder, releaseFields, START, testDigest } from '../../support/log-builder.ts';

async function ledgerOf(log: LogBuilder): Promise<Ledger> {
  const replay = Replay.from(emptyLedger(log.origin, log.domain().policyEntry));
  await replay.apply(log.entries);
  return replay.ledger();
}

/** What the release of `releaseFields` covers. */
function query(changes: Partial<ReleaseQuery> = {}): ReleaseQuery {
  return {
    platform: 'sev-snp-simulated',
    measurement: { launchDigest: testDigest('launch', 48) },
    configSha256: testDigest('config'),
    models: [{ id: 'tiny', sha256: testDigest('model') }],
    service: 'https://enclave.example',
    product: 'waxseal-demo',
    at: START + HOUR,
    ...changes,
  };
}

async function reasons(log: LogBuilder, changes: Partial<ReleaseQuery> = {}): Promise<string[]> {
  const answer = findRelease(await ledgerOf(log), query(changes));
  return answer.live === null ? answer.reasons.map(({ code }) => code) : [];
}

describe('findRelease', () => {
  test('finds the release that covers everything, and names the shape', async () => {
    const log = await LogBuilder.create();
    const { index } = await log.release();
    expect(findRelease(await ledgerOf(log), query())).toMatchObject({ live: { index }, shape: '1 vCPU' });
  });

  test('knows no release in an empty log, for another measurement or for another platform', async () => {
    const log = await LogBuilder.create();
    expect(await reasons(log)).toEqual(['WAX_RELEASE_UNKNOWN']);
    await log.release();
    expect(await reasons(log, { measurement: { launchDigest: testDigest('other', 48) } })).toEqual([
      'WAX_RELEASE_UNKNOWN',
    ]);
    expect(await reasons(log, { measurement: {} })).toEqual(['WAX_RELEASE_UNKNOWN']);
    // A simulated machine must not run on the approval of a real one, nor the other way round.
    expect(await reasons(log, { platform: 'sev-snp' })).toEqual(['WAX_RELEASE_UNKNOWN']);
  });

  test('needs every register of the platform to agree', async () => {
    const log = await LogBuilder.create();
    const registers = { pcr0: testDigest('0', 48), pcr1: testDigest('1', 48), pcr2: testDigest('2', 48) };
    await log.release({ measurements: { nitro: [{ shape: 'any', registers }] } });
    const nitro = { platform: 'nitro' as const };
    expect(await reasons(log, { ...nitro, measurement: registers })).toEqual([]);
    for (const name of Object.keys(registers)) {
      const measurement = { ...registers, [name]: testDigest('other', 48) };
      expect(await reasons(log, { ...nitro, measurement })).toEqual(['WAX_RELEASE_UNKNOWN']);
    }
  });

  test.each<[string, Partial<ReleaseQuery>]>([
    ['configuration', { configSha256: testDigest('other') }],
    ['models', { models: [{ id: 'tiny', sha256: testDigest('other') }] }],
    ['models', { models: [{ id: 'other', sha256: testDigest('model') }] }],
    ['models', { models: [] }],
    ['service', { service: 'https://other.example' }],
    ['product', { product: 'other' }],
  ])('does not stretch a release to another %s', async (part, changes) => {
    const log = await LogBuilder.create();
    await log.release();
    const answer = findRelease(await ledgerOf(log), query(changes));
    expect(answer).toMatchObject({
      live: null,
      reasons: [{ code: 'WAX_RELEASE_PARTIAL', detail: `other ${part}` }],
    });
  });

  test('does not put two releases together that each cover half', async () => {
    const log = await LogBuilder.create();
    await log.release({ configSha256: testDigest('other') });
    await log.release({ services: ['https://other.example'] });
    expect(await reasons(log)).toEqual(['WAX_RELEASE_PARTIAL']);
  });

  test('takes a release from its first second up to its last, and not beyond', async () => {
    const log = await LogBuilder.create();
    await log.release({ expires: START + 30 * DAY });
    expect(await reasons(log, { at: START - 1 })).toEqual(['WAX_RELEASE_NOT_YET']);
    expect(await reasons(log, { at: START })).toEqual([]);
    expect(await reasons(log, { at: START + 30 * DAY - 1 })).toEqual([]);
    expect(await reasons(log, { at: START + 30 * DAY })).toEqual(['WAX_RELEASE_EXPIRED']);
  });

  test.each([
    ['revoke', 'WAX_RELEASE_REVOKED'],
    ['supersede', 'WAX_RELEASE_SUPERSEDED'],
  ] as const)('refuses a release after %s', async (action, code) => {
    const log = await LogBuilder.create();
    const { index } = await log.release();
    await log.revoke(index, { action });
    expect(await reasons(log)).toEqual([code]);
  });

  test('refuses a lower version some time after a higher one began, even if that one is gone', async () => {
    const log = await LogBuilder.create();
    await log.release({ version: 4 });
    const newer = await log.release({
      version: 5,
      retiresOlderAfterHours: 48,
      configSha256: testDigest('five'),
    });
    await log.revoke(newer.index);
    expect(await reasons(log, { at: START + 48 * HOUR - 1 })).toEqual([]);
    expect(await reasons(log, { at: START + 48 * HOUR })).toEqual(['WAX_RELEASE_RETIRED']);
  });

  test('does not retire other products, nor the same version', async () => {
    const log = await LogBuilder.create();
    await log.release({ version: 4 });
    await log.release({ version: 4, configSha256: testDigest('renewed') });
    await log.release({ version: 9, product: 'other', configSha256: testDigest('nine') });
    expect(await reasons(log, { at: START + 50 * DAY })).toEqual([]);
  });

  test('keeps the retirements of one product apart from those of another', async () => {
    const log = await LogBuilder.create();
    await log.release({
      version: 9,
      product: 'other',
      retiresOlderAfterHours: 1,
      configSha256: testDigest('nine'),
    });
    await log.release({ version: 4 });
    await log.release({ version: 5, configSha256: testDigest('five') });
    expect(await reasons(log, { at: START + 168 * HOUR })).toEqual(['WAX_RELEASE_RETIRED']);
  });

  test('finds the renewal when the first approval has expired', async () => {
    const log = await LogBuilder.create();
    await log.release({ expires: START + 2 * DAY });
    log.now += DAY;
    const renewal = await log.release();
    const ledger = await ledgerOf(log);
    expect(findRelease(ledger, query({ at: START + 3 * DAY }))).toMatchObject({
      live: { index: renewal.index },
    });
  });

  test('gives all reasons, the weightiest first', async () => {
    const log = await LogBuilder.create();
    const { index } = await log.release({ expires: START + DAY });
    await log.release({ version: 2, configSha256: testDigest('two') });
    await log.revoke(index);
    expect(await reasons(log, { at: START + 20 * DAY })).toEqual([
      'WAX_RELEASE_REVOKED',
      'WAX_RELEASE_RETIRED',
      'WAX_RELEASE_EXPIRED',
    ]);
  });

  test('retiredAt is the earliest time that any newer version sets', async () => {
    const log = await LogBuilder.create();
    await log.release({ version: 1 });
    await log.release({ version: 2, retiresOlderAfterHours: 100 });
    await log.release({ version: 3, retiresOlderAfterHours: 300 });
    const ledger = await ledgerOf(log);
    const times = ledger.approvals
      .filter((logged) => isLogged(logged, 'release'))
      .map((release) => [retiredAt(release, ledger), checkLive(release, ledger, START).length]);
    expect(times).toEqual([
      [START + 100 * HOUR, 0],
      [START + 300 * HOUR, 0],
      [null, 0],
    ]);
  });
});

describe('findMachine', () => {
  const id = 'ab'.repeat(64);
  const listed = async () => {
    const log = await LogBuilder.create();
    const machineSha256 = machineHash('sev-snp', id);
    const added = await log.add('machine', { platform: 'sev-snp', machineSha256, operator: 'Fernhill' });
    return { log, added };
  };

  test('finds a machine that the threshold listed, from its date on', async () => {
    const { log, added } = await listed();
    const ledger = await ledgerOf(log);
    expect(findMachine(ledger, 'sev-snp', id, START)).toMatchObject({ index: added.index });
    expect(findMachine(ledger, 'sev-snp', id, START - 1)).toBeNull();
  });

  test('knows no other machine, and not the same id on another platform', async () => {
    const ledger = await ledgerOf((await listed()).log);
    expect(findMachine(ledger, 'sev-snp', 'cd'.repeat(64), START)).toBeNull();
    expect(findMachine(ledger, 'tdx', id, START)).toBeNull();
  });

  test('forgets a machine that was taken back', async () => {
    const { log, added } = await listed();
    await log.revoke(added.index);
    expect(findMachine(await ledgerOf(log), 'sev-snp', id, START)).toBeNull();
  });

  test('hashes label, platform and id of a machine, each behind its length', () => {
    expect(machineHash('sev-snp', '00')).toBe(
      '37a4359ac119b85c171b6ae4a0e4c69a65a64dd7d04182da6a6a70b91c36c9c6',
    );
  });
});

test('releaseFields stay within what a release may say', async () => {
  const log = await LogBuilder.create();
  await log.add('release', releaseFields(START));
  expect((await ledgerOf(log)).refused).toEqual([]);
});
