/** `waxseal enclave …`: run the enclave server, and print what a release of it has to name. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseEnclaveConfig } from '../../enclave-server/config.ts';
import { measureInstalled } from '../../enclave-server/measure.ts';
import { type Command, exitCodes } from '../command.ts';
import { enclaveCommandError } from './enclave-errors.ts';
import { stapleCommand } from './enclave-staple.ts';

/** The built server: with the simulator for development, without it otherwise. */
function bundle(simulate: boolean): string {
  const kind = simulate ? 'development' : 'production';
  const folder = fileURLToPath(new URL(`../../dist/enclave/${kind}`, import.meta.url));
  if (!existsSync(join(folder, 'main.js'))) throw enclaveCommandError('WAX_ENCLAVECOMMAND_BUNDLE');
  return folder;
}

function requireConfig(path: string | undefined): string {
  if (path === undefined) throw enclaveCommandError('WAX_ENCLAVECOMMAND_OPTION', '--config');
  return path;
}

function requireNumber(text: string, name: string, most: number): string {
  if (!/^[0-9]{1,16}$/.test(text) || Number(text) > most) {
    throw enclaveCommandError('WAX_ENCLAVECOMMAND_OPTION', name);
  }
  return text;
}

/** Runs the server in a process of its own with an empty environment, until it ends. */
function run(script: string, args: readonly string[]): Promise<number> {
  const flags = ['--disable-warning=ExperimentalWarning'];
  const server = spawn(process.execPath, [...flags, script, ...args], {
    env: {},
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const pass = (signal: NodeJS.Signals) => server.kill(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    server.once('error', reject).once('exit', (code) => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      resolve(code === 0 ? exitCodes.ok : exitCodes.usage);
    });
  });
}

const serve: Command = {
  name: 'enclave serve',
  summary: 'run the enclave server',
  help: `Usage: waxseal enclave serve --config FILE [OPTIONS]

Runs the built server with an empty environment. It prints one JSON object when it listens, and after that only
events from a fixed list: never a prompt, a key, or an error text of the engine.

Options:
  --config FILE        the measured configuration
  --models DIR         folder of the model files (the folder of the configuration)
  --host HOST          address to listen on (127.0.0.1)
  --port PORT          port to listen on, 0 for any (4443)
  --admin ADDRESS      a Unix socket's path, or 127.0.0.1:PORT, for counters and staples (none)
  --tokens FILE        let only bearers of these tokens open sessions: one hex SHA-256 of a token a line
  --instance HEX       name of this process in addresses, for a proxy in front of several: 8 hex digits (random)
  --log-size-hint N    size of the log at which the release of this server is in it (0)
  --simulate           make evidence with the simulator: for development, not private

Example:
  waxseal enclave serve --config enclave.json --simulate

Exit codes: 0 stopped by a signal, 30 the server did not start; it says why.`,
  async run(args) {
    const { values } = parseArgs({
      args,
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
    const config = requireConfig(values.config);
    const script = join(bundle(values.simulate), 'main.js');
    return run(script, [
      ...['--config', config, '--models', values.models ?? dirname(config), '--host', values.host],
      ...['--port', requireNumber(values.port, '--port', 65_535)],
      ...[
        '--log-size-hint',
        requireNumber(values['log-size-hint'], '--log-size-hint', Number.MAX_SAFE_INTEGER),
      ],
      ...(values.admin === undefined ? [] : ['--admin', values.admin]),
      ...(values.tokens === undefined ? [] : ['--tokens', values.tokens]),
      ...(values.instance === undefined ? [] : ['--instance', values.instance]),
      ...(values.simulate ? ['--simulate'] : []),
    ]);
  },
};

const measure: Command = {
  name: 'enclave measure',
  summary: 'print the measurement of the simulated enclave, for a release',
  help: `Usage: waxseal enclave measure --config FILE [--models DIR] [--json]

Measures the built server with the simulator: its code, the packages that it loads, this Node.js, the
configuration and the models. One changed byte in any of them is another measurement. Real hardware measures
the guest image instead.

Options:
  --config FILE   the measured configuration
  --models DIR    folder of the model files (the folder of the configuration)
  --json          print the fields of a release statement: measurements, configSha256, models, services, wire

Exit codes: 0 printed, 30 a file is missing or malformed.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { config: { type: 'string' }, models: { type: 'string' }, json: { type: 'boolean' } },
    });
    const configPath = requireConfig(values.config);
    const bytes = await readFile(configPath).catch((cause) => {
      throw enclaveCommandError('WAX_ENCLAVECOMMAND_OPTION', '--config cannot be read', { cause });
    });
    const { launchDigest, ...fields } = await measureInstalled({
      code: bundle(true),
      configPath,
      config: parseEnclaveConfig(bytes),
      models: values.models ?? dirname(configPath),
    });
    const measurements = { 'sev-snp-simulated': [{ shape: 'simulated', launchDigest }] };
    console.log(values.json ? JSON.stringify({ measurements, ...fields }) : launchDigest);
    return exitCodes.ok;
  },
};

export const enclaveCommands: readonly Command[] = [serve, measure, stapleCommand];
