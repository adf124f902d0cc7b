/**
 * An attester that takes as long, and fails as often, as a test says, and offers that come to it. Time is virtual:
 * the caller has replaced `setTimeout`, `clearTimeout` and `performance` by those of vitest, so that every figure
 * is the same in each run, whatever the machine does meanwhile.
 */
import { setImmediate } from 'node:timers/promises';
import { vi } from 'vitest';
import type { Attester } from '../../enclave-server/attester/attester.ts';
import { Batches } from '../../enclave-server/batches.ts';
import { enclaveError } from '../../enclave-server/errors.ts';
import { EventList } from '../../enclave-server/events.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';

/** `error` comes after the usual time, `busy` at once, and `death` never comes back. */
export type Fate = 'report' | 'error' | 'busy' | 'death';

export class SlowAttester implements Attester {
  readonly evidenceType = 1;
  /** How often it was asked. */
  asked = 0;
  /** Reports that came back, good or bad; not counted is what was busy. */
  finished = 0;
  /** Whether it was ever asked for a report while one was under way. */
  crowded = false;
  readonly #latencyMs: number;
  readonly #fate: (asked: number) => Fate;
  #underWay = 0;

  constructor(latencyMs: number, fate: (asked: number) => Fate = () => 'report') {
    this.#latencyMs = latencyMs;
    this.#fate = fate;
  }

  async report(data: Uint8Array) {
    this.crowded ||= this.#underWay > 0;
    this.#underWay++;
    const fate = this.#fate(this.asked++);
    if (fate === 'death') return new Promise<never>(() => {});
    if (fate !== 'busy') {
      await new Promise((resolve) => setTimeout(resolve, this.#latencyMs));
      this.finished++;
    }
    this.#underWay--;
    if (fate === 'busy') throw enclaveError('WAX_ENCLAVE_REPORT_BUSY');
    if (fate === 'error') throw new Error('firmware error');
    const evidence = new Uint8Array(1184);
    evidence.set(data, 0x50);
    return { evidence, endorsements: [] };
  }
}

/** When an offer comes, in milliseconds, and from whom. */
export interface Arrival {
  at: number;
  client: string;
}

/** Offers of one client, evenly within `withinMs`; 0: all of them at once. */
export const evenly = (count: number, withinMs: number, client = 'one'): Arrival[] =>
  Array.from({ length: count }, (_, index) => ({ at: Math.floor((index * withinMs) / count), client }));

export interface LoadOptions {
  attester: SlowAttester;
  arrivals: Arrival[];
  queued?: number;
  reportMs?: number;
}

/** What became of the offers of one client. */
interface Share {
  served: number;
  /** How many were refused, by code. */
  refused: { [code: string]: number };
  /** Milliseconds that those waited who were served: half of them, and the longest. */
  median: number;
  longest: number;
  /** Reports that came back while one offer waited, at most: its own, and those before it. */
  mostReports: number;
  /** Offers that were served later than one that came after them from the same client. */
  overtaken: number;
}

export interface LoadResult {
  /** How often the device was asked. */
  asked: number;
  /** Most offers that had neither an answer nor a refusal at one time. */
  waiting: number;
  clients: { [client: string]: Share };
}

const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
const pk = random(1216);

/** Lets everything happen that can happen without time going by. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  for (let turn = 0; turn < 4; turn++) await setImmediate();
}

/** Sends offers into a queue of batches and says what became of them. */
export async function loadBatches(options: LoadOptions): Promise<LoadResult> {
  const { attester, queued = 4096, reportMs = 10_000 } = options;
  const arrivals = [...options.arrivals].sort((a, b) => a.at - b.at);
  const events = new EventList(() => {});
  const batches = new Batches({ attester, statement: utf8('statement'), queued, reportMs, events });
  const newest: { [client: string]: number } = {};
  const waits: { [client: string]: number[] } = {};
  const clients: { [client: string]: Share } = {};
  let open = 0;
  let waiting = 0;
  const join = async (index: number, client: string) => {
    clients[client] ??= { served: 0, refused: {}, median: 0, longest: 0, mostReports: 0, overtaken: 0 };
    const share = clients[client];
    const [begun, before] = [performance.now(), attester.finished];
    open++;
    try {
      await batches.join({ nonce: random(32), headerBytes: random(32), pk }, client);
      if (index < (newest[client] ?? 0)) share.overtaken++;
      newest[client] = Math.max(newest[client] ?? 0, index);
      share.served++;
      share.mostReports = Math.max(share.mostReports, attester.finished - before);
      waits[client] = [...(waits[client] ?? []), performance.now() - begun];
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      share.refused[error.code] = (share.refused[error.code] ?? 0) + 1;
    } finally {
      open--;
    }
  };
  const all: Promise<void>[] = [];
  const begun = performance.now();
  while (all.length < arrivals.length || open > 0) {
    const now = performance.now() - begun;
    for (let next = arrivals[all.length]; next && next.at <= now; next = arrivals[all.length]) {
      all.push(join(all.length, next.client));
    }
    waiting = Math.max(waiting, open);
    await settle();
    // A large batch is settled in parts, over turns of the event loop that take no virtual time.
    for (let before = -1; before !== open; ) {
      before = open;
      await settle();
    }
    if (all.length < arrivals.length) await vi.advanceTimersByTimeAsync(1);
    else await vi.advanceTimersToNextTimerAsync();
  }
  await Promise.all(all);
  events.stop();
  for (const [client, times] of Object.entries(waits)) {
    times.sort((a, b) => a - b);
    const share = clients[client];
    if (share) Object.assign(share, { median: times[times.length >> 1] ?? 0, longest: times.at(-1) ?? 0 });
  }
  return { asked: attester.asked, waiting, clients };
}
