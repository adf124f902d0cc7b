import { describe, expect, test } from 'vitest';
import { parseRange } from '../../../transparency-log/routes/range.ts';

describe('a Range header', () => {
  test.each<[string, number, number]>([
    ['bytes=0-', 0, 100],
    ['bytes=10-', 10, 100],
    ['bytes=99-', 99, 100],
    ['bytes=10-19', 10, 20],
    ['bytes=0-0', 0, 1],
    ['bytes=90-1000', 90, 100],
    ['Bytes=10-19', 10, 20],
    ['bytes=-5', 95, 100],
    ['bytes=-500', 0, 100],
  ])('asks with "%s" for bytes %i to %i', (header, start, end) => {
    expect(parseRange(header, 100)).toEqual({ start, end });
  });

  test.each(['bytes=100-', 'bytes=200-300', 'bytes=-0', 'bytes=999999999999999-'])(
    'cannot be satisfied: "%s"',
    (header) => {
      expect(parseRange(header, 100)).toBe('unsatisfiable');
    },
  );

  test.each([
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=5-4',
    'bytes=a-',
    'bytes=1-2,4-5',
    'bytes= 1-2',
    'bytes=1-2 ',
    'items=1-2',
    'bytes=1.5-2',
    'bytes=+1-2',
    'bytes=9999999999999999-',
  ])('is ignored: "%s"', (header) => {
    expect(parseRange(header, 100)).toBeNull();
  });
});
