/**
 * The enclave server as it is measured: one bundle (scripts/build-enclave.ts), one configuration file, and the
 * models that it names. Everything else that could change what it does is refused.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseHex } from '../protocol/bytes.ts';
import { CodedError } from '../protocol/errors.ts';
import { parseAccessTokens } from './access.ts';
import { buildEnclave } from './app.ts';
import type { Attester } from './attester/attester.ts';
import { type EnclaveConfig, parseEnclaveConfig } from './config.ts';
import { startLlamaEngine } from './engine/llama-engine.ts';
import { checkEnvironment } from './environment.ts';
import { enclaveError } from './errors.ts';
import { EventList } from './events.ts';

/** Set by the build: whether this bundle has the simulator. */
declare const __WAXSEAL_SIMULATOR__: boolean;

interface Settings {
  config: EnclaveConfig;
  configPath: string;
  /** Folder of the model files. */
  models: string;
}

/** Loads the simulator only where the build has it; elsewhere not a byte of it is in the bundle. */
async function openAttester({ config, configPath, models }: Settings, simulate: boolean): Promise<Attester> {
  if (__WAXSEAL_SIMULATOR__ && simulate) {
    const { createSimulator } = await import('./attester/simulator/simulator.ts');
    const { measureInstalled } = await import('./measure.ts');
    const { launchDigest } = await measureInstalled({
      code: import.meta.dirname,
      configPath,
      config,
      models,
    });
    return createSimulator({ measurement: parseHex(launchDigest) });
  }
  throw enclaveError('WAX_ENCLAVE_NO_ATTESTER');
}

async function start(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      models: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '4443' },
      tokens: { type: 'string' },
      'log-size-hint': { type: 'string', default: '0' },
      simulate: { type: 'boolean', default: false },
    },
  });
  checkEnvironment(process.env, process.execArgv);
  const configPath = values.config ?? 'enclave.json';
  const config = parseEnclaveConfig(await readFile(configPath));
  const models = values.models ?? join(configPath, '..');
  const events = new EventList((line) => console.log(line));
  const { sequences, threads, recycleAfterSessions, recycleIdleS } = config.engine;
  const starting = startLlamaEngine({
    script: join(import.meta.dirname, 'engine-child.js'),
    models: config.models.map((model) => ({ ...model, path: join(models, model.file) })),
    sequences,
    threads,
    recycleAfterSessions,
    recycleIdleMs: 1000 * recycleIdleS,
    onCrash: () => events.notice('engine-crashed'),
  });
  const [attester, engine] = await Promise.all([
    openAttester({ config, configPath, models }, values.simulate),
    starting,
  ]);
  const logSizeHint = Number(values['log-size-hint']);
  const accessTokens =
    values.tokens === undefined ? null : parseAccessTokens(await readFile(values.tokens, 'utf8'));
  const app = await buildEnclave({
    config,
    attester,
    engine,
    events,
    accessTokens,
    logSizeHint: () => logSizeHint,
  });
  const url = await app.listen({ host: values.host, port: Number(values.port) });
  console.log(JSON.stringify({ event: 'listening', url }));
  const stop = () => {
    void app.close().then(() => engine.stop());
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

start().catch((error: unknown) => {
  // Messages of other errors may quote what they failed on; only our own sentences are safe to print.
  console.error(error instanceof CodedError ? error.message : 'The enclave server could not start.');
  process.exit(1);
});
