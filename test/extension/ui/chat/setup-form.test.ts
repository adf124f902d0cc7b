import { describe, expect, it } from 'vitest';
import { chatRequest } from '../../../../extension/session/chat-request.ts';
import { plainSetup, settingsOf } from '../../../../extension/session/chat-setup.ts';
import { formOf, isPlain, readForm } from '../../../../extension/ui/chat/setup-form.ts';

const read = (change: Partial<ReturnType<typeof formOf>>, last = plainSetup) =>
  readForm({ ...formOf(last), ...change }, last, 2048);

describe('the settings of a chat', () => {
  it('read numbers with a point or a comma, and leave empty fields to the enclave', () => {
    expect(read({ temperature: '0,7', topP: ' 0.9 ', maxTokens: '256', seed: '7' })).toEqual({
      setup: { ...plainSetup, temperature: 0.7, topP: 0.9, maxTokens: 256, seed: 7 },
      wrong: [],
    });
    expect(read({ temperature: ' ' }).setup.temperature).toBeNull();
  });

  it.each([
    ['temperature', '2.1'],
    ['temperature', '-1'],
    ['temperature', 'warm'],
    ['temperature', '1e0'],
    ['topP', '1.5'],
    ['maxTokens', '0'],
    ['maxTokens', '2049'],
    ['maxTokens', '1.5'],
    ['seed', '4294967296'],
    ['seed', '99999999999'],
  ] as const)('name %s %s as wrong and keep the last good value', (field, value) => {
    const last = { ...plainSetup, [field]: 1 };
    const { setup, wrong } = read({ [field]: value }, last);
    expect(wrong).toEqual([field]);
    expect(setup[field]).toBe(1);
  });

  it('take up to four stop texts, one a line, none too long for the enclave', () => {
    expect(read({ stop: 'END\n\nSTOP' }).setup.stop).toEqual(['END', 'STOP']);
    expect(read({ stop: '1\n2\n3\n4\n5' }).wrong).toEqual(['stop']);
    expect(read({ stop: 'x'.repeat(65) }).wrong).toEqual(['stop']);
  });

  it('come back as they went into the form', () => {
    const setup = { ...plainSetup, system: 'Be brief.', temperature: 0.25, stop: ['a', 'b'], seed: 0 };
    expect(readForm(formOf(setup), setup, 2048)).toEqual({ setup, wrong: [] });
    expect(isPlain(setup)).toBe(false);
    expect(isPlain(plainSetup)).toBe(true);
  });

  it('go into the request by the names of the API, and what is not set is not there', () => {
    const request = (setup: typeof plainSetup) =>
      chatRequest({ model: 'm', messages: [], ...settingsOf(setup) }).body;
    expect(request(plainSetup)).toEqual({ model: 'm', messages: [] });
    const all = { ...plainSetup, temperature: 0, topP: 0, maxTokens: 1, stop: ['x'], seed: 0 };
    expect(request(all)).toEqual({
      model: 'm',
      messages: [],
      temperature: 0,
      top_p: 0,
      max_tokens: 1,
      stop: ['x'],
      seed: 0,
    });
  });
});
