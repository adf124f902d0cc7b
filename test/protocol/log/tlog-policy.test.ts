import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../protocol/errors.ts';
import { signerFromSeed } from '../../../protocol/log/signer.ts';
import {
  formatTlogPolicy,
  isQuorum,
  leastQuorum,
  parseTlogPolicy,
  plainThreshold,
  quorumsIntersect,
  type TlogPolicy,
  tlogPolicyOf,
  verifyUnderPolicy,
} from '../../../protocol/log/tlog-policy.ts';
import { LogBuilder, testSeed } from '../../support/log-builder.ts';

const SEED = 20261122;
const vkey = (name: string, type: 1 | 4 = 4) => signerFromSeed(name, type, testSeed(name)).verifierKey.text;
const parse = (...lines: string[]) => parseTlogPolicy(Buffer.from(lines.map((line) => `${line}\n`).join('')));
const refusal = (...lines: string[]) => {
  try {
    parse(...lines);
    return 'no refusal';
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'WAX_LOG_POLICY') throw error;
    return error.detail;
  }
};

const [X1, X2, X3, Y1, Y2, Y3] = ['x1', 'x2', 'x3', 'y1', 'y2', 'y3'].map((name) => vkey(name)) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const LOG = vkey('log.example', 1);
/** The example of the standard, section "Example policy". */
const EXAMPLE = [
  `log ${LOG}`,
  '',
  `witness X1 ${X1}`,
  `witness X2 ${X2}`,
  `witness X3 ${X3}`,
  'group X-witnesses 2 X1 X2 X3',
  '',
  `witness Y1 ${Y1}`,
  `witness Y2 ${Y2}`,
  `witness Y3 ${Y3}`,
  'group Y-witnesses any Y1 Y2 Y3',
  '',
  'group X-and-Y all X-witnesses Y-witnesses',
  'quorum X-and-Y',
];

