import { beforeAll, describe, expect, it } from 'vitest';
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { comparison } from '../../../../extension/ui/chain/compared.tsx';
import { silentPublishers } from '../../../../extension/ui/chain/vouchers.tsx';
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { catalogueSource } from '../catalogue.ts';
import { now, report, view } from '../gallery/fixtures.ts';

beforeAll(() => setMessageSource(catalogueSource('en', en)));

const release = report.release as NonNullable<typeof report.release>;
const last = view.lastTime as NonNullable<typeof view.lastTime>;

describe('compared with the last check', () => {
  it('names a newer release, the one before it, and who approved it', () => {
    expect(comparison(report, last, now)).toEqual({
      text: 'This enclave runs a newer release than at the last check, 1 day ago: 37 instead of 36, approved by Fernhill and Northlight Audits.',
      changed: true,
    });
  });

  it('names a release that is older, and one of the same number approved anew', () => {
    expect(comparison(report, { ...last, version: 38 }, now)?.text).toContain(
      'went back to an older release',
    );
    expect(comparison(report, { ...last, version: 37 }, now)?.text).toContain('approved anew');
  });

  it('says that nothing changed only for the very same statement', () => {
    const same = { ...last, version: 37, statementSha256: release.statementSha256 };
    expect(comparison(report, same, now)).toMatchObject({ changed: false });
  });

  it('says nothing of another service, nor where no release was approved', () => {
    expect(comparison(report, { ...last, service: 'https://other.example' }, now)).toBeNull();
    expect(comparison({ ...report, release: null }, last, now)).toBeNull();
  });
});

describe('publishers who did not sign', () => {
  it('are those of the policy that are not among the signers', () => {
    expect(silentPublishers(release, view.logFacts)).toEqual(['Wren & Co']);
  });

  it('are not named under a policy that the release was not signed under', () => {
    const facts = { publishers: ['A', 'B', 'C'], newest: null };
    expect(silentPublishers(release, facts)).toEqual([]);
    expect(silentPublishers(release, { ...facts, publishers: [...release.publishers] })).toEqual([]);
    expect(silentPublishers(release, null)).toEqual([]);
  });
});
