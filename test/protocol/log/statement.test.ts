import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUtf8, toBase64, utf8 } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import type { ReleaseFields } from '../../../protocol/log/kinds/release.ts';
import { formatStatement, type KnownStatement, parseStatement } from '../../../protocol/log/statement.ts';
import { DAY, releaseFields, START, testDigest } from '../../support/log-builder.ts';

const base = { log: 'log.example/waxseal', policy: testDigest('policy'), notBefore: START, critical: true };
const commit = testDigest('commit').slice(0, 40);

function release(changes: Partial<ReleaseFields> = {}): KnownStatement {
  return { kind: 'release', ...base, ...releaseFields(START, changes) };
}

const registers = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, testDigest(name, 48)]));

/** One statement of each kind. */
const statements: KnownStatement[] = [
  release({
    measurements: {
      'sev-snp': [
        { shape: '4 vCPU', registers: registers('launchDigest') },
        { shape: '8 vCPU', registers: registers('launchDigest') },
      ],
      'sev-snp-simulated': [{ shape: '1', registers: registers('launchDigest') }],
      tdx: [{ shape: '1', registers: registers('mrtd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3') }],
      nitro: [{ shape: '1', registers: registers('pcr0', 'pcr1', 'pcr2') }],
    },
  }),
  {
    kind: 'status',
    ...base,
    action: 'revoke',
    index: 4,
    statementSha256: testDigest('s'),
    reason: 'A hole',
  },
  {
    kind: 'policy',
    ...base,
    policy: null,
    publishers: [
      { name: 'Ada', key: toBase64(new Uint8Array(32).fill(1)) },
      { name: 'Bo', key: toBase64(new Uint8Array(32).fill(2)) },
    ],
    threshold: 2,
  },
  {
    kind: 'grace',
    ...base,
    expires: START + 30 * DAY,
    platform: 'tdx',
    event: 'INTEL-TCB-R-20',
    reason: 'Patches are under way',
  },
  { kind: 'machine', ...base, platform: 'tdx', machineSha256: testDigest('m'), operator: 'Fernhill' },
  {
    kind: 'extension-release',
    ...base,
    browser: 'firefox',
    version: '1.2.3',
    manifestSha256: testDigest('e'),
    source: { repository: 'https://example.org/waxseal', commit },
  },
  { kind: 'log-closed', ...base, successor: { origin: 'next.example/log', key: 'vkey' }, reason: 'Full' },
];

/** The payload with one place in its JSON changed. */
function changed(statement: KnownStatement, change: (json: Json) => void): Uint8Array {
  const json: Json = JSON.parse(parseUtf8(formatStatement(statement)));
  change(json);
  return utf8(JSON.stringify(json));
}
interface Json {
  _type: string;
  subject: { name: string; digest: Record<string, string> }[];
  predicateType: string;
  predicate: Record<string, unknown>;
}

describe.each(statements.map((statement) => [statement.kind, statement] as const))('%s', (_, statement) => {
  test('is read as it was written', () => {
    expect(parseStatement(formatStatement(statement))).toEqual(statement);
  });

  test('is refused without any one of its keys, and with one more', () => {
    const keys = Object.keys(JSON.parse(parseUtf8(formatStatement(statement))).predicate);
    for (const key of keys.filter((name) => name !== 'retiresOlderAfterHours')) {
      const payload = changed(statement, ({ predicate }) => delete predicate[key]);
      expect(() => parseStatement(payload), key).toThrow('WAX_STATEMENT_FORM');
    }
    const more = changed(statement, ({ predicate }) => {
      predicate.note = 'x';
    });
    expect(() => parseStatement(more)).toThrow('WAX_STATEMENT_FORM');
  });

  test('is refused with a value of another type in any of its keys', () => {
    const keys = Object.keys(JSON.parse(parseUtf8(formatStatement(statement))).predicate);
    for (const key of keys) {
      for (const value of [[], 'x y', -1, true].filter((wrong) => !isFine(key, wrong))) {
        const payload = changed(statement, ({ predicate }) => {
          predicate[key] = value;
        });
        expect(() => parseStatement(payload), `${key}: ${value}`).toThrow('WAX_STATEMENT_FORM');
      }
    }
  });

  test('is refused when its subject says something else than its predicate', () => {
    const name = changed(statement, ({ subject: [subject] }) => {
      if (subject) subject.name = 'another';
    });
    expect(() => parseStatement(name)).toThrow('WAX_STATEMENT_FORM');
    const digest = changed(statement, ({ subject: [subject] }) => {
      if (subject) subject.digest.sha256 = testDigest('another');
    });
    expect(() => parseStatement(digest)).toThrow('WAX_STATEMENT_FORM');
  });
});

