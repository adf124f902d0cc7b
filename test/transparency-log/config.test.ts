import { describe, expect, it } from 'vitest';
import { formatLogConfig, parseLogConfig } from '../../transparency-log/config.ts';

const good = { format: 'waxseal-log/2', origin: 'example.org/log', publicUrl: 'https://log.example.org' };

describe('log.json', () => {
  it('reads what it writes', () => {
    const config = parseLogConfig(JSON.stringify(good));
    expect(config.origin).toBe('example.org/log');
    expect(parseLogConfig(formatLogConfig(config))).toEqual(config);
  });

  it.each([
    ['another format', { format: 'waxseal-log/1' }],
    ['an unknown key', { extra: 1 }],
    ['an address with a slash at its end', { publicUrl: 'https://log.example.org/' }],
    ['an address of another kind', { publicUrl: 'ftp://log.example.org' }],
    ['witnesses, which have a file of their own', { witnesses: [] }],
  ])('refuses %s', (_, change) => {
    expect(() => parseLogConfig(JSON.stringify({ ...good, ...change }))).toThrow(/WAX_LOGSERVER_CONFIG/);
  });

  it('refuses a key given twice, and text that is no JSON', () => {
    expect(() => parseLogConfig(JSON.stringify(good).replace('{', '{"origin":"x",'))).toThrow(
      /WAX_LOGSERVER_CONFIG/,
    );
    expect(() => parseLogConfig('origin: x')).toThrow(/WAX_LOGSERVER_CONFIG/);
  });
});
