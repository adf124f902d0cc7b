/** Vectors of how long a client waits for a reply: wire-format.md B8. Their results were reckoned by hand. */
import type { Mode } from '../../../protocol/session/sizes.ts';
import { type Case, vectorFile } from './cases.ts';

/**
 * What comes, and when: the headers, a record that opens, half of one, or bytes of a record's length that do not
 * open. With `count` it comes so often, `every` so many milliseconds.
 */
export interface Seen {
  what: 'headers' | 'record' | 'half' | 'forged';
  at: number;
  every?: number;
  count?: number;
}

/** The request's length in seconds of the slowest line: 32 KiB each. */
const lasting = (seconds: number) => seconds * 32_768;

const wait = (name: string, mode: Mode, requestBytes: number, seen: Seen[], endsAt: number): Case => ({
  name,
  mode,
  requestBytes,
  seen,
  endsAt,
});

export function waitVectors() {
  const headers = (at: number): Seen => ({ what: 'headers', at });
  const record = (at: number, more: Partial<Seen> = {}): Seen => ({ what: 'record', at, ...more });
  const second = lasting(1);
  return vectorFile('waits', 'B8', [
    wait('a stream of which nothing comes', 'steady', second, [], 11_000),
    wait('a stream of which only the headers come', 'steady', second, [headers(10_000)], 11_000),
    wait(
      'a stream of which only half a record comes',
      'steady',
      second,
      [{ what: 'half', at: 10_000 }],
      11_000,
    ),
    wait('a first record just in time', 'steady', second, [record(10_999)], 40_999),
    wait('a first record too late', 'steady', second, [record(11_001)], 11_000),
    wait('a large request has time to go out', 'steady', lasting(256), [record(265_999)], 295_999),
    wait('records now and then', 'steady', second, [record(100, { every: 29_999, count: 4 })], 120_097),
    wait(
      'bytes that drip in after a record move nothing',
      'steady',
      second,
      [record(100), { what: 'half', at: 29_000 }],
      30_100,
    ),
    wait(
      'a record that does not open ends it',
      'steady',
      second,
      [record(100), { what: 'forged', at: 200 }],
      200,
    ),
    wait('records for ever', 'steady', second, [record(5_000, { every: 29_000, count: 130 })], 3_600_000),
    wait('a block of which nothing comes', 'block', second, [], 11_000),
    wait('headers of a block too late', 'block', second, [headers(11_001)], 11_000),
    wait('a block has time to be made', 'block', second, [headers(10_999)], 3_600_000),
    wait(
      'a block of which only half a record comes',
      'block',
      second,
      [headers(1), { what: 'half', at: 99 }],
      3_600_000,
    ),
    wait('a block that stalls', 'block', second, [headers(1), record(3_000_000)], 3_030_000),
  ]);
}
