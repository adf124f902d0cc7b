import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChatRequest } from '../../enclave-server/chat-request.ts';
import { TurnRefusal } from '../../enclave-server/refusal.ts';
import { parseJson } from '../../protocol/json.ts';

const read = (body: object) => parseChatRequest(parseJson(JSON.stringify(body), { floats: true }));
const messages = [{ role: 'user', content: 'Hello' }];
const body = { model: 'm', messages };

/** The error that a body is refused with. */
function refusal(changes: object): string {
  try {
    read({ ...body, ...changes });
  } catch (error) {
    if (error instanceof TurnRefusal) return error.error;
    throw error;
  }
  return 'none';
}

describe('parseChatRequest', () => {
  it('reads the known fields and rebuilds the rest with defaults', () => {
    expect(read(body)).toEqual({
      model: 'm',
      messages,
      maxTokens: null,
      temperature: 1,
      topP: 1,
      stop: [],
      seed: null,
      tools: [],
      toolChoice: 'none',
      format: null,
    });
    const all = {
      temperature: 0.7,
      top_p: 0.9,
      max_tokens: 9,
      stop: 'x',
      seed: 4,
      n: 1,
      stream: true,
      stream_options: {},
    };
    expect(read({ ...body, ...all })).toMatchObject({
      temperature: 0.7,
      topP: 0.9,
      maxTokens: 9,
      stop: ['x'],
      seed: 4,
    });
  });

  it('takes an answer back as libraries hand it back, without what the model thought aloud', () => {
    const answer = { role: 'assistant', content: 'Hi', refusal: null, annotations: [], audio: null };
    const thought = { ...answer, function_call: null, reasoning_content: 'Hm' };
    expect(read({ ...body, messages: [...messages, answer, thought] }).messages.slice(1)).toEqual([
      { role: 'assistant', content: 'Hi' },
      { role: 'assistant', content: 'Hi' },
    ]);
    for (const wrong of [{ refusal: 'no' }, { annotations: [{}] }, { audio: {} }, { reasoning_content: 1 }])
      expect(refusal({ messages: [{ ...answer, ...wrong }] }), JSON.stringify(wrong)).toBe('bad-request');
    expect(refusal({ messages: [{ role: 'user', content: 'x', reasoning_content: 'Hm' }] })).toBe(
      'bad-request',
    );
  });

  it('takes null for a field that is not used, as libraries send it', () => {
    const nothing = {
      temperature: null,
      top_p: null,
      max_tokens: null,
      stop: null,
      seed: null,
      n: null,
      stream: null,
    };
    expect(read({ ...body, ...nothing })).toEqual(read(body));
  });

  it('takes the smaller of the two names of the token limit', () => {
    expect(read({ ...body, max_tokens: 9, max_completion_tokens: 4 }).maxTokens).toBe(4);
  });

  it('joins text parts, and refuses any other kind of part', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    expect(read({ ...body, messages: [{ role: 'user', content: parts }] }).messages[0]?.content).toBe('ab');
    const image = [{ type: 'image_url', image_url: { url: 'https://example.com/x.png' } }];
    expect(refusal({ messages: [{ role: 'user', content: image }] })).toBe('bad-request');
  });

  it.each([{ n: 2 }, { functions: [] }, { logit_bias: {} }, { user: 'me' }])(
    'refuses the parameter of %o',
    (changes) => {
      expect(refusal(changes)).toBe('parameter-refused');
    },
  );

  it.each([
    { messages: [] },
    { messages: [{ role: 'tool', content: 'x' }] },
    { messages: [{ role: 'user', content: 'x', name: 'y' }] },
    { messages: [{ role: 'user', content: null }] },
    { tools: [] },
    { model: 4 },
    { temperature: 2.1 },
    { temperature: '1' },
    { top_p: -0.1 },
    { max_tokens: 0 },
    { max_tokens: 1.5 },
    { stop: ['a', 'b', 'c', 'd', 'e'] },
    { stop: 'x'.repeat(65) },
    { stop: '' },
    { seed: -1 },
    { stream: 'yes' },
  ])('refuses the value of %o', (changes) => {
    expect(refusal(changes)).toBe('bad-request');
  });

  it('reads tools, the choice among them, calls, results and the form of the answer', () => {
    const tool = (name: string) => ({ type: 'function', function: { name, parameters: { type: 'object' } } });
    const call = { id: 'c', type: 'function', function: { name: 'a', arguments: '{}' } };
    const chat = read({
      ...body,
      messages: [
        ...messages,
        { role: 'assistant', content: null, tool_calls: [call], refusal: null },
        { role: 'tool', tool_call_id: 'c', content: 'x' },
      ],
      tools: [tool('a'), tool('b')],
      tool_choice: { type: 'function', function: { name: 'b' } },
      parallel_tool_calls: false,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', strict: true, schema: { type: 'null' } },
      },
    });
    expect(chat.tools.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(chat.toolChoice).toEqual({ name: 'b' });
    expect(chat.format).toEqual({ kind: 'schema', name: 'n', schema: { type: 'null' } });
    expect(chat.messages.slice(1)).toEqual([
      { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'a', arguments: '{}' }] },
      { role: 'tool', callId: 'c', content: 'x' },
    ]);
    const many = Array.from({ length: 65 }, (_, index) => tool(`t${index}`));
    expect(refusal({ tools: many.slice(1) })).toBe('none');
    expect(refusal({ tools: many })).toBe('bad-request');
    expect(refusal({ tools: [tool('a'), tool('a')] })).toBe('bad-request');
    expect(refusal({ tools: [tool('a b')] })).toBe('bad-request');
    expect(refusal({ tool_choice: 'required' })).toBe('bad-request');
    expect(refusal({ tools: [tool('a')], tool_choice: { type: 'function', function: { name: 'z' } } })).toBe(
      'bad-request',
    );
    expect(refusal({ response_format: { type: 'yaml' } })).toBe('bad-request');
  });

  it('throws nothing but refusals, whatever the body is', () => {
    const field = fc.constantFrom('model', 'messages', 'temperature', 'stop', 'seed', 'n', 'tools', 'stream');
    fc.assert(
      fc.property(fc.dictionary(field, fc.jsonValue()), (value) => {
        try {
          parseChatRequest(parseJson(JSON.stringify(value), { floats: true, depth: 1000 }));
        } catch (error) {
          if (error instanceof Error && error.message.startsWith('WAX_JSON_NUMBER')) return;
          expect(error).toBeInstanceOf(TurnRefusal);
        }
      }),
      { seed: 1 },
    );
  });
});
