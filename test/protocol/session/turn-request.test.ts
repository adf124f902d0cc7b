import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import {
  encodeTurnRequest,
  parseTurnRequest,
  receiveTurnRequest,
} from '../../../protocol/session/turn-request.ts';
import { chat } from '../../support/session.ts';

const parse = (value: object | string) =>
  parseTurnRequest(utf8(typeof value === 'string' ? value : JSON.stringify(value)));

describe('the request inside the seal', () => {
  it('comes back as it was written', () => {
    const request = { ...chat(), body: { ...chat().body, temperature: 0.7, max_tokens: 20 } };
    expect(parseTurnRequest(encodeTurnRequest(request))).toEqual(request);
    expect(parse({ op: 'models', mode: 'block', body: {} })).toEqual({
      op: 'models',
      mode: 'block',
      body: {},
    });
  });

  it.each([
    ['another operation', { op: 'images', mode: 'block', body: {} }],
    ['another mode', { op: 'chat', mode: 'fast', body: {} }],
    ['a steady reply to what is not a chat', { op: 'models', mode: 'steady', body: {} }],
    ['an unknown field', { op: 'chat', mode: 'steady', body: {}, extra: 1 }],
    ['a missing field', { op: 'chat', mode: 'steady' }],
    ['an unknown field of the body', { op: 'chat', mode: 'steady', body: { logit_bias: {} } }],
    ['a field of another operation', { op: 'embeddings', mode: 'block', body: { messages: [] } }],
    ['a body that is no object', { op: 'chat', mode: 'steady', body: [] }],
    ['a duplicate key', '{"op":"models","mode":"block","mode":"block","body":{}}'],
    ['text after it', '{"op":"models","mode":"block","body":{}} '.concat('1')],
    ['no JSON', 'hello'],
  ])('is refused with %s, and the error repeats no word of it', (_, value) => {
    expect(() => parse(value)).toThrow('WAX_SESSION_REQUEST_BODY');
    expect(() => parse('{"secret word')).not.toThrow('secret word');
  });

  it('is refused deeper than 32 levels', () => {
    const nest = (levels: number) =>
      `{"op":"chat","mode":"steady","body":{"tools":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    expect(parse(nest(30)).op).toBe('chat');
    expect(() => parse(nest(31))).toThrow('WAX_JSON_DEPTH');
  });

  it('is refused in the mode that it asked for, or as a block', () => {
    const mode = (text: string) => receiveTurnRequest(utf8(text));
    expect(mode('{"mode":"steady","unknown":1}')).toEqual({ request: null, mode: 'steady' });
    expect(mode('{"mode":"fast"}')).toEqual({ request: null, mode: 'block' });
    expect(mode('["steady"]')).toEqual({ request: null, mode: 'block' });
    expect(mode('no json')).toEqual({ request: null, mode: 'block' });
    const good = '{"op":"models","mode":"block","body":{}}';
    expect(mode(good)).toEqual({ request: parseTurnRequest(utf8(good)), mode: 'block' });
  });

  it('is refused with more than 65,536 values, however small', () => {
    // The object, its three fields, and the list.
    const text = (values: number) =>
      `{"op":"chat","mode":"steady","body":{"stop":[${Array.from({ length: values - 5 }, () => '1').join()}]}}`;
    expect(parseTurnRequest(utf8(text(65_536))).mode).toBe('steady');
    expect(() => parseTurnRequest(utf8(text(65_537)))).toThrow('WAX_SESSION_REQUEST_BODY');
    expect(receiveTurnRequest(utf8(text(65_537))).request).toBeNull();
  });
});
