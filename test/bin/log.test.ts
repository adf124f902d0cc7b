import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { logCommands } from '../../bin/commands/log.ts';
import { parseWitnessPolicy } from '../../transparency-log/witness-policy.ts';
import { LogWorld } from '../support/log-server.ts';

/** Runs `waxseal log NAME …` in this process; gives exit code and what it printed. */
async function waxseal(name: string, ...args: string[]): Promise<{ code: number; lines: string[] }> {
  const command = logCommands.find((each) => each.name === `log ${name}`);
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    const code = (await command?.run(args)) ?? -1;
    return { code, lines: print.mock.calls.map(([line]) => String(line)) };
  } finally {
    print.mockRestore();
  }
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  );

describe('waxseal log', () => {
  let world: LogWorld;
  let folder: string;
  let policy: string;
  beforeEach(async () => {
    world = await LogWorld.create();
    folder = await mkdtemp(join(tmpdir(), 'waxseal-cli-'));
    policy = join(folder, 'policy.json');
    await writeFile(policy, world.policyEntry);
  });
  afterEach(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  const witnessOptions = () => world.endpoints.flatMap(({ url, key }) => ['--witness', `${key.text} ${url}`]);
  /** Without witnesses. */
  const bareInit = (dir: string, ...more: string[]) => {
    const required = ['--dir', join(folder, dir), '--origin', world.builder.origin, '--policy', policy];
    return waxseal('init', ...required, ...more);
  };
  const init = (dir: string, ...more: string[]) => bareInit(dir, ...witnessOptions(), ...more);

  it('init makes a key that only its owner can read, and prints the verifier key that vkey prints', async () => {
    const { code, lines } = await init('log', '--json');
    expect(code).toBe(0);
    const { key } = JSON.parse(lines[0] ?? '');
    expect((await stat(join(folder, 'log/log.key'))).mode & 0o777).toBe(0o600);
    expect((await waxseal('vkey', '--dir', join(folder, 'log'))).lines).toEqual([key]);
    const config = JSON.parse(await readFile(join(folder, 'log/log.json'), 'utf8'));
    expect(config).toMatchObject({ origin: world.builder.origin, publicUrl: null });
    const witnesses = parseWitnessPolicy(await readFile(join(folder, 'log/witnesses.policy')));
    expect([witnesses.threshold, witnesses.endpoints]).toEqual([2, world.endpoints]);
  });

  it('init never overwrites a key', async () => {
    await init('log');
    const before = await readFile(join(folder, 'log/log.key'), 'utf8');
    expect(await codeOf(init('log'))).toBe('WAX_KEYFILE_EXISTS');
    expect(await readFile(join(folder, 'log/log.key'), 'utf8')).toBe(before);
  });

  it('init refuses a policy for another origin, and what is no policy, before it makes a key', async () => {
    const other = waxseal(
      'init',
      '--dir',
      join(folder, 'x'),
      '--origin',
      'other.example',
      '--policy',
      policy,
      ...witnessOptions(),
    );
    expect(await codeOf(other)).toBe('WAX_LOGCOMMAND_POLICY');
    await writeFile(policy, await world.release(1));
    expect(await codeOf(init('x'))).toBe('WAX_LOGCOMMAND_POLICY');
    expect(await codeOf(stat(join(folder, 'x')))).toBe('ENOENT');
  });

  it('init refuses witnesses and options in another form', async () => {
    const bare = (...more: string[]) => codeOf(bareInit('x', ...more));
    expect(await bare('--witness', 'only-a-key')).toBe('WAX_LOGCOMMAND_OPTION');
    expect(await bare()).toBe('WAX_LOGSERVER_CONFIG');
    expect(await bare('--witness', `${world.builder.signer.verifierKey.text} https://w.example`)).toBe(
      'WAX_LOG_POLICY',
    );
    expect(await bare('--witness', 'w+00000000+AA== https://w.example')).toBe('WAX_LOG_KEY');
    expect(await bare(...witnessOptions(), '--quorum', '1')).toBe('WAX_LOGSERVER_CONFIG');
    expect(await bare(...witnessOptions(), '--quorum', '4')).toBe('WAX_LOGSERVER_CONFIG');
    expect(await bare(...witnessOptions(), '--quorum', 'two')).toBe('WAX_LOGSERVER_CONFIG');
    expect(await bare('--unknown')).toBe('ERR_PARSE_ARGS_UNKNOWN_OPTION');
  });

  /** A policy of this user: w0, and one of the two others. */
  async function groupsFile(): Promise<string> {
    const [w0, w1, w2] = world.endpoints.map(({ url, key }, i) => `witness w${i} ${key.text} ${url}`);
    const lines = ['# ours', w0, w1, w2, 'group others any w1 w2', 'group both all w0 others', 'quorum both'];
    const file = join(folder, 'groups.policy');
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
    return file;
  }

  it('init takes witnesses, groups and quorum from a tlog-policy file, as it is', async () => {
    const file = await groupsFile();
    const origin = ['--origin', world.builder.origin, '--policy', policy];
    const made = await waxseal('init', '--dir', join(folder, 'log'), ...origin, '--witness-policy', file);
    expect(made.code).toBe(0);
    expect(await readFile(join(folder, 'log/witnesses.policy'), 'utf8')).toBe(await readFile(file, 'utf8'));
    const witnesses = parseWitnessPolicy(await readFile(join(folder, 'log/witnesses.policy')));
    expect([witnesses.least, witnesses.threshold, witnesses.endpoints]).toEqual([2, null, world.endpoints]);
    // A trust domain could not say it.
    const domain = waxseal(
      'domain',
      '--dir',
      join(folder, 'log'),
      '--url',
      'http://127.0.0.1:9',
      '--name',
      'x',
    );
    expect(await codeOf(domain)).toBe('WAX_LOGCOMMAND_GROUPS');
  });

  it('init refuses a tlog-policy file that is none or has too weak a quorum, and one beside other witnesses', async () => {
    const bare = (...more: string[]) => codeOf(bareInit('x', ...more));
    const file = await groupsFile();
    expect(await bare('--witness-policy', file, ...witnessOptions())).toBe('WAX_LOGCOMMAND_OPTION');
    expect(await bare('--witness-policy', file, '--quorum', '2')).toBe('WAX_LOGCOMMAND_OPTION');
    expect(await bare('--witness-policy', join(folder, 'nothing'))).toBe('WAX_LOGCOMMAND_OPTION');
    for (const change of ['quorum others', 'quorum none', 'quorum']) {
      await writeFile(file, (await readFile(file, 'utf8')).replace(/quorum .*/, change));
      expect(await bare('--witness-policy', file)).toBe('WAX_LOGSERVER_CONFIG');
    }
    expect(await codeOf(stat(join(folder, 'x')))).toBe('ENOENT');
  });

  it('append says what became of each file, and its exit code the worst of it', async () => {
    const app = await world.start();
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const good = join(folder, 'good.json');
    const bad = join(folder, 'bad.json');
    await writeFile(good, Buffer.concat([await world.release(1), Buffer.from('\n')]));
    await writeFile(
      bad,
      await world.builder.entry(
        'machine',
        { platform: 'tdx', machineSha256: 'ab'.repeat(32), operator: 'x' },
        { by: [0] },
      ),
    );

    const first = await waxseal('append', '--url', `${url}/`, '--json', good);
    expect([first.code, JSON.parse(first.lines[0] ?? '')]).toMatchObject([0, { state: 'added', index: 1 }]);
    const again = await waxseal('append', '--url', url, good);
    expect([again.code, again.lines[0]]).toEqual([0, `${good}: entry 1, which the log had already`]);
    const refused = await waxseal('append', '--url', url, bad, good);
    expect(refused.code).toBe(10);
    expect(refused.lines[0]).toContain('WAX_STATEMENT_THRESHOLD');

    await app.close();
    const silent = await waxseal('append', '--url', url, good);
    expect([silent.code, silent.lines[0]]).toEqual([20, `${good}: not added. ${url} does not answer`]);
    expect(await codeOf(waxseal('append', '--url', url, join(folder, 'nothing')))).toBe(
      'WAX_LOGCOMMAND_OPTION',
    );
  });

  it.each(logCommands.map((command) => [command.name, command] as const))(
    '%s explains itself',
    (name, { help, summary }) => {
      expect(help).toContain(`Usage: waxseal ${name} `);
      expect(help).toContain('Exit codes: 0');
      expect(summary).not.toBe('');
    },
  );
});
