/** Measures two things beside each other, so that the load of the machine falls on both. */

/** What the command line asks of a benchmark. */
export interface BenchOptions {
  /** Where to put a picture of the figures, for benchmarks that draw one. */
  chart?: string | undefined;
  /** Grow a log to a million entries, and measure nothing else. */
  million?: boolean | undefined;
}

export interface BenchRow {
  what: string;
  ours: string;
  beside: string;
  ratio: string;
  goal: string;
}

type Work = () => unknown;

export const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const ms = (value: number) => `${value < 1 ? value.toFixed(3) : value.toFixed(2)} ms`;

async function timed(work: Work): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** One row: medians over `rounds`, ours and the other in turn, after a warm-up. */
export async function besides(
  what: string,
  [ours, beside]: readonly [ours: Work, beside: Work],
  goal: string,
  rounds = 60,
): Promise<BenchRow> {
  const times: [number[], number[]] = [[], []];
  for (let round = -5; round < rounds; round++) {
    const pair = [await timed(ours), await timed(beside)] as const;
    if (round < 0) continue;
    times[0].push(pair[0]);
    times[1].push(pair[1]);
  }
  const [a, b] = [median(times[0]), median(times[1])];
  return { what, ours: ms(a), beside: ms(b), ratio: (a / b).toFixed(2), goal };
}
