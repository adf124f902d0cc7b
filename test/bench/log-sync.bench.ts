/**
 * What a log costs a client: the first sync of 10,000 signed entries from a pin, and a day of syncs after it.
 * The files come out of memory, so that only the client's own work is counted: the processor's time, since the
 * machine may be busy with something else. Bytes are those of the bodies.
 */
import { syncLog } from '../../extension/session/log-client.ts';
import { keyId, pae, parseEnvelope } from '../../protocol/log/dsse.ts';
import type { LogState } from '../../protocol/log/state.ts';
import type { TrustDomain } from '../../protocol/policy.ts';
import { verifyEd25519 } from '../../protocol/signatures.ts';
import { DAY, LogBuilder, MINUTE } from '../support/log-builder.ts';
import type { BenchRow } from './measure.ts';

const ENTRIES = 10_000;
const ROUNDS = 3;
/** Approvals in a day, spread over it; a project with many products makes a few. */
const NEW_ENTRIES = 8;
const SYNC_MINUTES = 15;

interface Cost {
  state: LogState;
  ms: number;
  bytes: number;
  requests: number;
}

/** Milliseconds of all cores since then. */
function spent(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

async function sync(log: LogBuilder, domain: TrustDomain, from: LogState | null, now: number): Promise<Cost> {
  let [bytes, requests] = [0, 0];
  const counting: typeof fetch = async (input, init) => {
    const response = await log.fetch(input, init);
    const body = await response.arrayBuffer();
    bytes += body.byteLength;
    requests += 1;
    const { status, headers } = response;
    return new Response(response.ok ? body : null, { status, headers });
  };
  const began = process.cpuUsage();
  let state = from;
  for (;;) {
    const step = await syncLog({ domain, state, fetch: counting, now: () => now });
    if (step.problem) throw new Error(`${step.problem.kind}: ${step.problem.code}`);
    state = step.state;
    if (!step.more) return { state, ms: spent(began), bytes, requests };
  }
}

/** What the signatures alone cost: those of all entries, checked side by side as the sync does, and nothing else. */
async function bareSignatures(log: LogBuilder): Promise<number> {
  const keys = new Map(log.publishers.map(({ publicKey }) => [keyId(publicKey), publicKey]));
  const checks = log.entries.flatMap((entry) => {
    const { payloadType, payload, signatures } = parseEnvelope(entry);
    const message = pae(payloadType, payload);
    return signatures.map(({ keyid, sig }) => [keys.get(keyid) ?? new Uint8Array(), message, sig] as const);
  });
  const began = process.cpuUsage();
  for (let at = 0; at < checks.length; at += 512) {
    const good = await Promise.all(checks.slice(at, at + 512).map((check) => verifyEd25519(...check)));
    if (good.includes(false)) throw new Error('a signature is bad');
  }
  return spent(began);
}

async function grow(log: LogBuilder, until: number): Promise<void> {
  while (log.size < until)
    await log.release({ version: 1 + Math.floor(log.size / 10), product: `p${log.size % 10}` });
  await log.publish();
}

/** Syncs every quarter of an hour for a day, while entries come in. */
async function day(log: LogBuilder, start: LogState, domain: TrustDomain) {
  const syncs = (24 * 60) / SYNC_MINUTES;
  let state = start;
  let [ms, bytes, requests] = [0, 0, 0];
  for (let index = 1; index <= syncs; index++) {
    log.now += SYNC_MINUTES * MINUTE;
    if (index % (syncs / NEW_ENTRIES) === 0) await log.release({ version: 100_000 + index });
    await log.publish();
    const cost = await sync(log, domain, state, log.now);
    state = cost.state;
    ms += cost.ms;
    bytes += cost.bytes;
    requests += cost.requests;
  }
  return { ms, bytes, requests };
}

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

/** Rows of the sync. */
export default async function bench(): Promise<BenchRow[]> {
  const log = await LogBuilder.create({ at: Date.now() - DAY });
  const domain = log.domain();
  await grow(log, ENTRIES);
  const costs: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) costs.push(await sync(log, domain, null, log.now));
  const [middle] = costs.sort((a, b) => a.ms - b.ms).slice(Math.floor(ROUNDS / 2));
  if (middle === undefined) throw new RangeError('no rounds');
  const bare = await bareSignatures(log);
  const rows: BenchRow[] = [
    {
      what: `first sync of ${ENTRIES.toLocaleString('en')} signed entries from a pin; beside, their signatures alone`,
      ours: `${seconds(middle.ms)}, ${kilobytes(middle.bytes)}, ${middle.requests} requests`,
      beside: seconds(bare),
      ratio: (middle.ms / bare).toFixed(2),
      goal: '< 3 s of work',
    },
  ];
  // Where the last bundle is nearly empty and where it is nearly full: of partial ones only the end is fetched.
  for (const size of [ENTRIES, 10_230]) {
    await grow(log, size);
    const { state } = await sync(log, domain, middle.state, log.now);
    const { ms, bytes, requests } = await day(log, state, domain);
    rows.push({
      what: `a day of syncs from size ${size.toLocaleString('en')}, ${NEW_ENTRIES} new entries`,
      ours: `${kilobytes(bytes)}, ${requests} requests, ${seconds(ms)}`,
      beside: '',
      ratio: '',
      goal: '< 100 kB',
    });
  }
  return rows;
}
