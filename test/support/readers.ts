/** Many readers of one log at the same time, each on a connection of its own, over real HTTP. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { entriesPath, parseEntryBundle, TILE_WIDTH, tilePath } from '../../protocol/log/tiles.ts';

export interface Reading {
  answers: number;
  /** What went wrong, and how often. */
  errors: Map<string, number>;
  /** Milliseconds to an answer. */
  p50: number;
  p99: number;
  /** Answers a second, all readers together. */
  rate: number;
  /** Largest size that each reader saw, and the number of its rounds that went well. */
  readers: { size: number; rounds: number }[];
}

/** One reader: the checkpoint, then the newest hash tile and the newest bundle that it promises. */
class Reader {
  readonly waits: number[] = [];
  readonly errors: string[] = [];
  size = 0;
  rounds = 0;
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = url;
  }

  async run(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      try {
        await this.#round();
        this.rounds += 1;
      } catch (error) {
        this.errors.push(String(error));
      }
    }
    this.#agent.destroy();
  }

  async #round(): Promise<void> {
    const { size } = parseCheckpoint(parseNote(await this.#get('checkpoint')).text);
    if (size < this.size) throw new Error('the log shrank');
    this.size = size;
    const index = Math.floor((size - 1) / TILE_WIDTH);
    const width = size - index * TILE_WIDTH;
    const tile = await this.#get(tilePath(0, index, width));
    if (tile.length !== 32 * width) throw new Error('a tile of another width');
    parseEntryBundle(await this.#get(entriesPath(index, width)), width);
  }

  async #get(path: string): Promise<Uint8Array> {
    const began = performance.now();
    const sent = request(`${this.#url}/${path}`, { agent: this.#agent });
    sent.end();
    const [answer] = await once(sent, 'response');
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part);
    if (answer.statusCode !== 200)
      throw new Error(`${answer.statusCode} for ${path.replaceAll(/[0-9]+/g, 'N')}`);
    this.waits.push(performance.now() - began);
    return Buffer.concat(parts);
  }
}

/** Lets `count` readers read `rounds` times each, all at once. */
export async function readTogether(url: string, count: number, rounds: number): Promise<Reading> {
  const readers = Array.from({ length: count }, () => new Reader(url));
  const began = performance.now();
  await Promise.all(readers.map((reader) => reader.run(rounds)));
  const took = performance.now() - began;
  const waits = readers.flatMap((reader) => reader.waits).sort((a, b) => a - b);
  const at = (share: number) => waits[Math.floor(share * (waits.length - 1))] ?? Number.NaN;
  const errors = new Map<string, number>();
  for (const error of readers.flatMap((reader) => reader.errors))
    errors.set(error, (errors.get(error) ?? 0) + 1);
  return {
    answers: waits.length,
    errors,
    p50: at(0.5),
    p99: at(0.99),
    rate: (1000 * waits.length) / took,
    readers: readers.map(({ size, rounds: done }) => ({ size, rounds: done })),
  };
}
