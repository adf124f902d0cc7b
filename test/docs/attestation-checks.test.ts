import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hardwarePresets } from '../../protocol/attestation/presets.ts';
import { platforms } from '../support/attestation/refusals.ts';

const page = readFileSync('docs/attestation-checks.md', 'utf8');
const errorCodes = readFileSync('docs/error-codes.md', 'utf8');

interface Row {
  id: string;
  codes: string[];
  file: string;
  test: string;
  /** The check whose test stands for this one, where one function judges both. */
  as: string;
}

function rowsOf(section: string): Row[] {
  const from = page.indexOf(`\n## ${section}\n`);
  const end = page.indexOf('\n## ', from + 4);
  const lines = page.slice(from, end < 0 ? undefined : end).split('\n');
  return lines
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) => {
      const parts =
        /^\| ([^|]+) \| ([^|]+) \| `(test\/[^`]+)` "([^|]+?)"(?: \(as (\S+)\))? \| [^|]+ \|$/.exec(line);
      const [, id = '', codes = '', file = '', test = '', as = id] = parts ?? [];
      expect(id, line).not.toBe('');
      return { id, codes: codes.split(' ').map((code) => code.replaceAll('`', '')), file, test, as };
    });
}

const others = rowsOf('Rules that are no single check');

describe('the page of attestation checks', () => {
  it.each(platforms)('has exactly the checks of $name, each once', async ({ name, make }) => {
    const { input, verifier } = make();
    const { checks } = await verifier.verify(input);
    expect(
      rowsOf(name)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(checks.map(({ id }) => id).sort());
  });

  it.each(platforms)('names for $name the codes and tests of its tables', ({ name, folder, refusals }) => {
    const source = readFileSync(`test/protocol/attestation/${folder}/verify.test.ts`, 'utf8');
    for (const { id, codes, file, test, as } of rowsOf(name)) {
      expect(file, id).toBe(`test/protocol/attestation/${folder}/verify.test.ts`);
      const cases = refusals.filter((refusal) => refusal.id === as);
      const isCase = cases.some(({ what }) => test === `fails ${as} for ${what}`);
      expect(isCase || source.includes(`'${test}'`), test).toBe(true);
      if (isCase) expect(codes.sort(), id).toEqual([...new Set(cases.map(({ code }) => code))].sort());
    }
  });

  it('explains every preset, and no other', () => {
    const known = Object.entries(hardwarePresets).flatMap(([type, presets]) =>
      Object.keys(presets).map((preset) => `${type} ${preset}`),
    );
    const told = [...page.matchAll(/^\| `([a-z-]+)` \| `([a-z-]+)` \| /gm)].map(
      ([, type, preset]) => `${type} ${preset}`,
    );
    expect(told).toEqual(known.filter((name) => !name.startsWith('sev-snp-simulated')));
  });

  it('names codes that exist', () => {
    const rows = [...platforms.flatMap(({ name }) => rowsOf(name)), ...others];
    for (const code of new Set(rows.flatMap(({ codes }) => codes)))
      expect(errorCodes).toContain(`| \`${code}\` |`);
  });

  it('has a row for every rule of the four lists', () => {
    const rows = [...platforms.flatMap(({ name }) => rowsOf(name)), ...others];
    const covered = new Set(rows.flatMap(({ id }) => id.match(/\b[CSTN]\d+/g) ?? []));
    const numbered = (letter: string, last: number) =>
      Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
    const rules = [...numbered('C', 10), ...numbered('S', 13), ...numbered('T', 15), ...numbered('N', 8)];
    expect(rules.filter((rule) => !covered.has(rule))).toEqual([]);
  });

  it.each(others)('has the test behind: $id', ({ file, test }) => {
    expect(existsSync(file), file).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain(test);
  });
});
