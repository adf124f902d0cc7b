import { CodedError } from '../errors.ts';
import { attestationError } from './errors.ts';
import type { AttestationCheck, Layer } from './evidence.ts';

/** The message of a coded error without its code, which has a place of its own. */
export function reasonText({ code, message }: CodedError): string {
  return message.slice(`${code}: `.length);
}

type Known<Inputs extends readonly unknown[]> = { [Index in keyof Inputs]: Inputs[Index] | null };

/**
 * Collects checks (C9): each runs whatever the others said, unless what it needs could not be read, and every
 * reason is kept. A check that needs a missing input is marked skipped; the check that failed to read that
 * input is in the list already.
 */
export class CheckList {
  readonly #checks: AttestationCheck[] = [];

  get checks(): readonly AttestationCheck[] {
    return this.#checks;
  }

  /**
   * Runs one check.
   * @param text one sentence that holds if the check passes
   * @param inputs what the check needs; null stands for what could not be read
   * @param judge returns what it established, or throws the reason
   * @returns what `judge` returned, or null if it threw or did not run
   */
  async run<const Inputs extends readonly unknown[], Result>(
    id: string,
    layer: Layer,
    text: string,
    inputs: Known<Inputs>,
    judge: (...inputs: Inputs) => Result | Promise<Result>,
  ): Promise<Result | null> {
    if (inputs.some((input) => input === null)) {
      this.#checks.push({ id, layer, state: 'skipped', text: `Not judged: ${text}` });
      return null;
    }
    try {
      const result = await judge(...(inputs as unknown as Inputs));
      this.#checks.push({ id, layer, state: 'pass', text });
      return result;
    } catch (error) {
      // A defect of ours must end as a refusal too, and must not take the other checks with it.
      const reason = error instanceof CodedError ? error : attestationError('WAX_ATTESTATION_INTERNAL');
      this.#checks.push({ id, layer, state: 'fail', code: reason.code, text: reasonText(reason) });
      return null;
    }
  }
}
