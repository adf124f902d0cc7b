import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { witnessCommands } from '../../bin/commands/witness.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseVerifierKey } from '../../protocol/log/note.ts';
import { signerFromSeed, signNote } from '../../protocol/log/signer.ts';
import { formatAddCheckpoint } from '../../protocol/log/witness.ts';
import { readKeyFile } from '../../transparency-log/keys/key-file.ts';
import { originHash } from '../../transparency-log/witness/witness.ts';

const signer = signerFromSeed('log.example/one', 1, new Uint8Array(32).fill(1));
const log = signer.verifierKey;
// Runs one command of the file that defines it, without the list of all commands.
const runner = `
  import { witnessCommands } from ${JSON.stringify(new URL('../../bin/commands/witness.ts', import.meta.url).href)};
  const [name, ...args] = process.argv.slice(1);
  process.exitCode = await witnessCommands.find((each) => each.name === name).run(args);
`;

let folder: string;
const children: ChildProcess[] = [];

function start(...args: string[]) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', runner, ...args]);
  children.push(child);
  let output = '';
  const line = new Promise<string>((resolve) => {
    child.stdout.on('data', (data) => {
      output += data;
      if (output.includes('\n')) resolve(output);
    });
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
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
    expect(await exit).toBe(0);
    expect((await readKeyFile(key, 4)).verifierKey.text).toBe(said.key);
  });

  it('remembers what it cosigned although it is killed right after the answer', async () => {
    const args = [
      '--key',
      join(folder, 'w.key'),
      '--init',
      'w.example',
      '--log',
      log.text,
      '--port',
      '0',
      '--json',
    ];
    const post = async (process: { line: Promise<string> }, size: number) => {
      const text = formatCheckpoint({ origin: 'log.example/one', size, root: new Uint8Array(32).fill(size) });
      const checkpoint = `${text}\n${await signNote(text, signer)}`;
      const body = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint });
      return fetch(`${JSON.parse(await process.line).url}/add-checkpoint`, { method: 'POST', body });
    };
    const first = start('witness serve', ...args);
    expect((await post(first, 7)).status).toBe(200);
    first.child.kill('SIGKILL');
    await first.exit;
    const answer = await post(start('witness serve', ...args), 9);
    expect([answer.status, await answer.text()]).toEqual([409, '7\n']);
  });

  it('refuses to run without a log, without a key, or under another name than the key has', async () => {
    const key = join(folder, 'w.key');
    const run = (name: string, ...args: string[]) =>
      witnessCommands.find((each) => each.name === name)?.run(args);
    const silent = vi.spyOn(console, 'log').mockReturnValue();
    await expect(run('witness vkey', '--key', key)).rejects.toThrow('WAX_KEYFILE_MISSING');
    expect(await run('witness vkey', '--key', key, '--init', 'w.example')).toBe(0);
    expect(parseVerifierKey(silent.mock.calls[0]?.[0]).name).toBe('w.example');
    const renamed = run('witness vkey', '--key', key, '--init', 'other.example');
    await expect(renamed).rejects.toThrow('WAX_WITNESSCOMMAND_NAME');
    await expect(run('witness serve', '--key', key)).rejects.toThrow('WAX_WITNESSCOMMAND_OPTION');
    const port = run('witness serve', '--key', key, '--log', log.text, '--port', '99999');
    await expect(port).rejects.toThrow('--port');
    const list = run('witness serve', '--key', key, '--logs', join(folder, 'missing'));
    await expect(list).rejects.toThrow('--logs');
    silent.mockRestore();
  });
});