describe('a witness policy', () => {
  it('needs two of the one group and any of the other in the example of the standard', () => {
    const policy = parse(...EXAMPLE);
    expect([policy.logs.length, policy.witnesses.length, policy.groups.length]).toEqual([1, 6, 3]);
    expect(isQuorum(policy, ['X1', 'X3', 'Y2'])).toBe(true);
    expect(isQuorum(policy, ['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3'])).toBe(true);
    for (const few of [
      [],
      ['X1', 'X2', 'X3'],
      ['X1', 'Y1', 'Y2', 'Y3'],
      ['Y1'],
      ['X1', 'X1', 'Y1'],
      ['Z', 'Z1'],
    ]) {
      expect(isQuorum(policy, few), few.join(' ')).toBe(false);
    }
  });

  it('takes space, tabs, comments, addresses, and names that are no UTF-8', () => {
    const policy = parseTlogPolicy(
      Buffer.concat([
        Buffer.from(
          `\t# a comment \u00e9\n \n log\t ${LOG}  https://log.example \t\nwitness \u212a ${X1} https://x1.example/w\n`,
        ),
        Buffer.from('witness '),
        Buffer.from([0x4b, 0xff, 0x80]),
        Buffer.from(` ${X2}\nwitness K ${X3}\ngroup g 2 \u212a K\nquorum g\n`),
      ]),
    );
    expect(policy.logs[0]?.url).toBe('https://log.example');
    expect(policy.witnesses.map(({ name }) => name)).toEqual(['\u00e2\u0084\u00aa', 'K\u00ff\u0080', 'K']);
    // The Kelvin sign is another name than the letter K, though Unicode would fold them.
    expect(isQuorum(policy, ['K'])).toBe(false);
    expect(parseTlogPolicy(formatTlogPolicy(policy))).toEqual(policy);
  });

  it('asks for nobody with the quorum "none", and for one with the name of a witness', () => {
    expect(isQuorum(parse('quorum none'), [])).toBe(true);
    const one = parse(`witness a ${X1}`, 'quorum a');
    expect([isQuorum(one, []), isQuorum(one, ['a'])]).toEqual([false, true]);
  });

  const one = `witness a ${X1}`;
  const two = `witness b ${X2}`;
  it.each([
    ['no quorum', [one], 'no quorum'],
    ['two quorums', [one, 'quorum a', 'quorum a'], 'line 3: two quorums'],
    ['a quorum that is defined later', ['quorum a', one], 'line 1: a quorum that no line before defines'],
    ['a quorum of two names', [one, two, 'quorum a b'], 'line 3: a quorum has one name'],
    ['an unknown word', [one, 'Quorum a'], 'line 2: unknown word'],
    [
      'a witness called "none"',
      [`witness none ${X1}`, 'quorum none'],
      'line 1: a name that is defined already',
    ],
    [
      'a group called "none"',
      [one, 'group none 1 a', 'quorum none'],
      'line 2: a name that is defined already',
    ],
    [
      '"none" as a member',
      [one, 'group g 1 a none', 'quorum g'],
      'line 2: a member that no line before defines',
    ],
    [
      'two witnesses of one name',
      [one, `witness a ${X2}`, 'quorum a'],
      'line 2: a name that is defined already',
    ],
    [
      'a group with the name of a witness',
      [one, 'group a 1 a', 'quorum a'],
      'line 2: a name that is defined already',
    ],
    ['a group in itself', [one, 'group g 1 g', 'quorum g'], 'line 2: a member that no line before defines'],
    [
      'a group of a later witness',
      ['group g 1 a', one, 'quorum g'],
      'line 1: a member that no line before defines',
    ],
    ['a member twice', [one, 'group g 1 a a', 'quorum g'], 'line 2: a member of two groups, or twice of one'],
    [
      'a member of two groups',
      [one, two, 'group g any a b', 'group h all g a', 'quorum h'],
      'line 4: a member of two groups, or twice of one',
    ],
    [
      'a group of nobody',
      [one, 'group g any', 'quorum g'],
      'line 2: a group has a name, a threshold and members',
    ],
    [
      'a witness without a key',
      ['witness a', 'quorum a'],
      'line 1: a witness has a name and a key, and perhaps an address',
    ],
    [
      'a log with a rest',
      [`log ${LOG} u v`, 'quorum none'],
      'line 1: a log has a key, and perhaps an address',
    ],
    ['a log twice', [`log ${LOG}`, `log ${LOG} u`, 'quorum none'], 'line 2: a public key stands twice'],
    [
      'one key under two names',
      [one, `witness b ${signerFromSeed('other', 4, testSeed('x1')).verifierKey.text}`, 'quorum a'],
      'line 2: a public key stands twice',
    ],
    [
      'the key of a witness for a log',
      [`log ${X1}`, 'quorum none'],
      'line 1: a key of type 4 where type 1 is needed',
    ],
    [
      'the key of a log for a witness',
      [`witness a ${LOG}`, 'quorum a'],
      'line 1: a key of type 1 where type 4 is needed',
    ],
    ['a key that is none', ['witness a x+00000000+AA==', 'quorum a'], 'line 1: signature type 0'],
    ['a carriage return', [`${one}\r`, 'quorum a'], 'a control character'],
    ['a DEL', [one, 'quorum a # \u007f'], 'a control character'],
    ['a no-break space between items', [one, 'quorum\u00a0a'], 'line 2: unknown word'],
  ])('is refused with %s', (_, lines, detail) => {
    expect(refusal(...lines)).toBe(detail);
  });

  it.each(['0', '3', '01', '+1', '1.0', '1e0', '', '-1', 'ALL', '99999999999999999999'])(
    'is refused with a threshold of "%s" among two',
    (threshold) => {
      expect(refusal(one, two, `group g ${threshold} a b`, 'quorum g')).not.toBe('no refusal');
    },
  );

  it('is refused when its last line was cut off, or it is too long', () => {
    expect(() => parseTlogPolicy(Buffer.from(`${one}\nquorum a`))).toThrow('the last line has no end');
    expect(() => parseTlogPolicy(Buffer.alloc(256 * 1024 + 1, '\n'))).toThrow('too long');
    expect(() => parseTlogPolicy(Buffer.alloc(5000, '\n'))).toThrow('too many lines');
  });

  it('holds 32 logs, witnesses and groups', () => {
    const lines = Array.from({ length: 32 }, (_, i) => [
      `log ${vkey(`log-${i}`, 1)}`,
      `witness w${i} ${vkey(`w-${i}`)}`,
      `group g${i} ${i === 0 ? 'any' : 'all'} w${i}${i === 0 ? '' : ` g${i - 1}`}`,
    ]);
    const policy = parse(...lines.flat(), 'quorum g31');
    const all = policy.witnesses.map(({ name }) => name);
    expect(isQuorum(policy, all)).toBe(true);
    for (const missing of all)
      expect(
        isQuorum(
          policy,
          all.filter((name) => name !== missing),
        ),
      ).toBe(false);
  });

  it('agrees with counting for groups of witnesses', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const witnesses = names.map((name) => `witness ${name} ${vkey(name)}`);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.subarray(names), (threshold, cosigners) => {
        const policy = parse(...witnesses, `group g ${threshold} ${names.join(' ')}`, 'quorum g');
        expect(isQuorum(policy, cosigners)).toBe(cosigners.length >= threshold);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  /** Any tree of groups over up to six witnesses, and any of its names as the quorum. */
  const policies = fc
    .record({
      witnesses: fc.integer({ min: 1, max: 6 }),
      choices: fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }),
    })
    .map(({ witnesses, choices }): TlogPolicy => {
      const next = () => choices.shift() ?? 0;
      const names = Array.from({ length: witnesses }, (_, i) => `w${i}`);
      const lines = names.map((name) => `witness ${name} ${vkey(name)}`);
      const free = [...names];
      for (let group = 0; group < 4 && free.length > 0; group++) {
        const members = free.splice(0, 1 + (next() % free.length));
        lines.push(`group g${group} ${1 + (next() % members.length)} ${members.join(' ')}`);
        free.push(`g${group}`);
        if (next() % 2 === 0) free.push(...free.splice(0, 1));
      }
      return parse(...lines, `quorum ${free[next() % free.length]}`);
    });
  const subsets = ({ witnesses }: TlogPolicy) =>
    Array.from({ length: 2 ** witnesses.length }, (_, bits) =>
      witnesses.filter((_, i) => bits & (1 << i)).map(({ name }) => name),
    );

  it('is known to have quorums without a witness in common exactly where two such sets can be found', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(policies, (policy) => {
        const all = policy.witnesses.map(({ name }) => name);
        const isSplit = subsets(policy).some(
          (some) =>
            isQuorum(policy, some) &&
            isQuorum(
              policy,
              all.filter((name) => !some.includes(name)),
            ),
        );
        seen.add(isSplit);
        expect(quorumsIntersect(policy)).toBe(!isSplit);
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(seen.size).toBe(2);
    expect(quorumsIntersect(parse('quorum none'))).toBe(false);
  });

  it('takes at least as many witnesses as the smallest set that is a quorum', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        const quorums = subsets(policy).filter((some) => isQuorum(policy, some));
        expect(leastQuorum(policy)).toBe(Math.min(...quorums.map(({ length }) => length)));
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(leastQuorum(parse('quorum none'))).toBe(0);
  });

  it('is plain where any so many of all its witnesses do, and nowhere else', () => {
    expect(plainThreshold(parse(...EXAMPLE))).toBeNull();
    const three = [`witness a ${X1}`, `witness b ${X2}`, `witness c ${X3}`];
    expect(plainThreshold(parse(...three, 'group g 2 a b c', 'quorum g'))).toBe(2);
    expect(plainThreshold(parse(...three, 'group g 2 a b', 'quorum g'))).toBeNull();
    expect(plainThreshold(parse(...three, 'group g 2 a b c', 'quorum a'))).toBeNull();
    expect(plainThreshold(parse(...three, 'group g 2 a b', 'group h 1 g c', 'quorum h'))).toBeNull();
    expect(plainThreshold(parse(...three, 'quorum a'))).toBeNull();
    expect(plainThreshold(parse(`witness a ${X1}`, 'quorum a'))).toBe(1);
    expect(plainThreshold(parse('quorum none'))).toBeNull();
  });

  it('throws nothing but its own error, whatever it is given', () => {
    const words = fc.constantFrom(
      'log',
      'witness',
      'group',
      'quorum',
      'none',
      'any',
      'a',
      'b',
      '1',
      X1,
      X2,
      LOG,
      '\t',
      '\n',
      '#',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (items) => {
        refusal(items.join(' '));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe('a checkpoint under a witness policy', () => {
  const policyOf = (log: LogBuilder) => parseTlogPolicy(formatTlogPolicy(tlogPolicyOf(log.domain())));

  it('is valid when a log of the policy signed and a quorum cosigned it', async () => {
    const log = await LogBuilder.create();
    const valid = await verifyUnderPolicy(log.checkpoint, policyOf(log));
    expect(valid.checkpoint.size).toBe(1);
    expect(valid.cosignatures.map(({ name }) => name)).toEqual(
      log.witnesses.map(({ verifierKey }) => verifierKey.name),
    );
  });

  it('says what a trust domain says of log, witnesses and quorum', async () => {
    const log = await LogBuilder.create();
    const text = Buffer.from(formatTlogPolicy(tlogPolicyOf(log.domain()))).toString();
    const [w0, w1, w2] = log.witnesses.map(
      ({ verifierKey }) => `witness ${verifierKey.name} ${verifierKey.text}\n`,
    );
    expect(text).toBe(
      `log ${log.signer.verifierKey.text} https://log.example\n${w0}${w1}${w2}` +
        'group witnesses 2 witness-0.example witness-1.example witness-2.example\nquorum witnesses\n',
    );
  });

  it('is refused with too few cosignatures, by another log, and with one bad line', async () => {
    const log = await LogBuilder.create();
    const policy = policyOf(log);
    await expect(verifyUnderPolicy(await log.sealCheckpoint({ by: [2] }), policy)).rejects.toThrow(
      'WAX_LOG_QUORUM',
    );
    const other = await LogBuilder.create({ seed: 'another' });
    await expect(verifyUnderPolicy(other.checkpoint, policy)).rejects.toThrow('WAX_LOG_UNSIGNED');
    const renamed = await LogBuilder.create({ origin: 'log.example/other' });
    await expect(verifyUnderPolicy(renamed.checkpoint, policy)).rejects.toThrow('WAX_LOG_UNSIGNED');
    await log.release();
    const line = (await log.sealCheckpoint({ by: [2] })).split('\n').at(-2);
    const note = `${await log.sealCheckpoint({ by: [0, 1], size: 1 })}${line}\n`;
    await expect(verifyUnderPolicy(note, policy)).rejects.toThrow('WAX_LOG_SIGNATURE');
  });

  it('holds the addresses of witnesses that are told to it', async () => {
    const log = await LogBuilder.create();
    const addresses = new Map([['witness-1.example', 'https://w1.example']]);
    const { witnesses } = tlogPolicyOf(log.domain(), addresses);
    expect(witnesses.map(({ url }) => url)).toEqual([null, 'https://w1.example', null]);
  });

  it('is not asked for where the trust domain calls its log otherwise than the key does', async () => {
    const log = await LogBuilder.create();
    const domain = log.domain();
    expect(() => tlogPolicyOf({ ...domain, log: { ...domain.log, origin: 'other' } })).toThrow(
      'WAX_LOG_POLICY',
    );
  });
});
