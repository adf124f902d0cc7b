import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { CodedError } from '../protocol/errors.ts';
import { buildLogServers } from './app.ts';
import { logFiles, parseLogConfig, readLogFile } from './config.ts';
import { readKeyFile } from './keys/key-file.ts';
import { BACKLOG } from './patience.ts';
import { openLocalStorage } from './storage/local.ts';
import { parseWitnessPolicy } from './witness-policy.ts';

/** Where `npm run build` puts the explorer page. */
const EXPLORER = fileURLToPath(new URL('../dist/explorer/', import.meta.url));

export interface ServeOptions {
  /** Folder with log.json, log.key, policy-entry.json and witnesses.policy, as `waxseal log init` makes it. */
  folder: string;
  host: string;
  port: number;
  /** Address or network of a proxy in front, whose X-Forwarded-For is believed. */
  proxy?: string | undefined;
  /** Port of the operator's page, on this machine only; none without. */
  operatorPort?: number | undefined;
  onProblem: (problem: CodedError) => void;
}

/** Starts the log in a folder; resolves when it listens. */
export async function serveLog({
  folder,
  host,
  port,
  proxy,
  operatorPort,
  onProblem,
}: ServeOptions): Promise<{ app: FastifyInstance; url: string; operatorUrl: string | null }> {
  const { origin, publicUrl } = parseLogConfig(await readLogFile(folder, logFiles.config));
  const witnesses = parseWitnessPolicy(await readLogFile(folder, logFiles.witnesses));
  const signer = await readKeyFile(join(folder, logFiles.key), 1);
  const { app, operator } = await buildLogServers({
    folder,
    storage: await openLocalStorage(folder),
    origin,
    signer,
    policyEntry: await readLogFile(folder, logFiles.policy),
    witnesses,
    onProblem,
    ...(proxy === undefined ? {} : { proxy }),
    ...(publicUrl === null ? {} : { publicUrl }),
    ...(existsSync(EXPLORER) ? { explorer: EXPLORER } : {}),
  });
  const operatorUrl =
    operatorPort === undefined ? null : await operator.listen({ host: '127.0.0.1', port: operatorPort });
  return { app, url: await app.listen({ host, port, backlog: BACKLOG }), operatorUrl };
}

/** Resolves when the process is asked to end, after the log has ended its batch. */
export function untilStopped(app: FastifyInstance): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => void app.close().then(resolve, reject));
    }
  });
}
