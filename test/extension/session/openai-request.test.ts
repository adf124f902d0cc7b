import { describe, expect, it } from 'vitest';
import { readApiCall, readPageChat } from '../../../extension/session/openai-request.ts';

const messages = [{ role: 'user', content: 'hello' }];
const read = (body: object, models: readonly string[] = ['tiny', 'large']) =>
  readPageChat(JSON.stringify({ model: 'tiny', messages, ...body }), models);

describe('a request in OpenAI’s form', () => {
  it('goes out as a block, and at the steady pace when it is to be streamed', () => {
    expect(read({})).toMatchObject({ stream: false, includeUsage: false, request: { mode: 'block' } });
    expect(read({ stream: true, stream_options: { include_usage: true } })).toMatchObject({
      stream: true,
      includeUsage: true,
      request: { mode: 'steady' },
    });
  });

  it('carries neither stream nor stream_options inside the seal: they are the client’s own', () => {
    const call = read({ stream: true, stream_options: { include_usage: true }, temperature: 0.5 });
    if ('status' in call) throw new Error(call.message);
    expect(call.request.body).toEqual({ model: 'tiny', messages, temperature: 0.5 });
  });

  it('gets the first model in place of one that the service does not have', () => {
    expect(read({ model: 'large' })).toMatchObject({ request: { body: { model: 'large' } } });
    expect(read({ model: 'gpt-4o' })).toMatchObject({ request: { body: { model: 'tiny' } } });
    expect(read({}, [])).toMatchObject({ status: 404, param: 'model' });
  });

  it('is refused by the name of a field that would be dropped', () => {
    expect(read({ logit_bias: { 5: 100 } })).toMatchObject({ status: 400, param: 'logit_bias' });
    expect(read({ frequency_penalty: 0.1 })).toMatchObject({ status: 400, param: 'frequency_penalty' });
  });

  it('may name fields that ask for nothing', () => {
    expect(read({ frequency_penalty: 0, store: false, logit_bias: null })).toHaveProperty('request');
  });

  it.each(['', 'null', '[]', '{"model":"tiny"'])(
    'is refused, not thrown at the page, when it is no object in JSON: %s',
    (text) => {
      expect(readPageChat(text, ['tiny'])).toMatchObject({ status: 400 });
    },
  );

  it('of another operation is read by the fields of that one', () => {
    const embeddings = JSON.stringify({ model: 'tiny', input: ['hello'] });
    expect(readApiCall('embeddings', embeddings, () => 'tiny')).toMatchObject({
      request: { op: 'embeddings' },
    });
    expect(readApiCall('chat', embeddings, () => 'tiny')).toMatchObject({ status: 400, param: 'input' });
  });
});
