/** A log of half a year behind its explorer, with what real ones hold: programs, machines, changes of rules. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { buildExplorer } from '../../scripts/build-explorer.ts';
import { DAY, HOUR, releaseFields, testDigest } from './log-builder.ts';
import { LogWorld, submit, thisSecond } from './log-server.ts';

const names = {
  publishers: ['Fernhill', 'Northlight Audits', 'Open Enclave Review'],
  witnesses: ['harbour-light.example', 'tartu-library.example', 'rowan.example', 'kestrel.example'],
};
const DAYS = 160;

export class ExplorerWorld {
  readonly url: string;
  /** Index of the newest release. */
  readonly newest: number;
  readonly #world: LogWorld;
  readonly #folder: string;

  private constructor(url: string, newest: number, world: LogWorld, folder: string) {
    this.url = url;
    this.newest = newest;
    this.#world = world;
    this.#folder = folder;
  }

  static async start(): Promise<ExplorerWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'waxseal-explorer-'));
    await buildExplorer(folder);
    const now = thisSecond();
    const world = await LogWorld.create({ at: now - DAYS * DAY, witnesses: 4, quorum: 3, names });
    const { builder } = world;
    // Half a year passes for the log, which refuses what is not dated by its own clock.
    const app = await world.start({ explorer: folder, now: () => builder.now });
    const newest = await fill(app, world, now);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return new ExplorerWorld(url, newest, world, folder);
  }

  async close(): Promise<void> {
    await this.#world.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Returns the index of the newest release. */
async function fill(app: FastifyInstance, world: LogWorld, now: number): Promise<number> {
  const { builder } = world;
  /** Log and witnesses have the same clock. */
  const travelTo = (at: number) => {
    builder.now = at;
    for (const index of world.endpoints.keys()) world.ahead[index] = at - Date.now();
  };
  const add = async (entry: Promise<Uint8Array>): Promise<number> => {
    const answer = await submit(app, await entry);
    if (answer.statusCode !== 201) throw new Error(answer.body);
    return answer.json().index;
  };
  const source = {
    repository: 'https://code.example/fernhill/enclave',
    commit: testDigest('7d03').slice(0, 40),
  };
  const release = (product: string, version: number, start: string, by: number[]) => {
    const launchDigest = start + testDigest(`${product} ${version}`, 48).slice(8);
    const fields = {
      product,
      version,
      source,
      expires: builder.now + 88 * DAY,
      measurements: { 'sev-snp': [{ shape: '8 vCPU', registers: { launchDigest } }] },
      models: [{ id: product === 'drafts' ? 'Maple 3B' : 'Maple 8B', sha256: testDigest('maple') }],
      services: [`https://${product}.fernhill.example`],
    };
    return add(builder.entry('release', releaseFields(builder.now, fields), { by }));
  };
  let [version, newest] = [24, 0];
  for (let day = 0; day < DAYS - 14; day += 4) {
    travelTo(now - (DAYS - day) * DAY + HOUR);
    const machineSha256 = testDigest(`machine ${day}`);
    await add(builder.entry('machine', { platform: 'sev-snp', machineSha256, operator: 'Fernhill' }));
    if (day % 12 === 0) newest = await release('chat', ++version, testDigest(`${day}`).slice(0, 8), [0, 1]);
  }
  travelTo(now - 12 * DAY);
  const bad = await release('chat', ++version, '51b0d9c4', [0, 1, 2]);
  travelTo(now - 9 * DAY);
  await release('drafts', 12, 'e8837f10', [0, 2]);
  const { statementSha256 } = (await app.inject(`/api/v1/entries/${bad}`)).json();
  const reason = 'Answers could be kept in swap';
  await add(builder.entry('status', { action: 'revoke', index: bad, statementSha256, reason }, { by: [2] }));
  travelTo(now - 4 * DAY);
  newest = await release('chat', ++version, '9c41e07a', [0, 1]);
  travelTo(now - 3 * DAY);
  const extension = {
    browser: 'chrome',
    version: '1.5.0',
    manifestSha256: testDigest('files'),
    source,
  } as const;
  await add(builder.entry('extension-release', extension, { by: [0, 1] }));
  travelTo(now);
  const machineSha256 = testDigest('machine');
  await add(builder.entry('machine', { platform: 'tdx', machineSha256, operator: 'Fernhill' }));
  return newest;
}
