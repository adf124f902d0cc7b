import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorHeaders, turnApiError } from '../../extension/session/openai-errors.ts';
import { encodeTurnError, type TurnError } from '../../protocol/session/turn-errors.ts';

const page = readFileSync(new URL('../../docs/openai-api.md', import.meta.url), 'utf8');
/** Cells of the rows that begin with an error inside the seal, such as `| busy (1) | 429 | …`. */
const rows = [...page.matchAll(/^\| ([a-z-]+) \((\d)\) \| (.+) \|$/gm)].map(([, name, code, rest = '']) => {
  const [status, type, apiCode, again] = rest.split(' | ').map((cell) => cell.replaceAll('`', ''));
  return {
    name: name as TurnError,
    number: Number(code),
    status: Number(status),
    type,
    code: apiCode,
    again,
  };
});

describe('docs/openai-api.md', () => {
  it('has a row for each error inside the seal', () => {
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it.each(rows)('says of "$name" what programs get', ({ name, number, status, type, code, again }) => {
    expect(encodeTurnError(name)[1]).toBe(number);
    expect(turnApiError(name)).toMatchObject({ status, type, code });
    const { 'x-should-retry': retry } = errorHeaders(turnApiError(name), 'sealed');
    expect(again?.startsWith('yes')).toBe(retry === 'true');
  });
});
