/**
 * A report device that is busy is asked again, later and later: another guest on the machine, a host that still
 * owns the buffer or a rate limit pass, and the offers that wait need not be refused for it.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import { enclaveError } from '../errors.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

const isBusy = (error: unknown): boolean =>
  error instanceof CodedError && error.code === 'WAX_ENCLAVE_REPORT_BUSY';

/**
 * Calls `ask` until it does not reject with WAX_ENCLAVE_REPORT_BUSY, or until `isOver` says that nobody waits any
 * more; the pauses double from 50 ms up to one second.
 */
export async function askWhileBusy<Result>(
  ask: () => Promise<Result>,
  isOver: () => boolean,
): Promise<Result> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await ask();
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
    if (!isOver()) await new Promise((resolve) => setTimeout(resolve, pause));
    if (isOver()) throw enclaveError('WAX_ENCLAVE_REPORT_BUSY');
  }
}
