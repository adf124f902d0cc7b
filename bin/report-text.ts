/** A verification report for a terminal: one line a row, in the order of the checks. */
import type { Row, VerificationReport } from '../protocol/report.ts';

const marks = { pass: '✓', fail: '✗', skipped: '–' } as const;

/**
 * Why an honest machine may fail this row: on some clouds the provider's firmware stands between chip and image, and
 * the chip measures that. AWS Nitro measures the image itself.
 */
function explanation({ code }: Row, { vendor }: VerificationReport): string[] {
  if (code !== 'WAX_RELEASE_UNKNOWN' || (vendor !== 'AMD' && vendor !== 'Intel')) return [];
  return [
    '              On a virtual machine of Amazon EC2, Google Cloud or Azure the chip measures the',
    "              provider's firmware, which no release can name (docs/rebuild.md).",
  ];
}

/** Lines such as `✓ evidence    AMD certified this exact chip …`; a failed row ends with its code. */
export function reportLines(report: VerificationReport): string[] {
  return report.rows.flatMap((row) => {
    const { id, state, sentence, code } = row;
    const reason = code === null ? '' : `  [${code}]`;
    return [`${marks[state]} ${id.padEnd(10)}  ${sentence}${reason}`, ...explanation(row, report)];
  });
}