/** Whether a wrong value happens to be a right one for this key. */
function isFine(key: string, value: unknown): boolean {
  const free = ['log', 'reason', 'event', 'operator'];
  return (
    (typeof value === 'string' && free.includes(key)) || (typeof value === 'boolean' && key === 'critical')
  );
}

describe('the frame', () => {
  const [statement] = statements as [KnownStatement];

  test.each<[string, (json: Json) => void]>([
    ['another statement type', (json) => (json._type = 'https://in-toto.io/Statement/v0.1')],
    ['no subject', (json) => (json.subject = [])],
    ['two subjects', (json) => json.subject.push({ name: 'x', digest: { sha256: testDigest('x') } })],
    ['a second digest', ({ subject: [subject] }) => Object.assign(subject?.digest ?? {}, { md5: 'x' })],
    ['a key more', (json) => Object.assign(json, { extra: 1 })],
    ['a date without Z', ({ predicate }) => (predicate.notBefore = '2026-11-22T14:00:00+00:00')],
    ['a date that does not exist', ({ predicate }) => (predicate.notBefore = '2026-02-30T14:00:00Z')],
    ['fractions of a second', ({ predicate }) => (predicate.notBefore = '2026-11-22T14:00:00.5Z')],
    ['a policy hash in capitals', ({ predicate }) => (predicate.policy = 'AB'.repeat(32))],
  ])('is refused with %s', (_, change) => {
    expect(() => parseStatement(changed(statement, change))).toThrow('WAX_STATEMENT_FORM');
  });

  test('may be spaced and ordered as other tools do', () => {
    const json = JSON.parse(parseUtf8(formatStatement(statement)));
    const other = JSON.stringify(Object.fromEntries(Object.entries(json).reverse()), null, 2);
    expect(parseStatement(utf8(other))).toEqual(statement);
  });

  test('is refused with one key twice, although most readers would take it', () => {
    const text = parseUtf8(formatStatement(statement)).replace(
      '"critical":true',
      '"critical":false,"critical":true',
    );
    expect(() => parseStatement(utf8(text))).toThrow('WAX_STATEMENT_FORM');
  });

  test('is refused when nested deeper than 16', () => {
    const payload = changed(statement, (json) => {
      json.predicateType = 'urn:waxseal:deep:v1';
      json.predicate.deep = JSON.parse('['.repeat(15) + ']'.repeat(15));
    });
    expect(() => parseStatement(payload)).toThrow('WAX_STATEMENT_FORM');
  });

  test('of an unknown kind gives what all kinds share', () => {
    const payload = changed(statement, (json) => {
      json.predicateType = 'urn:waxseal:release:v2';
      json.predicate.anything = { goes: [1] };
    });
    expect(parseStatement(payload)).toEqual({
      kind: 'unknown',
      predicateType: 'urn:waxseal:release:v2',
      ...base,
    });
  });

  test('of an unknown kind is refused without what all kinds share', () => {
    for (const key of Object.keys(base)) {
      const payload = changed(statement, (json) => {
        json.predicateType = 'urn:waxseal:release:v2';
        delete json.predicate[key];
      });
      expect(() => parseStatement(payload), key).toThrow('WAX_STATEMENT_FORM');
    }
  });
});

describe('periods', () => {
  test.each([
    ['a release of 90 days', release({ expires: START + 90 * DAY }), null],
    ['a release of more', release({ expires: START + 90 * DAY + 1000 }), 'WAX_STATEMENT_VALIDITY'],
    ['a release of no time', release({ expires: START }), 'WAX_STATEMENT_VALIDITY'],
  ] as const)('%s', (_, statement, code) => {
    if (code === null) expect(parseStatement(formatStatement(statement))).toEqual(statement);
    else expect(() => formatStatement(statement)).toThrow(code);
  });

  test('a grace ends after 30 days at the latest', () => {
    const grace = statements.find(({ kind }) => kind === 'grace') as KnownStatement & { kind: 'grace' };
    expect(() => formatStatement({ ...grace, expires: START + 30 * DAY + 1000 })).toThrow(
      'WAX_STATEMENT_VALIDITY',
    );
    expect(() => formatStatement({ ...grace, expires: START - 1000 })).toThrow('WAX_STATEMENT_VALIDITY');
  });
});

