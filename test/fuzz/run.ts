/**
 * `npm run fuzz -- --minutes N [--parser NAME] [--seed S] [--keep]`: fuzzes every parser, or one, for N minutes
 * in all; `--inputs N` gives each of them N inputs instead, however long that takes. What a parser fails on goes
 * into test/fuzz/corpus, which the tests replay. `--keep` keeps an input for each outcome that has none yet.
 * `--parser turns` sends requests to a running server instead, all of which must be refused in the same way.
 */
import { parseArgs } from 'node:util';
import { keepInput, keptInputs } from './corpus.ts';
import { fuzz } from './fuzz.ts';
import { fuzzedParsers } from './parsers.ts';
import { fuzzTurns } from './turns.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    inputs: { type: 'string' },
    parser: { type: 'string' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
/** Larger inputs say nothing that smaller ones do not, and weigh on every clone. */
const MOST_KEPT_BYTES = 8192;
const minutes = Number(values.minutes);
const most = values.inputs === undefined ? undefined : Number(values.inputs);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const all = await fuzzedParsers();
const turns = values.parser === 'turns';
const chosen = values.parser === undefined ? all : all.filter(({ name }) => name === values.parser);
const countIsWrong = most !== undefined && !(Number.isSafeInteger(most) && most > 0);
if (!(minutes > 0) || countIsWrong || !Number.isSafeInteger(seed) || (chosen.length === 0 && !turns)) {
  console.error(
    `usage: --minutes N|--inputs N [--parser ${all.map(({ name }) => name).join('|')}|turns] [--seed S] [--keep]`,
  );
  process.exit(2);
}
console.log(`seed ${seed}`);
let found = 0;
if (turns) {
  const started = performance.now();
  const until = most === undefined ? started + minutes * 60_000 : Number.POSITIVE_INFINITY;
  const { runs, findings, unharmed } = await fuzzTurns(until, seed, most);
  const seconds = Math.round((performance.now() - started) / 1000);
  found += findings.length + (unharmed ? 0 : 1);
  console.log(`turns: ${runs} requests in ${seconds} s, ${findings.length} findings, unharmed: ${unharmed}`);
  for (const { request, answer } of findings)
    console.log(`  ${keepInput('turns', 'finding', request)}\n${answer}`);
}
for (const parser of chosen) {
  const kept = keptInputs(parser.name);
  const inputs = [...parser.seeds, ...kept.map(({ bytes }) => bytes)];
  const started = performance.now();
  const until = most === undefined ? started + (minutes * 60_000) / chosen.length : Number.POSITIVE_INFINITY;
  const { runs, reached, findings } = fuzz(parser, inputs, until, seed, most);
  found += findings.length;
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${parser.name}: ${runs} inputs in ${seconds} s, ${reached.size} outcomes, ${findings.length} findings`,
  );
  for (const { input, what } of findings)
    console.log(`  ${what}: ${keepInput(parser.name, 'finding', input)}`);
  if (!values.keep) continue;
  for (const [outcome, input] of reached) {
    const isKept = kept.some(({ file }) => file.startsWith(`${outcome.toLowerCase().replaceAll('_', '-')}.`));
    if (!isKept && input.length <= MOST_KEPT_BYTES) keepInput(parser.name, outcome, input);
  }
}
process.exitCode = found === 0 ? 0 : 1;
