/** A verification report for a terminal: one line a row, in the order of the checks. */
import type { VerificationReport } from '../protocol/report.ts';

const marks = { pass: '✓', fail: '✗', skipped: '–' } as const;

/** Lines such as `✓ evidence    AMD certified this exact chip …`; a failed row ends with its code. */
export function reportLines(report: VerificationReport): string[] {
  return report.rows.map(({ id, state, sentence, code }) => {
    const reason = code === null ? '' : `  [${code}]`;
    return `${marks[state]} ${id.padEnd(10)}  ${sentence}${reason}`;
  });
}
