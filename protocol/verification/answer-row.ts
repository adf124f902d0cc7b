import { toHex } from '../bytes.ts';
import type { Row } from '../report.ts';
import { type Answer, parseAnswer } from '../session/answer.ts';
import { parseRuntimeStatement, type RuntimeStatement } from '../session/runtime-statement.ts';
import { check, makeRow, skipped } from './row.ts';

export interface ReadAnswer {
  row: Row;
  answer: Answer | null;
  statement: RuntimeStatement | null;
}

/** Row 1: the answer and the runtime statement in it have the form and the bounds of wire format B2. */
export function checkAnswer(body: Uint8Array): ReadAnswer {
  let answer: Answer | null = null;
  let statement: RuntimeStatement | null = null;
  const checks = [
    check('B2', 'The answer has every part, in the right form and size.', () => {
      answer = parseAnswer(body);
    }),
  ];
  const read = answer as Answer | null;
  const about = 'The runtime statement is complete and within its bounds.';
  if (read === null) checks.push(skipped('B2.statement', about));
  else {
    checks.push(
      check('B2.statement', about, () => {
        statement = parseRuntimeStatement(read.statement);
      }),
    );
  }
  const row = makeRow('answer', {
    checks,
    passed: 'Every part is there, in the right form and size.',
    failure: () => ({
      variant: null,
      leadsTo: 'not-understood',
      sentence: 'The answer had missing or misshapen parts, so it proved nothing.',
    }),
    evidence: { bytes: body.length, ...(read && { sessionId: toHex(read.header.id) }) },
  });
  return { row, answer: read, statement };
}
