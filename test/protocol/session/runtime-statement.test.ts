import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { CodedError } from '../../../protocol/errors.ts';
import { parseRuntimeStatement } from '../../../protocol/session/runtime-statement.ts';
import { modelSha256, statementBytes, statementJson } from '../../support/session.ts';

const model = { id: 'm', sha256: modelSha256, contextTokens: 2048, maxOutputTokens: 100 };
const wire = { tickMs: 50, recordBytes: 160, maxRecords: 64 };

describe('the runtime statement', () => {
  it('is read with all its fields', () => {
    expect(parseRuntimeStatement(statementBytes())).toEqual(statementJson());
    expect(parseRuntimeStatement(statementBytes({ service: 'http://127.0.0.1:4000' })).service).toContain(
      '127',
    );
  });

  it.each([
    ['an unknown key', { extra: 1 }],
    ['another protocol', { protocol: 'waxseal/2' }],
    ['a service that is no origin', { service: 'https://chat.example/path' }],
    ['a service in the clear', { service: 'http://chat.example' }],
    ['an accelerator', { accelerator: 'h100' }],
    ['a digest in capitals', { configSha256: 'AB'.repeat(32) }],
    ['no model', { models: [] }],
    ['17 models', { models: Array.from({ length: 17 }, (_, index) => ({ ...model, id: `${index}` })) }],
    ['two models of one id', { models: [model, model] }],
    ['a model with an unknown key', { models: [{ ...model, extra: 1 }] }],
    ['a tick below 20 ms', { wire: { ...wire, tickMs: 19 } }],
    ['a tick above 500 ms', { wire: { ...wire, tickMs: 501 } }],
    ['records below 64 bytes', { wire: { ...wire, recordBytes: 63 } }],
    ['records above 4096 bytes', { wire: { ...wire, recordBytes: 4097 } }],
    ['a number of records outside N', { wire: { ...wire, maxRecords: 65 } }],
    ['more output than the records can carry', { models: [{ ...model, maxOutputTokens: 1093 }] }],
    ['a fraction', { models: [{ ...model, maxOutputTokens: 1.5 }] }],
  ])('is refused with %s', (_, changes) => {
    expect(() => parseRuntimeStatement(statementBytes(changes))).toThrow('WAX_SESSION_STATEMENT');
  });

  it('lets the output be as long as the records can carry: (64 - 2) * (160 - 19) / 8', () => {
    const models = [{ ...model, maxOutputTokens: 1092 }];
    expect(parseRuntimeStatement(statementBytes({ models })).models).toEqual(models);
  });

  it('is refused without any of its keys', () => {
    for (const key of Object.keys(statementJson())) {
      const rest = Object.fromEntries(Object.entries(statementJson()).filter(([name]) => name !== key));
      expect(() => parseRuntimeStatement(utf8(JSON.stringify(rest)))).toThrow('WAX_SESSION_STATEMENT');
    }
  });

  it('is read or refused with a code, whatever the bytes', () => {
    const good = statementBytes();
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        try {
          parseRuntimeStatement(good.with(at, byte));
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
          expect((error as CodedError).code).toBe('WAX_SESSION_STATEMENT');
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });
});
