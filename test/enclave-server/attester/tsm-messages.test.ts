import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTsmAnswer, sentReport } from '../../../enclave-server/attester/tsm/messages.ts';
import { CodedError } from '../../../protocol/errors.ts';

const bytes = (size: number) => Uint8Array.from({ length: size }, (_, index) => index);

describe('parseTsmAnswer', () => {
  it('takes what the report process sends', () => {
    const report = { outblob: bytes(1184), auxblob: bytes(0) };
    expect(parseTsmAnswer(JSON.parse(JSON.stringify(sentReport(report))))).toEqual({
      type: 'report',
      ...report,
    });
    for (const answer of [
      { type: 'opened', provider: 'sev_guest' },
      { type: 'failed', reason: 'EBUSY', final: false },
    ])
      expect(parseTsmAnswer({ ...answer, more: 1 })).toEqual(answer);
  });

  it.each([
    ['a report that is longer than any', { ...sentReport({ outblob: bytes(65_541), auxblob: bytes(0) }) }],
    ['a report without certificates', { type: 'report', outblob: '' }],
    ['bytes that are not base64', { type: 'report', outblob: 'A===', auxblob: '' }],
    ['a provider that is a text', { type: 'opened', provider: 'what somebody said' }],
    ['a reason that is a text', { type: 'failed', reason: 'what somebody said', final: false }],
    ['a failure that is neither final nor not', { type: 'failed', reason: 'EIO' }],
    ['no object', 'opened'],
    ['nothing', null],
  ])('refuses %s', (_what, message) => {
    expect(() => parseTsmAnswer(message)).toThrow(/WAX_ENCLAVE_REPORT|WAX_BYTES_BASE64/);
  });

  it('refuses everything else with a code', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 2 }), (message) => {
        try {
          parseTsmAnswer(message);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { seed: 1 },
    );
  });
});
