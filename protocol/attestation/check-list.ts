import { CodedError } from '../errors.ts';
import { attestationError } from './errors.ts';
import type { AttestationCheck, Layer } from './evidence.ts';

/** The message of a coded error without its code, which has a place of its own. */
export function reasonText({ code, message }: CodedError): string {
  return message.slice(`${code}: `.length);
}

/** What a check found, or will have found; null stands for what could not be read. */
export type Found<Value> = Value | null | Promise<Value | null>;

type AllFound<Inputs extends readonly unknown[]> = { [Index in keyof Inputs]: Found<Inputs[Index]> };

/**
 * Collects checks (C9): each runs whatever the others said, unless what it needs could not be read, and every
 * reason is kept. A check that needs a missing input is marked skipped; the check that failed to read that
 * input is in the list already.
 *
 * A check starts when its inputs are there, not when the one before it is done: signatures that do not depend
 * on each other are verified at the same time. The rows stand in the order of the calls all the same.
 */
export class CheckList {
  readonly #rows: Promise<AttestationCheck>[] = [];

  /** Every row, once the last check has ended. */
  rows(): Promise<readonly AttestationCheck[]> {
    return Promise.all(this.#rows);
  }

  /**
   * Runs one check.
   * @param text one sentence that holds if the check passes
   * @param inputs what the check needs, as other checks return it
   * @param judge returns what it established, or throws the reason
   * @returns what `judge` returned, or null if it threw or did not run; never rejects
   */
  run<const Inputs extends readonly unknown[], Result>(
    id: string,
    layer: Layer,
    text: string,
    inputs: AllFound<Inputs>,
    judge: (...inputs: Inputs) => Result | Promise<Result>,
  ): Promise<Result | null> {
    const judged = this.#judge(id, layer, text, inputs, judge);
    this.#rows.push(judged.then(({ row }) => row));
    return judged.then(({ result }) => result);
  }

  async #judge<Inputs extends readonly unknown[], Result>(
    id: string,
    layer: Layer,
    text: string,
    inputs: AllFound<Inputs>,
    judge: (...inputs: Inputs) => Result | Promise<Result>,
  ): Promise<{ row: AttestationCheck; result: Result | null }> {
    const found = await Promise.all(inputs);
    if (found.some((input) => input === null)) {
      return { row: { id, layer, state: 'skipped', text: `Not judged: ${text}` }, result: null };
    }
    try {
      const result = await judge(...(found as unknown as Inputs));
      return { row: { id, layer, state: 'pass', text }, result };
    } catch (error) {
      // A defect of ours must end as a refusal too, and must not take the other checks with it.
      const reason = error instanceof CodedError ? error : attestationError('WAX_ATTESTATION_INTERNAL');
      return {
        row: { id, layer, state: 'fail', code: reason.code, text: reasonText(reason) },
        result: null,
      };
    }
  }
}
