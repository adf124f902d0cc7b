/**
 * Figures of the transparency log: durable, witnessed submissions over HTTP with three witnesses in processes of
 * their own, and the cost of trees, beside merkletreejs where it does the same.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MerkleTree } from 'merkletreejs';
import { utf8 } from '../../protocol/bytes.ts';
import { hashLeaf, hashNode, inclusionProof } from '../../protocol/log/tree.ts';
import { HashTree } from '../../transparency-log/hash-tree.ts';
import type { LogProcessOptions } from '../support/log-process.ts';
import { LogWorld } from '../support/log-server.ts';

interface Row {
  what: string;
  ours: string;
  beside?: string;
  ratio?: string;
  goal?: string;
}

const SERVER = fileURLToPath(new URL('../support/log-process.ts', import.meta.url));
const PUBLISH_INTERVAL_MS = 1000;

interface Load {
  /** Submissions under way at any time. */
  batch: number;
  total: number;
}

async function startServer(world: LogWorld): Promise<{ child: ChildProcess; url: string }> {
  const policy = join(world.folder, 'policy');
  await writeFile(policy, world.policyEntry);
  const options: LogProcessOptions = {
    folder: join(world.folder, 'data'),
    origin: world.builder.origin,
    policy,
    witnesses: world.endpoints.map(({ url, key }) => ({ url, key: key.text })),
    quorum: world.builder.quorum,
    publishIntervalMs: PUBLISH_INTERVAL_MS,
    killAt: null,
  };
  const child = spawn(process.execPath, [SERVER, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, url: String(line).trim() };
}

/** Milliseconds from submission to a witnessed checkpoint, of each entry; a refusal ends the run. */
async function submitAll(url: string, entries: readonly Uint8Array[], batch: number): Promise<number[]> {
  const waits: number[] = [];
  let next = 0;
  const writer = async () => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
      const began = performance.now();
      const response = await fetch(`${url}/api/v1/entries`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(entry),
      });
      const text = await response.text();
      if (response.status !== 201) throw new Error(`${response.status}: ${text}`);
      waits.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: batch }, writer));
  return waits.sort((a, b) => a - b);
}

const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

async function submissions({ batch, total }: Load): Promise<Row> {
  const world = await LogWorld.create();
  const entries: Uint8Array[] = [];
  for (let version = 1; version <= total; version++) entries.push(await world.release(version));
  const { child, url } = await startServer(world);
  try {
    const began = performance.now();
    const waits = await submitAll(url, entries, batch);
    const rate = (1000 * total) / (performance.now() - began);
    const [p50, p99] = [percentile(waits, 0.5), percentile(waits, 0.99)].map((ms) => `${Math.round(ms)} ms`);
    return {
      what: `durable witnessed submissions, ${batch} at a time (${total})`,
      ours: `${rate.toFixed(rate < 10 ? 1 : 0)}/s, P50 ${p50}, P99 ${p99}`,
      ...(batch === 1024 ? { goal: '≥ 1000/s, P99 < 1500 ms' } : {}),
    };
  } finally {
    child.kill();
    await once(child, 'exit');
    await world.close();
  }
}

const micro = (ms: number) => `${(1000 * ms).toFixed(1)} µs`;

/** Mean milliseconds of one call. */
function timed(times: number, call: (round: number) => unknown): number {
  const began = performance.now();
  for (let round = 0; round < times; round++) call(round);
  return (performance.now() - began) / times;
}

function trees(size: number): Row[] {
  const leaves = Array.from({ length: size }, (_, index) => hashLeaf(utf8(`entry ${index}`)));
  const ours = new HashTree();
  const append = timed(size, (index) => ours.append(leaves[index] ?? new Uint8Array()));
  const buffers = leaves.map((leaf) => Buffer.from(leaf));
  const node = (pair: Buffer) => Buffer.from(hashNode(pair.subarray(0, 32), pair.subarray(32)));
  let theirs = new MerkleTree([], node);
  const build = timed(1, () => {
    theirs = new MerkleTree(buffers, node);
  });
  const rounds = Math.min(1000, size);
  const at = (round: number) => (round * 7919) % size;
  const proof = timed(rounds, (round) => inclusionProof(at(round), size, ours.hashAt));
  const proofBeside = timed(rounds, (round) =>
    theirs.getProof(buffers[at(round)] ?? Buffer.alloc(0), at(round)),
  );
  const named = size.toLocaleString('en');
  return [
    {
      what: `append, mean over ${named} entries`,
      ours: micro(append),
      beside: `${micro(build / size)} (merkletreejs, whole tree at once)`,
      ratio: (build / size / append).toFixed(2),
    },
    {
      what: `inclusion proof at ${named} entries`,
      ours: micro(proof),
      beside: `${micro(proofBeside)} (merkletreejs)`,
      ratio: (proofBeside / proof).toFixed(2),
    },
  ];
}

/** Rows of the log; each ratio is how many times as long the other one takes. */
export default async function bench(): Promise<Row[]> {
  const rows: Row[] = [];
  const loads: Load[] = [
    { batch: 1, total: 3 },
    { batch: 64, total: 192 },
    { batch: 1024, total: 2048 },
  ];
  for (const load of loads) rows.push(await submissions(load));
  for (const size of [1_000, 10_000, 100_000]) rows.push(...trees(size));
  return rows;
}
