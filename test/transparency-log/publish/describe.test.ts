import { describe, expect, test } from 'vitest';
import type { KnownStatement } from '../../../protocol/log/statement.ts';
import { describeStatement, printable } from '../../../transparency-log/publish/describe.ts';
import { releaseFields, START, testDigest } from '../../support/log-builder.ts';

const base = { log: 'log.example/waxseal', policy: testDigest('policy'), notBefore: START, critical: true };
const release: KnownStatement = { kind: 'release', ...base, ...releaseFields(START) };

describe('the description of a statement', () => {
  test('says everything that a release allows', () => {
    const { title, rows } = describeStatement(release, null);
    expect(title).toBe('Approve waxseal-demo version 1');
    const shown = rows.map(([label, value]) => `${label}: ${value}`).join('\n');
    const { measurements, configSha256, models, services, source, build } = release as typeof release & {
      kind: 'release';
    };
    for (const part of [
      measurements['sev-snp-simulated']?.[0]?.registers.launchDigest,
      configSha256,
      models[0]?.sha256,
      services[0],
      source.repository,
      source.commit,
      build.sha256,
      '2026-11-22T14:00:00Z to 2027-01-21T14:00:00Z (60 days)',
      base.log,
      base.policy,
    ]) {
      expect(shown).toContain(part);
    }
  });

  test('names the action of a status and what it is about', () => {
    const status: KnownStatement = {
      kind: 'status',
      ...base,
      action: 'supersede',
      index: 7,
      statementSha256: testDigest('s'),
      reason: 'A faster build',
    };
    expect(describeStatement(status, null)).toMatchObject({ title: 'Supersede entry 7, for good' });
    expect(describeStatement(status, null).rows).toContainEqual(['reason', 'A faster build']);
  });

  test('lists every publisher of a policy with its key', () => {
    const publishers = [
      { name: 'Ada', key: 'AAAA' },
      { name: 'Bo', key: 'BBBB' },
    ];
    const { title, rows } = describeStatement({ kind: 'policy', ...base, publishers, threshold: 2 }, null);
    expect(title).toBe('From then on, 2 of 2 publishers approve programs');
    expect(rows).toContainEqual(['publisher', 'Bo BBBB']);
  });

  test('does not let a statement erase, overwrite or reorder what is shown', () => {
    const [erase, reorder] = ['\u001b[2K\r', '\u202e'];
    const reason = `fine${erase}${reorder}\nSigned by everybody`;
    const status: KnownStatement = {
      kind: 'status',
      ...base,
      action: 'revoke',
      index: 7,
      statementSha256: testDigest('s'),
      reason,
    };
    const shown = describeStatement(status, null).rows.find(([label]) => label === 'reason')?.[1];
    expect(shown).toBe('fine\\u{1b}[2K\\u{d}\\u{202e}\\u{a}Signed by everybody');
    expect(printable('Zoë Müller, 東京')).toBe('Zoë Müller, 東京');
  });
});
