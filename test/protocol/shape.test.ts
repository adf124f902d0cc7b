import { describe, expect, it } from 'vitest';
import { parseJson } from '../../protocol/json.ts';
import {
  readArray,
  readInteger,
  readObject,
  readOneOf,
  readOrigin,
  readString,
  readTime,
} from '../../protocol/shape.ts';

describe('readObject', () => {
  it('takes exactly the keys that are named', () => {
    expect(readObject(parseJson('{"a":1,"b":2}'), 'it', ['a'], ['b'])).toEqual({ a: 1, b: 2 });
    expect(() => readObject(parseJson('{"b":2}'), 'it', ['a'], ['b'])).toThrow('it: "a" is missing');
    expect(() => readObject(parseJson('{"a":1,"c":2}'), 'it', ['a'], ['b'])).toThrow('it: "c" is not known');
    expect(() => readObject([], 'it', [])).toThrow('not an object');
  });
});

describe('scalar readers', () => {
  it('refuse values outside their bounds', () => {
    expect(() => readInteger(5, 'n', 0, 4)).toThrow('0 to 4');
    expect(() => readInteger('5', 'n')).toThrow('not an integer');
    expect(() => readString('', 's')).toThrow('1 to');
    expect(() => readString('ab', 's', { pattern: /^a$/ })).toThrow('form');
    expect(() => readOneOf('c', 'w', ['a', 'b'])).toThrow('one of a, b');
    expect(() => readArray([1, 2], 'list', (value) => value, { most: 1 })).toThrow('0 to 1 items');
  });

  it('reads only real UTC times', () => {
    expect(readTime('2026-11-22T14:02:00Z', 't')).toBe(Date.UTC(2026, 10, 22, 14, 2));
    for (const text of [
      '2026-02-30T00:00:00Z',
      '2026-11-22T14:02:00+01:00',
      '2026-11-22',
      '2026-11-22T24:00:00Z',
    ]) {
      expect(() => readTime(text, 't')).toThrow('WAX_JSON_SHAPE');
    }
  });

  it('reads an https origin, and http only on loopback', () => {
    expect(readOrigin('https://chat.example', 'o')).toBe('https://chat.example');
    expect(readOrigin('http://127.0.0.1:4001', 'o')).toBe('http://127.0.0.1:4001');
    for (const text of [
      'http://chat.example',
      'https://chat.example/',
      'https://u@chat.example',
      'ftp://x',
      'x',
    ]) {
      expect(() => readOrigin(text, 'o')).toThrow('not an https origin');
    }
  });
});
