import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { askWhileBusy } from '../../../enclave-server/attester/busy.ts';
import { HardwareAttester } from '../../../enclave-server/attester/hardware.ts';
import { enclaveError } from '../../../enclave-server/errors.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const busy = async (): Promise<never> => {
  throw enclaveError('WAX_ENCLAVE_REPORT_BUSY', 'EBUSY');
};

/** When it was asked, in milliseconds, while the device stays busy. */
async function askedAt(untilMs: number): Promise<number[]> {
  const times: number[] = [];
  const begun = performance.now();
  const asking = askWhileBusy(
    () => {
      times.push(performance.now() - begun);
      return busy();
    },
    () => performance.now() - begun >= untilMs,
  );
  const outcome = expect(asking).rejects.toThrow('WAX_ENCLAVE_REPORT_BUSY');
  await vi.advanceTimersByTimeAsync(2 * untilMs);
  await outcome;
  return times;
}

it('asks later and later, but at least once a second, until nobody waits', async () => {
  expect(await askedAt(5_000)).toEqual([0, 50, 150, 350, 750, 1550, 2550, 3550, 4550]);
});

it('asks once where nobody waits any more', async () => {
  expect(await askedAt(0)).toEqual([0]);
});

it('gives what comes in the end, and any other error at once', async () => {
  let left = 3;
  const asking = askWhileBusy(
    async () => (left-- > 0 ? await busy() : 'report'),
    () => false,
  );
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await asking).toBe('report');
  const failing = askWhileBusy(
    () => Promise.reject(enclaveError('WAX_ENCLAVE_REPORT', 'EIO')),
    () => false,
  );
  await expect(failing).rejects.toThrow('WAX_ENCLAVE_REPORT: ');
});

it('waits for a machine that is busy when the server starts, and gives up in the end', async () => {
  let left = 5;
  let closed = 0;
  const report = { evidence: new Uint8Array(1184), certificates: new Uint8Array() };
  const source = {
    evidenceType: 1,
    report: async () => (left-- > 0 ? await busy() : report),
    close: async () => void closed++,
  };
  const starting = HardwareAttester.over(source);
  await vi.advanceTimersByTimeAsync(3_000);
  expect((await starting).latest).toBe(report);
  left = Number.POSITIVE_INFINITY;
  const failing = expect(HardwareAttester.over(source)).rejects.toThrow('WAX_ENCLAVE_REPORT_BUSY');
  await vi.advanceTimersByTimeAsync(60_000);
  await failing;
  expect(closed).toBe(1);
});
