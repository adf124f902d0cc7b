import type { Row } from '../report.ts';
import type { RuntimeStatement, WireParameters } from '../session/runtime-statement.ts';
import { verifyError } from './errors.ts';
import { check, makeRow, skipped } from './row.ts';

/** Row 9: tick, record size and record count are those of the approved release, so that traffic tells nothing. */
export function checkWire(statement: RuntimeStatement | null, approved: WireParameters | null): Row {
  const about = 'Tick, record size and number of records are those of the approved release.';
  const judged =
    statement === null || approved === null
      ? skipped('B9.9', about)
      : check('B9.9', about, () => {
          for (const name of ['tickMs', 'recordBytes', 'maxRecords'] as const) {
            if (statement.wire[name] !== approved[name]) throw verifyError('WAX_VERIFY_WIRE', name);
          }
        });
  return makeRow('wire', {
    checks: [judged],
    passed: 'Sizes and pace are those of the approved release, so the traffic gives nothing extra away.',
    failure: () => ({
      variant: null,
      leadsTo: 'failed',
      sentence: 'The server wants to talk in a way its approved release does not.',
    }),
    evidence: { ...statement?.wire },
  });
}
