import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = 'test/vectors/';
const page = readFileSync('docs/wire-format.md', 'utf8');
const ids = [...page.matchAll(/\[(B\d+\.\d+)\]/g)].map(([, id]) => id as string);

interface Rule {
  /** `step: name` of vectors that must be accepted, and of others that must not. */
  holds?: string[];
  refused?: string[];
  /** `file: name` of tests, for what no vector can show. */
  tests?: string[];
}
const { rules } = JSON.parse(readFileSync(`${folder}session-rules.json`, 'utf8')) as {
  rules: { [id: string]: Rule };
};

type VectorCase = { name: string; refused?: string; outcome?: { state: string } };
/** Every case by `step: name`. */
const vectors = new Map<string, VectorCase>(
  readdirSync(`${folder}session`)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const file = JSON.parse(readFileSync(`${folder}session/${name}`, 'utf8')) as {
        step: string;
        cases: VectorCase[];
      };
      return file.cases.map((one) => [`${file.step}: ${one.name}`, one] as const);
    }),
);
const isRefused = ({ refused, outcome }: VectorCase) => refused !== undefined || outcome?.state === 'cut-off';

describe('each rule of the wire format', () => {
  it('has one id, in the order of the page, and one entry in the list of what holds it', () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(rules).sort()).toEqual([...ids].sort());
  });

  it('is found in every section that makes any', () => {
    const sections = page.split(/^## /m).filter((text) => /^B\d+\./.test(text) && !text.startsWith('B10.'));
    expect(sections.length).toBe(10);
    for (const text of sections) {
      const [section = ''] = /^B\d+/.exec(text) ?? [];
      const found = [...text.matchAll(/\[(B\d+)\.\d+\]/g)].map(([, name]) => name);
      expect(found.length, section).toBeGreaterThan(0);
      expect(new Set(found), section).toEqual(new Set([section]));
    }
  });

  it.each(Object.entries(rules))(
    '%s is held by a vector that passes and one that is refused, or by tests',
    (_id, rule) => {
      const { holds = [], refused = [], tests = [] } = rule;
      expect((holds.length > 0 && refused.length > 0) || tests.length > 0).toBe(true);
      for (const name of holds)
        expect(vectors.get(name) && !isRefused(vectors.get(name) as VectorCase), name).toBe(true);
      for (const name of refused) {
        const found = vectors.get(name);
        // How long a client waits has no refusals, only ends.
        expect(found && (isRefused(found) || name.startsWith('waits: ')), name).toBe(true);
      }
      for (const test of tests) {
        const [file = '', name = ''] = test.split(/: (.*)/);
        expect(existsSync(file), file).toBe(true);
        expect(readFileSync(file, 'utf8').replaceAll("\\'", "'"), test).toContain(name);
      }
    },
  );
});