describe('a release', () => {
  test('retires older versions after a week unless it says otherwise', () => {
    const payload = changed(release(), ({ predicate }) => delete predicate.retiresOlderAfterHours);
    expect(parseStatement(payload)).toMatchObject({ retiresOlderAfterHours: 168 });
  });

  test.each<[string, Partial<ReleaseFields>]>([
    ['no measurement', { measurements: {} }],
    ['no shape', { measurements: { nitro: [] } }],
    [
      'a register missing',
      { measurements: { nitro: [{ shape: '1', registers: registers('pcr0', 'pcr1') }] } },
    ],
    [
      'a register of another platform',
      { measurements: { nitro: [{ shape: '1', registers: registers('mrtd') }] } },
    ],
    [
      'a short register',
      { measurements: { 'sev-snp': [{ shape: '1', registers: { launchDigest: 'ab' } }] } },
    ],
    ['version 0', { version: 0 }],
    ['a product in capitals', { product: 'Waxseal' }],
    ['no models', { models: [] }],
    ['one model twice', { models: [0, 1].map((i) => ({ id: 'm', sha256: testDigest(`${i}`) })) }],
    ['no services', { services: [] }],
    ['a service with a path', { services: ['https://a.example/x'] }],
    ['a service without TLS', { services: ['http://a.example'] }],
    ['one service twice', { services: ['https://a.example', 'https://a.example'] }],
    ['a tick out of bounds', { wire: { tickMs: 10, recordBytes: 512, maxRecords: 1024 } }],
    ['a number of records that does not exist', { wire: { tickMs: 50, recordBytes: 512, maxRecords: 1000 } }],
    ['a branch for a commit', { source: { repository: 'https://example.org', commit: 'main' } }],
    ['a retirement after its longest life', { retiresOlderAfterHours: 90 * 24 + 1 }],
  ])('is refused with %s', (_, changes) => {
    expect(() => formatStatement(release(changes))).toThrow('WAX_STATEMENT_FORM');
  });
});

describe('a policy', () => {
  const key = (n: number) => toBase64(new Uint8Array(32).fill(n));
  const policy = (publishers: { name: string; key: string }[], threshold: number) =>
    formatStatement({ kind: 'policy', ...base, publishers, threshold });

  test.each<[string, { name: string; key: string }[], number]>([
    ['nobody', [], 1],
    ['a threshold of none', [{ name: 'Ada', key: key(1) }], 0],
    ['a threshold above their number', [{ name: 'Ada', key: key(1) }], 2],
    [
      'one key under two names',
      [
        { name: 'Ada', key: key(1) },
        { name: 'Bo', key: key(1) },
      ],
      2,
    ],
    [
      'one name for two keys',
      [
        { name: 'Ada', key: key(1) },
        { name: 'Ada', key: key(2) },
      ],
      2,
    ],
    ['a short key', [{ name: 'Ada', key: toBase64(new Uint8Array(31)) }], 1],
    ['more than 16', Array.from({ length: 17 }, (_, i) => ({ name: `${i}`, key: key(i) })), 1],
  ])('is refused with %s', (_, publishers, threshold) => {
    expect(() => policy(publishers, threshold)).toThrow('WAX_STATEMENT_FORM');
  });
});

test('a payload either reads or throws a coded error, and what reads can be written, whatever the bytes', () => {
  const texts = statements.map((statement) => parseUtf8(formatStatement(statement)));
  const damaged = fc
    .tuple(
      fc.constantFrom(...texts),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(3),
      fc.string({ maxLength: 3 }),
    )
    .map(([text, where, cut, put]) => {
      const at = Math.floor(where * text.length);
      return text.slice(0, at) + put + text.slice(at + cut);
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.json(), fc.string()), (text) => {
      try {
        const statement = parseStatement(utf8(text));
        if (statement.kind !== 'unknown')
          expect(parseStatement(formatStatement(statement))).toEqual(statement);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        expect(error.code).toMatch(/^WAX_STATEMENT_(FORM|VALIDITY)$/);
      }
    }),
    { seed: 5, numRuns: 600 },
  );
});
