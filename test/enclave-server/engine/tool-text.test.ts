import { describe, expect, it } from 'vitest';
import type { ChatJob, Tool } from '../../../enclave-server/engine/engine.ts';
import { ToolText } from '../../../enclave-server/engine/tool-text.ts';

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const weather: Tool = { name: 'weather', description: 'Says the weather', parameters };
const time: Tool = { name: 'time', description: '', parameters: { type: 'object' } };
const job = (changes: Partial<ChatJob> = {}): ChatJob => ({
  session: 1,
  model: 'm',
  messages: [{ role: 'user', content: 'Hi' }],
  maxTokens: 9,
  temperature: 0,
  topP: 1,
  stop: [],
  seed: 1,
  ...changes,
});

function run(changes: Partial<ChatJob>, pieces: string[]) {
  const said: string[] = [];
  const text = new ToolText(job(changes), (piece) => said.push(piece));
  for (const piece of pieces) text.push(piece);
  return { ...text.end(), said: said.join(''), plain: text.plain };
}
const call = '{"name": "weather", "arguments": {"city": "Oslo"}}';
const tools = [weather, time];

describe('tools for a model of text', () => {
  it('leaves a chat without tools as it is', () => {
    const { said, plain, toolCalls } = run({}, ['{"name": ', '1}']);
    expect(said).toBe('{"name": 1}');
    expect(toolCalls).toBeUndefined();
    expect(plain).toMatchObject({ messages: [{ role: 'user', content: 'Hi' }], grammar: null });
  });

  it('finds a call, and says nothing of its text', () => {
    const { said, toolCalls, plain } = run({ tools, toolChoice: 'auto' }, [
      ' ',
      call.slice(0, 9),
      call.slice(9),
    ]);
    expect(said).toBe('');
    expect(toolCalls).toEqual([{ name: 'weather', arguments: '{"city":"Oslo"}' }]);
    expect(plain.messages[0]?.content).toContain('"description":"Says the weather"');
    expect(plain.grammar).toBeNull();
  });

  it('hands on what is no call after all', () => {
    for (const text of ['Hello', '{"name": "other", "arguments": {}}', `${call} and more`, '{"a":1}', '{']) {
      const { said, toolCalls } = run({ tools, toolChoice: 'auto' }, [...text]);
      expect(said).toBe(text);
      expect(toolCalls).toBeUndefined();
    }
  });

  it('makes a grammar of the calls that may be made where one must be', () => {
    const only = { name: { const: 'weather' }, arguments: parameters };
    const named = run({ tools, toolChoice: { name: 'weather' } }, []);
    expect(named.plain.grammar).toMatchObject({ type: 'object', properties: only });
    const required = run({ tools, toolChoice: 'required' }, []);
    expect(required.plain.grammar).toMatchObject({ oneOf: [{ properties: only }, {}] });
  });

  it('does not mention tools that may not be called', () => {
    const { said, plain, toolCalls } = run({ tools, toolChoice: 'none' }, [call]);
    expect({ said, toolCalls }).toEqual({ said: call, toolCalls: undefined });
    expect(plain.messages).toHaveLength(1);
  });

  it('writes out calls that were made and what came of them', () => {
    const toolCalls = [{ id: 'call_1', name: 'time', arguments: '{}' }];
    const { plain } = run(
      {
        messages: [
          { role: 'assistant', content: '', toolCalls },
          { role: 'tool', callId: 'call_1', content: 'noon' },
        ],
      },
      [],
    );
    expect(plain.messages).toEqual([
      { role: 'assistant', content: '{"name": "time", "arguments": {}}' },
      { role: 'user', content: 'Result of call_1:\nnoon' },
    ]);
  });
});
