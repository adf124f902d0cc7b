/** Servers of `waxseal` as processes, before more connections than Node has the kernel hold unless told otherwise. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { logCommands } from '../../bin/commands/log.ts';
import { signerFromSeed } from '../../protocol/log/signer.ts';
import { runCommands } from '../support/commands.ts';
import { CROWD, crowdInto, isCrowdAllowed } from '../support/crowd.ts';
import { LogWorld } from '../support/log-server.ts';

const program = fileURLToPath(new URL('../../bin/waxseal.ts', import.meta.url));

describe.skipIf(!isCrowdAllowed)('a server of waxseal', () => {
  const { path, waxseal } = runCommands(logCommands);
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** Starts it, and gives the process and its address. */
  async function start(...args: string[]): Promise<[ChildProcess, string]> {
    const child = spawn(process.execPath, [program, ...args, '--port', '0', '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
    return [child, JSON.parse(String(line)).url];
  }

  it('holds a crowd for the log until it comes to it', async () => {
    const world = await LogWorld.create();
    try {
      await writeFile(path('policy'), world.policyEntry);
      const witnesses = world.endpoints.flatMap(({ url, key }) => ['--witness', `${key.text} ${url}`]);
      const { origin } = world.builder;
      const about = ['--dir', path('log'), '--origin', origin, '--policy', path('policy'), ...witnesses];
      expect(await waxseal('log init', ...about)).toBe(0);
      expect(await crowdInto(...(await start('log', 'serve', '--dir', path('log'))))).toBe(CROWD);
    } finally {
      await world.close();
    }
  });

  it('holds a crowd for the witness until it comes to it', async () => {
    const { text } = signerFromSeed('log.example/one', 1, new Uint8Array(32).fill(1)).verifierKey;
    const about = ['--key', path('w.key'), '--init', 'w.example', '--log', text];
    expect(await crowdInto(...(await start('witness', 'serve', ...about)))).toBe(CROWD);
  });

  it('holds a crowd for the relay until it comes to it', async () => {
    const about = ['--service', 'https://chat.fernhill.example'];
    expect(await crowdInto(...(await start('relay', ...about)))).toBe(CROWD);
  });
});
