/**
 * `npm run flips [-- --only NAME] [--workers N]`: flips every bit of all evidence, certificates, revocation lists
 * and vendor data, one at a time, and verifies each. Prints progress and a table; fails if a flip passes every
 * check that passes without it and is not one of those that provably mean the same.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { flipCases } from '../support/attestation/flip-cases.ts';
import { type FlipAnswer, type FlipTask, tasksOf } from './tasks.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, workers: { type: 'string', default: '2' } },
});
const cases = (await flipCases()).filter(({ name }) => name.includes(values.only));
const count = Number(values.workers);
if (cases.length === 0 || !(Number.isInteger(count) && count > 0)) {
  console.error('usage: [--only PART_OF_A_NAME] [--workers N]');
  process.exit(2);
}

const shared = cases.filter(({ generated }) => !generated).flatMap(tasksOf);
// A generated case has other bytes, and other lengths, in each worker: whole parts, all in one of them.
const own = cases.filter(({ generated }) => generated).flatMap(tasksOf);
const bytes = cases.flatMap(({ input }) => [input.evidence, ...input.endorsements]);
const total = bytes.reduce((sum, { length }) => sum + 8 * length, 0);

interface Line {
  evidence: string;
  part: string;
  bits: number;
  'not covered': number;
  accepted: number;
}
const lines = new Map<string, Line>();
const reasons = new Map<string, number>();
const accepted: string[] = [];
for (const { name, parts, input } of cases) {
  for (const [part] of [input.evidence, ...input.endorsements].entries()) {
    const line = { evidence: name, part: parts[part] ?? `${part}`, bits: 0, 'not covered': 0, accepted: 0 };
    lines.set(`${name} ${part}`, line);
  }
}

let done = 0;
function add({ name, part }: FlipTask, { bits, unnoticed, reasons: why }: FlipAnswer): void {
  const line = lines.get(`${name} ${part}`);
  if (line === undefined) throw new Error(`no line for ${name}`);
  line.bits += bits;
  done += bits;
  for (const [index, { byte, bit }] of unnoticed.entries()) {
    const reason = why[index] ?? null;
    if (reason === null) {
      line.accepted += 1;
      accepted.push(`${name}, ${line.part}: byte ${byte}, bit ${bit}`);
    } else {
      line['not covered'] += 1;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
}

function work(index: number): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    let task: FlipTask | undefined;
    const next = () => {
      task = (index === 0 ? own.shift() : undefined) ?? shared.shift();
      if (task === undefined) worker.terminate().then(() => resolve(), reject);
      else worker.postMessage(task);
    };
    worker.on('message', (answer: FlipAnswer) => {
      if (task !== undefined) add(task, answer);
      next();
    });
    worker.on('error', reject);
    next();
  });
}

const started = performance.now();
const progress = setInterval(() => {
  const seconds = (performance.now() - started) / 1000;
  const rate = Math.round(done / seconds);
  console.log(`${done} of ${total} bits, ${rate} a second, ${accepted.length} accepted`);
}, 30_000);
await Promise.all(Array.from({ length: count }, (_, index) => work(index)));
clearInterval(progress);

console.table([...lines.values()]);
const uncovered = [...reasons.values()].reduce((sum, number) => sum + number, 0);
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(`${done} bits in ${minutes} min: ${accepted.length} accepted, ${uncovered} not covered:`);
for (const [reason, number] of reasons) console.log(`  ${number}: ${reason}`);
for (const line of accepted) console.log(`ACCEPTED ${line}`);
process.exitCode = accepted.length === 0 ? 0 : 1;
