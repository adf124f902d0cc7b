import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoConfig, demoModels } from '../../enclave-server/demo-config.ts';
import { service } from './enclave.ts';

export interface EnclaveProcess {
  child: ChildProcess;
  /** Folder that the server runs in, with nothing but its configuration. */
  folder: string;
  url: string;
  /** Everything that it has printed. */
  output: () => string;
  /** Asks it to end; resolves to its exit code. */
  stop: () => Promise<number | null>;
}

export interface EnclaveProcessOptions {
  env?: { [name: string]: string };
  /** Switches of Node.js. */
  flags?: string[];
  /** Further arguments of the server. */
  more?: string[];
  /** What the configuration file holds. */
  config?: object;
  /** A command that runs the server: its words are put in front. */
  within?: readonly string[];
}

/** Starts a built server in an empty folder; `url` is empty when it ended instead of listening. */
export async function startEnclaveProcess(
  bundle: string,
  {
    env = {},
    flags = ['--disable-warning=ExperimentalWarning'],
    more = [],
    config = demoConfig(service),
    within = [],
  }: EnclaveProcessOptions = {},
): Promise<EnclaveProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'waxseal-enclave-'));
  writeFileSync(join(folder, 'enclave.json'), JSON.stringify(config));
  const args = ['--config', 'enclave.json', '--models', demoModels, '--port', '0', '--simulate', ...more];
  const [program = '', ...rest] = [...within, process.execPath, ...flags, join(bundle, 'main.js'), ...args];
  const child = spawn(program, rest, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const found = /"url":"([^"]+)"/.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
    }
    void ended.then(() => resolve(''));
  });
  return {
    child,
    folder,
    url,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}
