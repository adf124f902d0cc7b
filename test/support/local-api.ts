/** A service of a sealed world with the local endpoint in front of it, and an engine that does as it is told. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readClient } from '../../bin/client.ts';
import { type LocalApi, type LocalApiOptions, startLocalApi } from '../../bin/serve/local-api.ts';
import type { ChatJob, Engine } from '../../enclave-server/engine/engine.ts';
import { engineError } from '../../enclave-server/engine/errors.ts';
import { unitVector } from '../../enclave-server/engine/vectors.ts';
import { ChatSession } from '../../extension/session/chat-session.ts';
import { scriptedEngine } from './enclave.ts';
import { type SealedWorld, startSealedWorld } from './sealed-world.ts';

export const words = ['Sealed ', 'words ', 'for ', 'a ', 'program.'];

export interface ServedWorld {
  readonly world: SealedWorld;
  readonly api: LocalApi;
  /** Every job that the engine has had. */
  readonly jobs: ChatJob[];
  /** Jobs that were stopped by their signal. */
  aborted(): number;
  /** The file that holds the trust domain. */
  readonly domainFile: string;
  close(): Promise<void>;
}

const usage = { promptTokens: 5, completionTokens: words.length } as const;

/** By the last thing said: `forever`, `busy`, `too long`, `fail`, `once and fail`, or an answer. */
function obedient(jobs: ChatJob[], onAbort: () => void): Engine['generate'] {
  return async (job, onText, signal) => {
    jobs.push(job);
    const said = job.messages.at(-1)?.content ?? '';
    if (said === 'busy') throw engineError('WAX_ENGINE_BUSY');
    if (said === 'too long') throw engineError('WAX_ENGINE_TOO_LONG');
    if (said.endsWith('fail')) {
      if (said !== 'fail') onText('Once');
      throw engineError('WAX_ENGINE_FAILED', 'never-to-be-seen');
    }
    if (said === 'forever') {
      while (!signal.aborted) {
        onText('more ');
        await new Promise((done) => setTimeout(done, 10));
      }
      onAbort();
      return { finish: 'aborted', ...usage };
    }
    if (job.toolChoice === 'required') {
      return { finish: 'stop', ...usage, toolCalls: [{ name: 'weather', arguments: '{"city":"Oslo"}' }] };
    }
    for (const word of job.format ? ['{"sure":', 'true}'] : words) {
      onText(word);
      // Slower than the beat, so that a stream has more than one chunk.
      await new Promise((done) => setTimeout(done, 25));
    }
    return { finish: job.maxTokens < words.length ? 'length' : 'stop', ...usage };
  };
}

export async function startServedWorld({
  embeds = true,
  ...options
}: Partial<LocalApiOptions> & { embeds?: boolean } = {}): Promise<ServedWorld> {
  const jobs: ChatJob[] = [];
  let aborted = 0;
  const engine: Engine = {
    ...scriptedEngine(obedient(jobs, () => aborted++)),
    embed: async ({ inputs }) => {
      return { vectors: inputs.map((text) => unitVector([1, text.length])), promptTokens: 4 };
    },
  };
  const world = await startSealedWorld(engine, { tickMs: 20 }, embeds ? 64 : null);
  const folder = mkdtempSync(join(tmpdir(), 'waxseal-serve-'));
  const domainFile = join(folder, 'domain.json');
  writeFileSync(domainFile, world.domain);
  const client = await readClient(world.service, { domain: domainFile, 'allow-simulator': true });
  const api = await startLocalApi({
    open: () => new ChatSession(client),
    service: world.service,
    port: 0,
    keys: null,
    ...options,
  });
  return {
    world,
    api,
    jobs,
    domainFile,
    aborted: () => aborted,
    async close() {
      await api.close();
      await world.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
