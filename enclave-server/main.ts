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
import { createAdmin, listenAdmin } from './admin.ts';
import { buildEnclave } from './app.ts';
import type { Attester } from './attester/attester.ts';
import { type HardwareAttester, openHardware } from './attester/hardware.ts';
import { type EnclaveConfig, parseEnclaveConfig } from './config.ts';
import { startEngine } from './engine/start-engine.ts';
import { checkCoreLimit, checkEnvironment } from './environment.ts';
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

/** The attester, and the same again where it is a real machine's. */
interface Attesters {
  attester: Attester;
  hardware: HardwareAttester | null;
}

const refuse = (error: unknown): never => {
  // Messages of other errors may quote what they failed on; only our own sentences are safe to print.
  console.error(error instanceof CodedError ? error.message : 'The enclave server could not start.');
  process.exit(1);
};

/** Loads the simulator only where the build has it; elsewhere not a byte of it is in the bundle. */
async function openAttester({ config, configPath, models }: Settings, simulate: boolean): Promise<Attesters> {
  if (__WAXSEAL_SIMULATOR__ && simulate) {
    const { createSimulator } = await import('./attester/simulator/simulator.ts');
    const { measureInstalled } = await import('./measure.ts');
    const { launchDigest } = await measureInstalled({
      code: import.meta.dirname,
      configPath,
      config,
      models,
    });
    return { attester: createSimulator({ measurement: parseHex(launchDigest) }), hardware: null };
  }
  if (simulate) throw enclaveError('WAX_ENCLAVE_NO_ATTESTER', 'this build has no simulator');
  const scripts = {
    tsm: join(import.meta.dirname, 'report-child.js'),
    nsm: join(import.meta.dirname, 'nsm-helper'),
  };
  // A machine without reports serves nobody: it ends, and whoever watches it starts it anew.
  const hardware = await openHardware(scripts, refuse);
  return { attester: hardware, hardware };
}

/** A whole number among the options; `NaN`, a sign or a fraction must not get as far as the wire. */
function readNumber(text: string, option: string, most: number): number {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || Number(text) > most) {
    throw enclaveError('WAX_ENCLAVE_OPTION', option);
  }
  return Number(text);
}

/** The name by which a proxy finds this process: 8 lower-case hex digits. */
function readInstance(text: string): Uint8Array {
  if (!/^[0-9a-f]{8}$/.test(text)) throw enclaveError('WAX_ENCLAVE_OPTION', '--instance');
  return parseHex(text);
}

/** The options as given; what is wrong with them may not be quoted, since an argument can hold anything. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        config: { type: 'string' },
        models: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '4443' },
        admin: { type: 'string' },
        tokens: { type: 'string' },
        instance: { type: 'string' },
        'log-size-hint': { type: 'string', default: '0' },
        simulate: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (cause) {
    throw enclaveError('WAX_ENCLAVE_OPTION', '', { cause });
  }
}

/**
 * What Node.js would print by itself may quote anything: texts of errors, of warnings, the address of a debugger
 * that a signal starts. None of it is printed; a surprise ends the server.
 */
function keepQuiet(events: EventList): void {
  const fail = () => {
    events.notice('failed');
    process.exit(1);
  };
  process.on('uncaughtException', fail).on('unhandledRejection', fail);
  process.removeAllListeners('warning');
  process.on('SIGUSR1', () => {});
  // Whoever read the output is gone; the service is not.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

async function start(): Promise<void> {
  const events = new EventList((line) => console.log(line));
  keepQuiet(events);
  const values = readOptions();
  const instance = values.instance === undefined ? undefined : readInstance(values.instance);
  const port = readNumber(values.port, '--port', 65_535);
  const logSizeHint = readNumber(values['log-size-hint'], '--log-size-hint', Number.MAX_SAFE_INTEGER);
  checkEnvironment(process.env, process.execArgv);
  // The simulator is for development, where a core file may be wanted.
  if (!values.simulate) checkCoreLimit(await readFile('/proc/self/limits', 'utf8').catch(() => ''));
  const configPath = values.config ?? 'enclave.json';
  const config = parseEnclaveConfig(await readFile(configPath));
  const models = values.models ?? join(configPath, '..');
  const starting = startEngine(config, {
    models,
    code: import.meta.dirname,
    onCrash: (how) => events.notice(`engine-${how}`),
  });
  const [{ attester, hardware }, engine] = await Promise.all([
    openAttester({ config, configPath, models }, values.simulate),
    starting,
  ]);
  const accessTokens =
    values.tokens === undefined ? null : parseAccessTokens(await readFile(values.tokens, 'utf8'));
  const app = await buildEnclave({
    config,
    attester,
    engine,
    events,
    accessTokens,
    logSizeHint: () => logSizeHint,
    drainMs: config.limits.drainMs,
    ...(instance && { instance }),
  });
  const admin = createAdmin({ events, hardware });
  if (values.admin !== undefined) await listenAdmin(admin, values.admin);
  // Node lets the kernel hold 511 that nobody took yet. Whoever opens one more tries again a second later.
  const url = await app.listen({ host: values.host, port, backlog: config.limits.connections });
  events.listening(url);
  let stopping = false;
  const stop = async () => {
    // A terminal sends it to every process of a group, and whoever started this one passes it on.
    if (stopping) return;
    stopping = true;
    await app.close();
    admin.close();
    admin.closeAllConnections();
    await Promise.all([engine.stop(), hardware?.close()]);
    events.notice('stopped');
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

start().catch(refuse);
