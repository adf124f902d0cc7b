/**
 * Figures of the transparency log: durable, witnessed submissions, and the cost of trees beside merkletreejs. Each
 * ratio is how many times as much the other one takes.
 */
import { writeFile } from 'node:fs/promises';
import { logChart } from './log/chart.ts';
import { measureGrowth } from './log/growth.ts';
import { type Submissions, submissions } from './log/submissions.ts';
import { measureTree, SIZES, type TreeFigures } from './log/trees.ts';
import type { BenchOptions, BenchRow } from './measure.ts';

const micro = (value: number) =>
  value < 1000 ? `${value.toFixed(1)} µs` : `${(value / 1000).toFixed(1)} ms`;
const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function submissionRow({ batch, batches, every, rate, p50, p99 }: Submissions): BenchRow {
  const offered = every === null ? 'one after the other' : `${Math.round((1000 * batch) / every)}/s offered`;
  return {
    what: `durable witnessed submissions, ${batch} at once (${batch * batches}, ${offered})`,
    ours: `${rate.toFixed(rate < 10 ? 1 : 0)}/s, P50 ${Math.round(p50)} ms, P99 ${Math.round(p99)} ms`,
    beside: '-',
    ratio: '-',
    goal: batch === 1 ? '-' : '>= 1000/s, P99 < 1500 ms',
  };
}

function treeRows(ours: TreeFigures, theirs: TreeFigures): BenchRow[] {
  const row = (
    what: string,
    key: 'append' | 'proof' | 'memory',
    show: (value: number) => string,
    goal: string,
  ) => ({
    what: `${what}, ${ours.size.toLocaleString('en')} entries`,
    ours: show(ours[key]),
    beside: `${show(theirs[key])} (merkletreejs)`,
    ratio: (theirs[key] / ours[key]).toFixed(2),
    goal,
  });
  return [
    row('append and new root', 'append', micro, 'flat'),
    row('inclusion proof', 'proof', micro, '< 1 ms'),
    row('memory of the tree', 'memory', mega, '-'),
  ];
}

const MILLION = [10_000, 100_000, 300_000, 1_000_000];

/** Takes from a quarter of an hour to some hours, so each row is printed as it comes, too. */
async function growthRows(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const add = (what: string, ours: string) => {
    console.log(`${new Date().toISOString()}  ${what}: ${ours}`);
    rows.push({ what, ours, beside: '-', ratio: '-', goal: '-' });
  };
  const entries = (size: number) => `${size.toLocaleString('en')} entries`;
  const { size, resident, seconds } = await measureGrowth(MILLION, (growth) => {
    const [first, again] = growth.page.map((ms) => `${(ms / 1000).toFixed(2)} s`);
    add(
      `memory of the log's process at ${entries(growth.size)}, collected, and after reading and search`,
      `${[growth.resident, growth.collected, growth.collectedRead].map(mega).join(', ')}, ` +
        `${Math.round(growth.rate)} submissions a second`,
    );
    add(`first page of the explorer at ${entries(growth.size)}, and again`, `${first}, ${again}`);
  });
  add(`start with ${entries(size)}`, `${seconds.toFixed(0)} s, ${mega(resident)}`);
  return rows;
}

export default async function bench({ chart, million }: BenchOptions = {}): Promise<BenchRow[]> {
  if (million) return growthRows();
  const trees = SIZES.map((size) => ({
    ours: measureTree('ours', size),
    merkletreejs: measureTree('merkletreejs', size),
  }));
  const loads = await submissions();
  if (chart !== undefined) await writeFile(chart, logChart({ trees, loads }));
  return [
    ...loads.map(submissionRow),
    ...trees.flatMap(({ ours, merkletreejs }) => treeRows(ours, merkletreejs)),
  ];
}
