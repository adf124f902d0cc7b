/** An attester that takes as long, and fails as often, as a test says; and offers that come to it. */
import type { Attester } from '../../enclave-server/attester/attester.ts';
import { Batches } from '../../enclave-server/batches.ts';
import { EventList } from '../../enclave-server/events.ts';
import { utf8 } from '../../protocol/bytes.ts';

/** `error` and `busy` come back at once or after the usual time; `death` never comes back. */
export type Fate = 'report' | 'error' | 'busy' | 'death';

export class SlowAttester implements Attester {
  readonly evidenceType = 1;
  reports = 0;
  /** Reports that came back, of whatever kind. */
  finished = 0;
  readonly #latencyMs: number;
  readonly #fate: (report: number) => Fate;

  constructor(latencyMs: number, fate: (report: number) => Fate = () => 'report') {
    this.#latencyMs = latencyMs;
    this.#fate = fate;
  }

  async report(data: Uint8Array) {
    const fate = this.#fate(this.reports++);
    if (fate === 'death') return new Promise<never>(() => {});
    if (fate !== 'busy') await pause(this.#latencyMs);
    this.finished++;
    if (fate === 'busy') throw new Error('busy');
    if (fate === 'error') throw new Error('firmware error');
    const evidence = new Uint8Array(1184);
    evidence.set(data, 0x50);
    return { evidence, endorsements: [] };
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface LoadOptions {
  attester: SlowAttester;
  offers: number;
  /** All of them come evenly within this time; 0: at once. */
  withinMs: number;
  queued?: number;
  reportMs?: number;
}

export interface LoadResult {
  reports: number;
  served: number;
  overloaded: number;
  failed: number;
  /** Milliseconds that those waited who were served. */
  median: number;
  most: number;
  /** Offers that were served later than one that came after them. */
  overtaken: number;
  /** Reports under way or begun while one offer waited: its own, and at most the one before it. */
  mostReports: number;
  /** Most offers that had neither an answer nor a refusal at one time. */
  waiting: number;
}

const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
const pk = random(1216);

/** Sends offers into a queue of batches and says what became of them. */
export async function loadBatches(options: LoadOptions): Promise<LoadResult> {
  const { attester, offers, withinMs, queued = 4096, reportMs = 10_000 } = options;
  const events = new EventList(() => {});
  const batches = new Batches({ attester, statement: utf8('statement'), queued, reportMs, events });
  const order: number[] = [];
  const waits: number[] = [];
  const result = { overloaded: 0, failed: 0, mostReports: 0, waiting: 0 };
  let open = 0;
  const join = async (index: number) => {
    const begun = performance.now();
    open++;
    const before = attester.finished;
    try {
      await batches.join({ nonce: random(32), headerBytes: random(32), pk });
      order.push(index);
      result.mostReports = Math.max(result.mostReports, attester.finished - before);
      waits.push(performance.now() - begun);
    } catch (error) {
      if (String(error).includes('WAX_ENCLAVE_OVERLOADED')) result.overloaded++;
      else result.failed++;
    } finally {
      open--;
    }
  };
  const all: Promise<void>[] = [];
  const begun = performance.now();
  while (all.length < offers) {
    const due = withinMs === 0 ? offers : (offers * (performance.now() - begun)) / withinMs;
    while (all.length < Math.min(offers, due)) all.push(join(all.length));
    await pause(1);
    result.waiting = Math.max(result.waiting, open);
  }
  await Promise.all(all);
  events.stop();
  waits.sort((a, b) => a - b);
  let newest = -1;
  let overtaken = 0;
  for (const index of order) {
    if (index < newest) overtaken++;
    newest = Math.max(newest, index);
  }
  return {
    reports: attester.reports,
    served: order.length,
    ...result,
    median: Math.round(waits[Math.floor(waits.length / 2)] ?? 0),
    most: Math.round(waits.at(-1) ?? 0),
    overtaken,
  };
}
