import { describe, expect, it } from 'vitest';
import { readSchema } from '../../enclave-server/json-schema.ts';
import { TurnRefusal } from '../../enclave-server/refusal.ts';
import { CodedError } from '../../protocol/errors.ts';
import { parseJson } from '../../protocol/json.ts';

const read = (schema: object) => readSchema(parseJson(JSON.stringify(schema), { floats: true }), 'schema');
function refused(schema: object): boolean {
  try {
    read(schema);
    return false;
  } catch (error) {
    if (error instanceof TurnRefusal || error instanceof CodedError) return true;
    throw error;
  }
}
const nested = (depth: number): object =>
  depth === 0 ? { type: 'string' } : { type: 'array', items: nested(depth - 1) };
const wide = (count: number) => ({
  type: 'object',
  properties: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`p${index}`, { type: 'null' }]),
  ),
});

describe('schemas of a request', () => {
  it('are rebuilt from known keywords, without the words for people', () => {
    const schema = {
      title: 'A person',
      type: 'object',
      properties: { name: { type: 'string', maxLength: 9, description: 'x' }, of: { anyOf: [{ const: 1 }] } },
      required: ['name'],
      additionalProperties: false,
    };
    expect(read(schema)).toEqual({
      type: 'object',
      properties: { name: { type: 'string', maxLength: 9 }, of: { oneOf: [{ const: 1 }] } },
      required: ['name'],
      additionalProperties: false,
    });
  });

  it('have their references resolved, and none that leads back to itself', () => {
    const shared = { $defs: { n: { type: 'integer' } }, type: 'array', items: { $ref: '#/$defs/n' } };
    expect(read(shared)).toEqual({ type: 'array', items: { type: 'integer' } });
    const tree = { type: 'array', items: { $ref: '#/$defs/tree' } };
    expect(refused({ $defs: { tree }, $ref: '#/$defs/tree' })).toBe(true);
    expect(refused({ $ref: '#/$defs/none' })).toBe(true);
    expect(refused({ $ref: 'https://example.com/schema' })).toBe(true);
  });

  it.each([
    ['deeper than 16', nested(17), nested(16)],
    ['of more than 256 parts', wide(256), wide(255)],
    [
      'longer than 16 KiB',
      { type: 'string', description: 'x'.repeat(17_000) },
      { type: 'string', description: 'x'.repeat(16_000) },
    ],
    ['that count further than 256', { type: 'string', maxLength: 257 }, { type: 'string', maxLength: 256 }],
    ['with a pattern', { type: 'string', pattern: '(a+)+$' }, { type: 'string' }],
    ['with a rule that is not kept to', { type: 'array', uniqueItems: true }, { type: 'array' }],
  ])('are refused %s', (_why, bomb, allowed) => {
    expect(refused(bomb)).toBe(true);
    expect(refused(allowed)).toBe(false);
  });

  it('are refused where references multiply', () => {
    const level = (name: string) => ({
      type: 'array',
      prefixItems: Array.from({ length: 10 }, () => ({ $ref: `#/$defs/${name}` })),
    });
    const $defs = { a: level('b'), b: level('c'), c: level('d'), d: { type: 'null' } };
    expect(refused({ $defs, $ref: '#/$defs/a' })).toBe(true);
    expect(refused({ $defs, $ref: '#/$defs/c' })).toBe(false);
  });
});
