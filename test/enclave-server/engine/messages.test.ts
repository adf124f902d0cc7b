import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEngineReport } from '../../../enclave-server/engine/messages.ts';
import { CodedError } from '../../../protocol/errors.ts';

describe('parseEngineReport', () => {
  it('takes what the engine process sends', () => {
    const end = { type: 'end', job: 3, finish: 'stop', promptTokens: 1, completionTokens: 2 };
    for (const message of [{ type: 'ready' }, { type: 'text', job: 0, text: 'x' }, end]) {
      expect(parseEngineReport({ ...message, more: 1 })).toEqual(message);
    }
  });

  it('replaces half a character, which could not be sealed as text', () => {
    expect(parseEngineReport({ type: 'text', job: 0, text: '\ud800' })).toMatchObject({ text: '\ufffd' });
  });

  it('refuses everything else with its code', () => {
    const text = 'x'.repeat(65_537);
    for (const bad of [null, 'ready', { type: 'text', job: -1, text: '' }, { type: 'text', job: 0, text }]) {
      expect(() => parseEngineReport(bad)).toThrow('WAX_ENGINE_MESSAGE');
    }
    fc.assert(
      fc.property(fc.anything({ maxDepth: 2 }), (message) => {
        try {
          parseEngineReport(message);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { seed: 1 },
    );
  });
});
