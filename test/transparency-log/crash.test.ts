import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { parseCheckpoint, verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { entriesPath, parseEntryBundle, TILE_WIDTH } from '../../protocol/log/tiles.ts';
import { Frontier, hashLeaf } from '../../protocol/log/tree.ts';
import { parseAddCheckpoint } from '../../protocol/log/witness.ts';
import type { Step } from '../../transparency-log/steps.ts';
import type { LogProcessOptions } from '../support/log-process.ts';
import { LogWorld } from '../support/log-server.ts';
import { merkleOracle } from '../support/merkle-oracle.ts';

const SLOW = process.env.SLOW === '1';
const RANDOM_KILLS = SLOW ? 300 : 11;
const SCRIPT = fileURLToPath(new URL('../support/log-process.ts', import.meta.url));
const STEPS: Step[] = [
  'sequenced',
  'temporary-written',
  'renamed',
  'folder-synced',
  'tiles-written',
  'checkpoint-signed',
  'checkpoint-kept',
  'cosigned',
  'checkpoint-published',
];

interface Receipt {
  index: number;
  statementSha256: string;
}

/** The log's process, as somebody outside sees it. */
class Victim {
  readonly #child: ChildProcess;
  /** Resolves when the process is gone. */
  readonly ended: Promise<unknown>;
  errors = '';

  constructor(options: LogProcessOptions) {
    this.#child = spawn(process.execPath, [SCRIPT, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = once(this.#child, 'exit');
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
  }

  /** Its address, or null if it ended before it listened. */
  async url(): Promise<string | null> {
    const line = once(this.#child.stdout as NodeJS.ReadableStream, 'data').then(([data]) =>
      String(data).trim(),
    );
    return Promise.race([line, this.ended.then(() => null)]);
  }

  get wasKilled(): boolean {
    return this.#child.signalCode === 'SIGKILL';
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Everything that anybody outside has been shown, and whether it ever contradicted itself. */
class Observer {
  readonly acknowledged = new Map<string, number>();
  readonly entries = new Map<string, Uint8Array>();
  readonly roots = new Map<number, string>();
  readonly contradictions: string[] = [];

  sawCheckpoint(note: string): void {
    const { size, root } = parseCheckpoint(parseNote(note).text);
    const known = this.roots.get(size);
    if (known !== undefined && known !== toHex(root)) this.contradictions.push(`two roots for size ${size}`);
    this.roots.set(size, toHex(root));
  }

  wasAcknowledged(statement: string, index: number, entry: Uint8Array): void {
    const known = this.acknowledged.get(statement);
    if (known !== undefined && known !== index) this.contradictions.push(`${statement} moved`);
    this.acknowledged.set(statement, index);
    this.entries.set(statement, entry);
  }
}

describe('a log that is killed', () => {
  let world: LogWorld;
  let observer: Observer;
  let nextVersion: number;
  let unacknowledged: Uint8Array[];
  let victims: Victim[];

  beforeEach(async () => {
    observer = new Observer();
    nextVersion = 1;
    unacknowledged = [];
    victims = [];
    world = await LogWorld.create({
      prepareWitness: (app) => {
        app.addHook('preHandler', async (request) => {
          if (request.body instanceof Uint8Array) {
            observer.sawCheckpoint(parseAddCheckpoint(request.body).checkpoint);
          }
        });
        app.addHook('onResponse', async (_, reply) => {
          if (reply.statusCode === 422) observer.contradictions.push('a witness saw an inconsistent tree');
        });
      },
    });
    await writeFile(join(world.folder, 'policy'), world.policyEntry);
  });
  afterEach(async () => {
    for (const victim of victims) victim.kill();
    await world.close();
  });

  const start = (killAt: LogProcessOptions['killAt'] = null) => {
    const victim = new Victim({
      folder: join(world.folder, 'data'),
      origin: world.builder.origin,
      policy: join(world.folder, 'policy'),
      witnesses: world.endpoints.map(({ url, key }) => ({ url, key: key.text })),
      quorum: world.builder.quorum,
      killAt,
    });
    victims.push(victim);
    return victim;
  };

  /** Submits new statements, several at a time, until the victim is gone. */
  async function writeUntilEnd(victim: Victim, url: string): Promise<void> {
    const writer = async () => {
      while (victim.isRunning) {
        // What was not acknowledged is sent again to the next process, which may have it already.
        const entry = unacknowledged.pop() ?? (await world.release(nextVersion++));
        try {
          const response = await fetch(`${url}/api/v1/entries`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: Buffer.from(entry),
          });
          const { index, statementSha256 } = (await response.json()) as Receipt;
          observer.wasAcknowledged(statementSha256, index, entry);
        } catch {
          unacknowledged.push(entry);
        }
      }
    };
    await Promise.all([writer(), writer(), writer()]);
  }

  /**
   * Runs until it dies, with writers at work. Kills it so long after its start, after it listens, or after it
   * has acknowledged something.
   */
  async function live(
    killAt: LogProcessOptions['killAt'],
    killAfter: { start?: number; listening?: number; acknowledged?: number } = {},
  ): Promise<Victim> {
    const victim = start(killAt);
    if (killAfter.start !== undefined) void setTimeout(killAfter.start).then(() => victim.kill());
    const url = await victim.url();
    if (killAfter.listening !== undefined) void setTimeout(killAfter.listening).then(() => victim.kill());
    const { acknowledged } = killAfter;
    if (acknowledged !== undefined) {
      const before = observer.acknowledged.size;
      const more = () => observer.acknowledged.size > before || !victim.isRunning;
      void vi
        .waitUntil(more, { timeout: 60_000 })
        .then(() => setTimeout(acknowledged))
        .finally(() => victim.kill());
    }
    if (url !== null) await writeUntilEnd(victim, url);
    await victim.ended;
    return victim;
  }

  /** Reads the whole log from outside, and holds it against all that was ever seen of it. */
  async function audit(): Promise<void> {
    const victim = start();
    const url = await victim.url();
    expect(url, victim.errors).not.toBeNull();
    const note = await (await fetch(`${url}/checkpoint`)).text();
    observer.sawCheckpoint(note);
    const { size, root } = await verifyCheckpoint(note, world.builder.signer.verifierKey);
    const entries: Uint8Array[] = [];
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
      const bundle = await (await fetch(`${url}/${entriesPath(index, width)}`)).bytes();
      entries.push(...parseEntryBundle(bundle, width));
    }
    victim.kill();
    await victim.ended;

    expect(toHex(merkleOracle(entries).root())).toBe(toHex(root));
    for (const seen of observer.roots.keys()) expect(seen).toBeLessThanOrEqual(size);
    // The other implementation builds a whole tree for each root, so it is asked about the last one only; the
    // frontier, which comes to the same one, passes all those before on its way.
    const frontier = Frontier.empty();
    for (const entry of entries) {
      frontier.append(hashLeaf(entry));
      const seenRoot = observer.roots.get(frontier.size);
      if (seenRoot !== undefined) expect(toHex(frontier.root())).toBe(seenRoot);
    }
    expect(toHex(frontier.root())).toBe(toHex(root));
    for (const [statement, index] of observer.acknowledged) {
      const held = entries[index];
      expect(held && toHex(held)).toBe(toHex(observer.entries.get(statement) ?? new Uint8Array()));
    }
    expect(observer.contradictions).toEqual([]);
  }

  it('loses nothing it acknowledged and never signs a second root, whichever step it dies after', {
    timeout: 300_000,
  }, async () => {
    for (const step of STEPS) {
      for (const nth of SLOW ? [1, 2, 3, 4] : [2]) {
        const victim = await live({ step, nth });
        expect(victim.wasKilled, `${step}: ${victim.errors}`).toBe(true);
      }
    }
    await audit();
    expect(observer.acknowledged.size).toBeGreaterThan(0);
  });

  it('loses nothing it acknowledged and never signs a second root, whenever it dies', {
    timeout: SLOW ? 1_800_000 : 300_000,
  }, async () => {
    // A fixed sequence, so that a failure can be seen again.
    let seed = 20261122;
    for (let kill = 0; kill < RANDOM_KILLS; kill++) {
      seed = (seed * 48271) % 2147483647;
      // In turn while it starts and recovers, before or during its first work, and in the midst of it.
      const moments = [
        { start: 200 + (seed % 2000) },
        { listening: seed % 400 },
        { acknowledged: seed % 400 },
      ];
      const victim = await live(null, moments[kill % 3]);
      expect(victim.errors).toBe('');
    }
    await audit();
    expect(observer.acknowledged.size).toBeGreaterThan(0);
    if (SLOW) {
      const [seen, kept] = [observer.roots.size, observer.acknowledged.size];
      process.stderr.write(`${RANDOM_KILLS} kills, ${kept} entries acknowledged, ${seen} roots seen\n`);
    }
  });

  it('refuses to start on a folder restored from a backup', { timeout: 60_000 }, async () => {
    await writeSome(start(), 3);
    const [data, backup] = [join(world.folder, 'data'), join(world.folder, 'backup')];
    await cp(data, backup, { recursive: true });
    await writeSome(start(), 3);
    await rm(data, { recursive: true });
    await rename(backup, data);
    const third = start();
    expect(await third.url()).toBeNull();
    expect(third.errors).toContain('WAX_LOGSERVER_BEHIND');
  });

  /** Submits some statements and stops the process. */
  async function writeSome(victim: Victim, count: number): Promise<void> {
    const url = await victim.url();
    for (let i = 0; i < count; i++) {
      const body = Buffer.from(await world.release(nextVersion++));
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/api/v1/entries`, { method: 'POST', headers, body });
      expect(response.status).toBe(201);
    }
    victim.kill();
    await victim.ended;
  }
});
