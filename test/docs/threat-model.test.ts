import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/threat-model.md', 'utf8');
const table = page.slice(page.indexOf('## Adversaries'), page.indexOf('## What is left'));
/** Rows below the head of the table. */
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1);

describe('the threat model', () => {
  it('names adversaries', () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows)('has the test behind: %s', (row) => {
    const [, file = '', name = ''] = /\| `(test\/[^`]+)` "(.+)" \|$/.exec(row) ?? [];
    expect(existsSync(file), file).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain(name);
  });
});
