import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const rows = readFileSync('docs/threat-model.md', 'utf8')
  .split('\n')
  .flatMap(
    (line) => (/\| `(test\/[^`]+)` "(.+)" \|$/.exec(line)?.slice(1, 3) as [string, string] | undefined) ?? [],
  )
  .reduce<[string, string][]>((pairs, value, index, all) => {
    if (index % 2 === 0) pairs.push([value, all[index + 1] ?? '']);
    return pairs;
  }, []);

describe('docs/threat-model.md', () => {
  it('has a test behind every adversary', () => {
    const table =
      readFileSync('docs/threat-model.md', 'utf8').split('## Adversaries')[1]?.split('##')[0] ?? '';
    const bodies = table
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2);
    expect(rows).toHaveLength(bodies.length + 1);
  });

  it.each(rows)('%s has the test "%s"', (file, name) => {
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain(name);
  });
});
