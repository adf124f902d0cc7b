/**
 * `npm run bench [-- NAME] [--chart FILE.svg] [--million]`: runs test/bench/*.bench.ts, each of which has a default
 * export that gives its rows; the log draws its figures too, and grows to a million entries where it is asked to.
 */
import { globSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { BenchOptions, BenchRow } from './measure.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { values, positionals } = parseArgs({
  options: { chart: { type: 'string' }, million: { type: 'boolean' } },
  allowPositionals: true,
});
const wanted = positionals[0] ?? '';
const files = globSync('*.bench.ts', { cwd: folder }).sort();
// Only the log has a million of anything.
const isWanted = (name: string) => (values.million ? name === 'log.bench.ts' : name.includes(wanted));
for (const file of files.filter(isWanted)) {
  console.log(`\n${file.replace('.bench.ts', '')}`);
  const { default: bench }: { default: (options: BenchOptions) => Promise<BenchRow[]> } = await import(
    pathToFileURL(folder + file).href
  );
  console.table(await bench(values), ['what', 'ours', 'beside', 'ratio', 'goal']);
}
