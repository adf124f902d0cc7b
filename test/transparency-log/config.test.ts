import { describe, expect, it } from 'vitest';
import { makeVerifierKey } from '../../protocol/log/note.ts';
import { formatLogConfig, parseLogConfig } from '../../transparency-log/config.ts';

const witness = makeVerifierKey('w1', 4, new Uint8Array(32).fill(1));
const good = {
  format: 'waxseal-log/1',
  origin: 'example.org/log',
  publicUrl: 'https://log.example.org',
  witnesses: [{ url: 'https://w1.example', key: witness.text }],
  quorum: 1,
};

describe('log.json', () => {
  it('reads what it writes', () => {
    const config = parseLogConfig(JSON.stringify(good));
    expect(config.witnesses[0]?.key.name).toBe('w1');
    expect(parseLogConfig(formatLogConfig(config))).toEqual(config);
  });

  it.each([
    ['another format', { format: 'waxseal-log/2' }],
    ['an unknown key', { extra: 1 }],
    ['no witness', { witnesses: [] }],
    ['a quorum of nothing', { quorum: 0 }],
    ['an address with a slash at its end', { publicUrl: 'https://log.example.org/' }],
    ['an address of another kind', { publicUrl: 'ftp://log.example.org' }],
    [
      'a key of a log as a witness',
      { witnesses: [{ url: 'https://w', key: makeVerifierKey('l', 1, new Uint8Array(32)).text }] },
    ],
  ])('refuses %s', (_, change) => {
    expect(() => parseLogConfig(JSON.stringify({ ...good, ...change }))).toThrow(/WAX_LOGSERVER_CONFIG/);
  });

  it('refuses a key given twice, and text that is no JSON', () => {
    expect(() => parseLogConfig(JSON.stringify(good).replace('{', '{"quorum":1,'))).toThrow(
      /WAX_LOGSERVER_CONFIG/,
    );
    expect(() => parseLogConfig('origin: x')).toThrow(/WAX_LOGSERVER_CONFIG/);
  });
});
