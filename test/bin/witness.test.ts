import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseVerifierKey } from '../../protocol/log/note.ts';
import { signerFromSeed } from '../../protocol/log/signer.ts';
import { originHash } from '../../transparency-log/witness/witness.ts';

const log = signerFromSeed('log.example/one', 1, new Uint8Array(32).fill(1)).verifierKey;
// Runs one command of the file that defines it, without the list of all commands.
const runner = `
  import { witnessCommands } from ${JSON.stringify(new URL('../../bin/commands/witness.ts', import.meta.url).href)};
  const [name, ...args] = process.argv.slice(1);
  try { process.exitCode = await witnessCommands.find((each) => each.name === name).run(args); }
  catch (error) { console.error(error.message); process.exitCode = 30; }
`;

let folder: string;
const children: ChildProcess[] = [];

function start(...args: string[]) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', runner, ...args]);
  children.push(child);
  let output = '';
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const line = new Promise<string>((resolve) => {
    child.stdout.on('data', (data) => {
      output += data;
      if (output.includes('\n')) resolve(output);
    });
  });
  const exit = new Promise<{ code: number | null; output: string; errors: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output, errors }));
  });
  return { child, line, exit };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-witness-cli-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

describe('waxseal witness', () => {
  it('makes its key, listens, says where, serves, and stops on SIGTERM', async () => {
    const key = join(folder, 'w.key');
    const args = ['--key', key, '--init', 'w.example', '--log', log.text, '--port', '0', '--json'];
    const { child, line, exit } = start('witness serve', ...args);
    const said = JSON.parse(await line);
    expect(parseVerifierKey(said.key)).toMatchObject({ name: 'w.example', type: 4 });
    expect(said.logs).toEqual(['log.example/one']);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect((await fetch(`${said.url}/${originHash('log.example/one')}/checkpoint`)).status).toBe(404);
    child.kill('SIGTERM');
    expect((await exit).code).toBe(0);
    const printed = await start('witness vkey', '--key', key).exit;
    expect(printed.output.trim()).toBe(said.key);
  });

  it('refuses to run without a log, without a key, or under another name than the key has', async () => {
    const key = join(folder, 'w.key');
    expect(await start('witness vkey', '--key', key).exit).toMatchObject({ code: 30 });
    await start('witness vkey', '--key', key, '--init', 'w.example').exit;
    const nameless = await start('witness vkey', '--key', key, '--init', 'other.example').exit;
    expect(nameless.errors).toContain('WAX_WITNESSCOMMAND_NAME');
    const idle = await start('witness serve', '--key', key).exit;
    expect(idle.errors).toContain('WAX_WITNESSCOMMAND_OPTION');
    const port = await start('witness serve', '--key', key, '--log', log.text, '--port', '99999').exit;
    expect(port.errors).toContain('--port');
  });
});
