import { describe, expect, it } from 'vitest';
import type { ServiceMessage } from '../../../extension/page/service-port.ts';
import { ChatSession } from '../../../extension/session/chat-session.ts';
import { ApiAnswer } from '../../../extension/session/openai-answer.ts';
import { readApiCall, readPageChat } from '../../../extension/session/openai-request.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import type { Summary } from '../../../protocol/session/events.ts';
import { TestEnclave } from '../../support/test-enclave.ts';
import { SERVICE } from '../../support/verified-exchange.ts';

const models = ['tiny', 'two'];
const ask = (body: object) => readPageChat(JSON.stringify({ model: 'tiny', messages: [], ...body }), models);
const summary: Summary = {
  finish_reason: 'stop',
  model: 'tiny',
  modelSha256: '0'.repeat(64),
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
};

function answering(body: object = {}) {
  const call = ask(body);
  if ('status' in call) throw new Error('refused');
  const posted: ServiceMessage[] = [];
  const answer = new ApiAnswer(call, { origin: 'https://a.example', simulated: false }, (message) =>
    posted.push(message),
  );
  const text = () => posted.map((message) => (message.kind === 'text' ? message.text : '')).join('');
  const head = () => posted.find((message) => message.kind === 'head');
  return { answer, posted, text, head };
}
const idle = { phase: 'idle', report: null } as const;
const cut = { sent: true, state: 'cut-off', session: 'dropped', code: null } as const;

describe('a request in the form of OpenAI’s API', () => {
  it('keeps what the service knows, and leaves out what asks for nothing', () => {
    const call = ask({ temperature: 0.5, presence_penalty: 0, logprobs: false, user: null, stream: false });
    expect(call).toEqual({
      request: { op: 'chat', mode: 'block', body: { messages: [], temperature: 0.5, model: 'tiny' } },
      stream: false,
      includeUsage: false,
    });
  });

  it.each(['presence_penalty', 'logit_bias', 'user', '__proto__', 'status'])(
    'names %s, which it would drop',
    (field) => {
      const text = `{"model":"tiny","messages":[],"${field}":1}`;
      expect(readPageChat(text, models)).toMatchObject({
        status: 400,
        code: 'unsupported_parameter',
        param: field,
      });
    },
  );

  it('replaces the model for a page, and refuses a program one that is not there', () => {
    expect(ask({ model: 'gpt-4o' })).toMatchObject({ request: { body: { model: 'tiny' } } });
    expect(readApiCall('chat', '{"model":"gpt-4o","messages":[]}', () => null)).toMatchObject({
      ...{ status: 404, code: 'model_not_found', param: 'model' },
    });
  });
});

describe('an answer in the form of OpenAI’s API', () => {
  it('labels itself by the session that it comes from', async () => {
    const enclave = await TestEnclave.create();
    const chat = new ChatSession({
      service: { origin: SERVICE, fetch: enclave.fetch },
      clock: enclave.clock,
      look: () => enclave.surroundings(),
    });
    const { answer, head } = answering({ stream: true });
    const call = ask({ stream: true });
    if ('status' in call) throw new Error('refused');
    const result = await chat.send(call.request, { onEvent: (event) => answer.take(event) });
    answer.close(result, chat.status);
    // The verdict that the answer was begun with said otherwise.
    expect(head()).toMatchObject({ status: 200, headers: { 'x-waxseal': 'simulated' } });
  });

  it('streams what a model thinks apart from what it says', () => {
    const { answer, text } = answering({ stream: true });
    answer.take({ kind: 'reasoning', text: 'Hm' });
    answer.take({ kind: 'text', text: 'Hi' });
    answer.take({ kind: 'end', summary });
    expect(text()).toContain('"reasoning_content":"Hm"');
    expect(text().trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it('never passes a result off as whole that is not an object', () => {
    for (const result of ['{"object":', '[]', '"x"']) {
      const { answer, head, text } = answering();
      answer.take({ kind: 'result', bytes: utf8(result) });
      answer.take({ kind: 'end', summary });
      expect(head()).toMatchObject({ status: 502, headers: { 'x-waxseal': 'sealed' } });
      expect(JSON.parse(text()).error.code).toBe('answer_cut_off');
    }
  });

  it('says that a stream was cut off, and breaks it', () => {
    const { answer, posted, text } = answering({ stream: true });
    answer.take({ kind: 'text', text: 'Hi' });
    answer.close(cut, idle);
    expect(text()).toContain('answer_cut_off');
    expect(text()).not.toContain('[DONE]');
    expect(posted.at(-1)?.kind).toBe('broken');
  });

  it('says of what was not sent that it was not', () => {
    const { answer, head } = answering();
    answer.close({ sent: false, state: 'too-long' }, idle);
    expect(head()).toMatchObject({ status: 400, headers: { 'x-waxseal': 'not-sent' } });
    const late = answering();
    late.answer.close(cut, idle);
    expect(late.head()).toMatchObject({ status: 502, headers: { 'x-waxseal': 'sealed' } });
  });

  it('tells who was too busy when to come back', () => {
    const { answer, head } = answering();
    answer.take({ kind: 'error', error: 'busy', retryAfterS: 2 });
    expect(head()).toMatchObject({ status: 429, headers: { 'retry-after': '2', 'x-should-retry': 'true' } });
  });
});
