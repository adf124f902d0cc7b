/** The built enclave server as its own process, with the simulator. */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { parseEnclaveConfig } from '../../../enclave-server/config.ts';
import { demoConfig, demoModels } from '../../../enclave-server/demo-config.ts';
import { type Measurement, measureInstalled } from '../../../enclave-server/measure.ts';
import { enclaveFolder } from '../../../scripts/build-enclave.ts';

export interface RunningEnclave {
  port: number;
  /** What a publisher would have measured before approving it. */
  measurement: Measurement;
  stop(): Promise<void>;
}

export interface EnclaveChanges {
  /** Appends this to the server's code: another program, with the same behaviour. */
  appendToCode?: string;
  /** It is the altered program that a publisher has measured. */
  measured?: boolean;
}

/** Starts the development bundle for a service at `service`; stopped, it leaves nothing behind. */
export async function startEnclave(
  service: string,
  { appendToCode, measured = false }: EnclaveChanges = {},
): Promise<RunningEnclave> {
  const folder = await mkdtemp(join(tmpdir(), 'waxseal-enclave-'));
  const code = join(folder, 'code');
  await cp(enclaveFolder('development'), code, { recursive: true });
  // The bundle finds its native engine from where it lies.
  await symlink(join(enclaveFolder('development'), '../../../node_modules'), join(folder, 'node_modules'));
  const configPath = join(folder, 'enclave.json');
  await writeFile(configPath, JSON.stringify(demoConfig(service)));
  const config = parseEnclaveConfig(await readFile(configPath));
  const alter = async () => {
    if (appendToCode) await writeFile(join(code, 'main.js'), appendToCode, { flag: 'a' });
  };
  if (measured) await alter();
  const measurement = await measureInstalled({ code, configPath, config, models: demoModels });
  if (!measured) await alter();
  const child = spawn(
    execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(code, 'main.js'),
      ...['--config', configPath, '--models', demoModels, '--simulate', '--port', '0'],
    ],
    { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGTERM');
      });
    }
    await rm(folder, { recursive: true, force: true });
  };
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the enclave ended with ${code}`)));
    createInterface(child.stdout).on('line', (line) => {
      const { event, url } = JSON.parse(line) as { event: string; url?: string };
      if (event === 'listening' && url) resolve(Number(new URL(url).port));
    });
  });
  return { port, measurement, stop };
}
