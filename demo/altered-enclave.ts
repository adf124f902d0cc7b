/** The same server with one byte more in its code: for whoever looks from outside, it behaves the same. */
import { spawn } from 'node:child_process';
import { cp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { demoModels } from '../enclave-server/demo-config.ts';
import { enclaveFolder } from '../scripts/build-enclave.ts';

/** Copies the built server into `folder`, adds a byte, and starts it. */
export async function startAlteredEnclave(
  folder: string,
  configPath: string,
): Promise<{ port: number; stop: () => Promise<void> }> {
  const code = join(folder, 'altered');
  await cp(enclaveFolder('development'), code, { recursive: true });
  // The bundle looks for its native engine from where it lies.
  await symlink(fileURLToPath(new URL('../node_modules', import.meta.url)), join(folder, 'node_modules'));
  await writeFile(join(code, 'main.js'), '\n', { flag: 'a' });
  const args = [
    '--config',
    configPath,
    '--models',
    demoModels,
    '--simulate',
    '--port',
    '0',
    '--log-size-hint',
    '2',
  ];
  const child = spawn(execPath, ['--disable-warning=ExperimentalWarning', join(code, 'main.js'), ...args], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  return new Promise((resolve, reject) => {
    child.once('exit', (status) => reject(new Error(`the altered server ended with ${status}`)));
    createInterface(child.stdout).once('line', (line) => {
      const { url } = JSON.parse(line) as { url: string };
      resolve({ port: Number(new URL(url).port), stop });
    });
  });
}
