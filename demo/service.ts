/** Runs `waxseal …` as its own process, as an operator would, and reads the JSON that it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const waxseal = fileURLToPath(new URL('../bin/waxseal.mjs', import.meta.url));

export interface Service {
  /** The JSON object that it printed when it was ready. */
  ready: { url: string };
  process: ChildProcess;
  stop(): Promise<void>;
}

/** A free loopback port; it stays free unless another program takes it in this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a command that keeps running, and waits for the line of JSON that says that it is ready. */
export function startService(args: string[]): Promise<Service> {
  const child = spawn(execPath, [waxseal, ...args, ...(args[0] === 'enclave' ? [] : ['--json'])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`waxseal ${args.slice(0, 2).join(' ')} ended with ${code}: ${errors.trim()}`));
    });
    createInterface(child.stdout).once('line', (line) => {
      resolve({ ready: JSON.parse(line) as { url: string }, process: child, stop });
    });
  });
}

/** Runs a command to its end and returns what it printed; throws for any exit code but 0. */
export function runCommand(args: string[]): Promise<string> {
  const child = spawn(execPath, [waxseal, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else
        reject(new Error(`waxseal ${args.join(' ')} ended with ${code}: ${errors.trim() || output.trim()}`));
    });
  });
}
