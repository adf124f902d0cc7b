import { describe, expect, it } from 'vitest';
import { extensionError } from '../../../extension/errors.ts';
import { refusalOf } from '../../../extension/session/options-refusal.ts';
import { parseTrustDomain } from '../../../protocol/policy.ts';
import { LogBuilder } from '../../support/log-builder.ts';

const file = async (change: (text: string) => string) => {
  const text = JSON.stringify((await LogBuilder.create()).domainFile());
  try {
    parseTrustDomain(change(text));
  } catch (error) {
    return refusalOf(error);
  }
  throw new Error('it was taken');
};

describe('what is said of a file that was refused', () => {
  it.each<[string, (text: string) => string, ReturnType<typeof refusalOf>]>([
    ['is no JSON', () => 'hello', { code: 'WAX_POLICY_FORM', reason: 'WAX_JSON_SYNTAX', place: null }],
    [
      'names a key twice',
      (text) => text.replace('{', '{"name":"x",'),
      { code: 'WAX_POLICY_FORM', reason: 'WAX_JSON_DUPLICATE_KEY', place: null },
    ],
    [
      'lacks a field',
      (text) => text.replace('"policyEntry":', '"policyentry":'),
      { code: 'WAX_POLICY_FORM', reason: 'WAX_JSON_SHAPE', place: 'domain.policyEntry' },
    ],
    [
      'has a field of another kind',
      (text) => text.replace(/"syncMinutes":\d+/, '"syncMinutes":"often"'),
      { code: 'WAX_POLICY_FORM', reason: 'WAX_JSON_SHAPE', place: 'freshness.syncMinutes' },
    ],
    [
      'has a key that is none',
      (text) => text.replace(/("log":\{[^}]*"key":)"[^"]*"/, '$1"none"'),
      { code: 'WAX_POLICY_KEY', reason: 'WAX_LOG_KEY', place: 'log.key' },
    ],
    [
      'has a quorum that need not intersect',
      (text) => text.replace(/"quorum":\d+/, '"quorum":1'),
      { code: 'WAX_POLICY_QUORUM', reason: null, place: null },
    ],
  ])('is its code, what is behind it, and where in the file, if it %s', async (_, change, said) => {
    expect(await file(change)).toEqual(said);
  });

  it('is the code that the background answered, whatever area it is of', () => {
    const { code } = refusalOf(extensionError('WAX_EXT_REFUSED', 'WAX_POLICY_QUORUM'));
    expect(code).toBe('WAX_POLICY_QUORUM');
    expect(refusalOf(extensionError('WAX_EXT_REFUSED', 'no code')).code).toBe('WAX_EXT_REFUSED');
  });

  it('is nothing for what is no coded error', () => {
    expect(() => refusalOf(new TypeError('a defect'))).toThrow(TypeError);
  });
});
