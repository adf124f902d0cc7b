import { CodedError } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import type { Check, FailureState, Outcome, Row, RowId } from '../report.ts';

/** How a failure is told: the variant that chooses the words, the state it leads to, and its sentence. */
export interface Failure {
  variant: string | null;
  leadsTo: FailureState;
  sentence: string;
}

export interface RowParts {
  checks: Check[];
  /** Sentence for a row that passed. */
  passed: string;
  /** Chooses the words for the first failed check. */
  failure: (code: string) => Failure;
  evidence?: { [key: string]: JsonValue };
}

/** Passes, fails with the code of the error that `judge` throws, or rethrows what is not a coded error. */
export function check(id: string, text: string, judge: () => void): Check {
  try {
    judge();
    return { id, state: 'pass', code: null, text };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { id, state: 'fail', code: error.code, text: error.message };
  }
}

/** A check whose inputs are missing. */
export const skipped = (id: string, text: string): Check => ({ id, state: 'skipped', code: null, text });

/** A row passes only if it has checks and every one of them passed. */
function outcome(checks: readonly Check[]): Outcome {
  if (checks.some((one) => one.state === 'fail')) return 'fail';
  return checks.length > 0 && checks.every((one) => one.state === 'pass') ? 'pass' : 'skipped';
}

/** Makes a row of its checks. */
export function makeRow(id: RowId, { checks, passed, failure, evidence = {} }: RowParts): Row {
  const state = outcome(checks);
  const row: Row = {
    id,
    state,
    variant: null,
    code: null,
    leadsTo: null,
    sentence: passed,
    checks,
    evidence,
  };
  if (state === 'skipped') row.sentence = 'Not checked, because an earlier check failed.';
  if (state !== 'fail') return row;
  const code = checks.find((one) => one.state === 'fail')?.code ?? null;
  return { ...row, code, ...failure(code ?? '') };
}
