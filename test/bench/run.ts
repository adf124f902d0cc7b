/** `npm run bench [-- NAME]`: runs test/bench/*.bench.ts, each of which has a default export that gives its rows. */
import { globSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BenchRow } from './measure.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv[2] ?? '';
const files = globSync('*.bench.ts', { cwd: folder }).sort();
for (const file of files.filter((name) => name.includes(wanted))) {
  console.log(`\n${file.replace('.bench.ts', '')}`);
  const { default: bench }: { default: () => Promise<BenchRow[]> } = await import(
    pathToFileURL(folder + file).href
  );
  console.table(await bench(), ['what', 'ours', 'beside', 'ratio', 'goal']);
}
