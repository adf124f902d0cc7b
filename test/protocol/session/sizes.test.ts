import { describe, expect, it } from 'vitest';
import {
  isRequestBucket,
  recordCount,
  requestBucket,
  STEADY_COUNTS,
} from '../../../protocol/session/sizes.ts';

const KIB = 1024;

describe('request buckets', () => {
  it('are 4 to 64 KiB in doublings, then multiples of 64 KiB up to 8 MiB', () => {
    for (const [bytes, bucket] of [
      [5, 4 * KIB],
      [4 * KIB, 4 * KIB],
      [4 * KIB + 1, 8 * KIB],
      [33 * KIB, 64 * KIB],
      [64 * KIB + 1, 128 * KIB],
      [129 * KIB, 192 * KIB],
      [8 * KIB * KIB, 8 * KIB * KIB],
    ] as const) {
      expect(requestBucket(bytes)).toBe(bucket);
    }
    expect(() => requestBucket(8 * KIB * KIB + 1)).toThrow('WAX_SESSION_REQUEST_SIZE');
  });

  it('are told from other lengths', () => {
    for (const bytes of [4, 8, 16, 32, 64, 128, 192, 8192].map((kib) => kib * KIB)) {
      expect(isRequestBucket(bytes)).toBe(true);
      expect(isRequestBucket(bytes - 1)).toBe(false);
    }
    for (const bytes of [-16, 0, 12 * KIB, 48 * KIB, 96 * KIB, 8256 * KIB])
      expect(isRequestBucket(bytes)).toBe(false);
  });
});

describe('record counts', () => {
  it('step by the square root of two for a stream and by two for a block', () => {
    expect(STEADY_COUNTS).toEqual(Array.from({ length: 17 }, (_, step) => Math.ceil(16 * 2 ** (step / 2))));
    expect(recordCount('steady', 2, 4096)).toBe(16);
    expect(recordCount('steady', 17, 4096)).toBe(23);
    expect(recordCount('block', 2, 2048)).toBe(4);
    expect(recordCount('block', 5, 2048)).toBe(8);
  });

  it('do not pass the most that is allowed', () => {
    expect(recordCount('steady', 64, 64)).toBe(64);
    expect(recordCount('steady', 65, 64)).toBeNull();
    expect(recordCount('block', 2049, 4096)).toBeNull();
  });
});
