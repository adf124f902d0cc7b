/**
 * The procedures of the operator's and the auditor's guide, as they stand there: every shell block about a log is
 * run, in order, against real logs and witnesses in processes of their own. Only addresses are put in the place of
 * the examples', and `--yes` where nobody is there to type it. A witness that is started again keeps its port.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { release as releaseKind } from '../../protocol/log/kinds/release.ts';
import { releaseFields } from '../support/log-builder.ts';

const waxseal = fileURLToPath(new URL('../../bin/waxseal.ts', import.meta.url));

/** The shell blocks under a heading, each as its lines. */
function blocksUnder(file: string, heading: string): string[][] {
  const text = readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
  const parts = text.split(/^(?=#{2,3} )/m);
  const part = parts.find(
    (each) => each.startsWith(`## ${heading}\n`) || each.startsWith(`### ${heading}\n`),
  );
  if (part === undefined) throw new Error(`${file} has no "${heading}"`);
  return [...part.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block.trimEnd().split('\n'));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

describe('the guides, rehearsed', { timeout: 120_000 }, () => {
  let folder: string;
  /** Example address or port in a guide, and what stands for it here. */
  const stand: [RegExp, string][] = [];
  const running = new Map<string, ChildProcess>();
  const told: string[] = [];
  const hook = Fastify();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waxseal-rehearsal-'));
    const shims = join(folder, 'bin');
    await mkdir(shims);
    // `npx waxseal …` of a clone, and a mail program that keeps what it is given.
    await writeFile(join(shims, 'npx'), `#!/bin/sh\nshift\nexec '${process.execPath}' '${waxseal}' "$@"\n`);
    await writeFile(join(shims, 'mail'), '#!/bin/sh\ncat > mailed.json\n');
    for (const name of ['npx', 'mail']) await chmod(join(shims, name), 0o755);
    hook.post('/', async ({ body }) => {
      told.push(JSON.stringify(body));
      return {};
    });
    const ports = await Promise.all([1, 2, 3, 4, 5, 6].map(freePort));
    const [w1, w2, w3, log, pageOfWitness, pageOfLog] = ports;
    stand.push(
      [/https:\/\/w1\.example/g, `http://127.0.0.1:${w1}`],
      [/https:\/\/w2\.example/g, `http://127.0.0.1:${w2}`],
      [/https:\/\/w3\.example/g, `http://127.0.0.1:${w3}`],
      [/https:\/\/log\.example/g, `http://127.0.0.1:${log}`],
      [/https:\/\/alerts\.example\/waxseal/g, await hook.listen({ host: '127.0.0.1', port: 0 })],
      [/--port 4101/g, `--port ${w1}`],
      [/--port 4102/g, `--port ${w2}`],
      [/--port 4103/g, `--port ${w3}`],
      [/--port 4001/g, `--port ${log}`],
      [/--operator 4191/g, `--operator ${pageOfWitness}`],
      [/--operator 4091/g, `--operator ${pageOfLog}`],
      [/--follow 600/g, '--follow 1'],
      [/(release sign .*|--key \S+\.key(?= *$))/g, '$1 --yes'],
    );
    const { expires: _, ...fields } = releaseKind.write(releaseFields(Date.now()));
    await writeFile(join(folder, 'fields.json'), JSON.stringify(fields));
  });
  afterAll(async () => {
    for (const name of [...running.keys()]) await stop(name);
    await hook.close();
    await rm(folder, { recursive: true, force: true });
  });

  const here = (line: string) => stand.reduce((text, [example, value]) => text.replace(example, value), line);

  function start(line: string): ChildProcess {
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
    // A group of its own, so that a server under a shell can be stopped with it.
    return spawn('bash', ['-c', here(line)], { cwd: folder, env, detached: true });
  }

  async function run(line: string): Promise<Ended> {
    const child = start(line);
    const ended: Ended = { code: null, out: '', err: '' };
    child.stdout?.on('data', (data: Buffer) => {
      ended.out += data.toString();
    });
    child.stderr?.on('data', (data: Buffer) => {
      ended.err += data.toString();
    });
    const [code] = await once(child, 'close');
    return { ...ended, code };
  }

  async function done(line: string): Promise<string> {
    const { code, out, err } = await run(line);
    expect(code, `${line}\n${out}${err}`).toBe(0);
    return out;
  }

  /** Starts a server of a guide; resolves when it listens. */
  async function serve(name: string, line: string): Promise<void> {
    const child = start(line);
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (data: Buffer) => {
        said += data.toString();
        if (said.includes('listens on')) resolve();
      };
      child.stdout?.on('data', hear);
      child.stderr?.on('data', hear);
      child.on('close', (code) => reject(new Error(`${line}\nended with ${code}: ${said}`)));
    });
    running.set(name, child);
  }

  async function stop(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = running.get(name);
    running.delete(name);
    if (child?.pid === undefined || child.exitCode !== null) return;
    const closed = once(child, 'close');
    process.kill(-child.pid, signal);
    await closed;
  }

  /** What a server of a guide is called here: the file of its key, or its folder. */
  const nameOf = (line: string) => /--(?:key|dir) (\S+?)(?:\.key)?(?= )/.exec(line)?.[1] ?? line;

  /** Runs the blocks of a section in order. */
  async function rehearse(file: string, heading: string): Promise<void> {
    for (const line of blocksUnder(file, heading).flat()) {
      if (line.includes(' serve ')) await serve(nameOf(line), line);
      else await done(line);
    }
  }

  const servers = () =>
    blocksUnder('operators.md', 'Begin it')
      .flat()
      .filter((line) => line.includes(' serve '));
  const lineOf = (name: string) => servers().find((line) => nameOf(line) === name) ?? '';
  const status = async () => JSON.parse(await done('curl -s https://log.example/api/v1/status'));
  const audit = (heading: string) => blocksUnder('auditors.md', heading).flat();

  it('begins a log with three publishers and three witnesses', async () => {
    await rehearse('operators.md', 'Begin it');
    expect(await status()).toMatchObject({ origin: 'example.org/log', size: 1, accepting: true, quorum: 2 });
    const domain = JSON.parse(await readFile(join(folder, 'example.json'), 'utf8'));
    expect(domain).toMatchObject({ name: 'Example', quorum: 2, log: { pin: { size: 1 } } });
    // Both pages for operators are there.
    for (const port of [
      /--operator \d+/.exec(here(lineOf('log'))),
      /--operator \d+/.exec(here(lineOf('w1'))),
    ]) {
      expect(await done(`curl -s http://127.0.0.1:${port?.[0].slice(11)}/`)).toContain('For the operator');
    }
  });

  it('approves and revokes', async () => {
    await rehearse('operators.md', 'Approve and revoke');
    expect((await status()).size).toBe(3);
  });

  it('passes the audit, with its witnesses, and is remembered', async () => {
    for (const line of audit('Check a log')) await done(line);
    expect(JSON.parse(await readFile(join(folder, 'audit-state.json'), 'utf8'))).toMatchObject({
      origin: 'example.org/log',
    });
  });

  it('passes under the policy of its users, which any tool of C2SP can read', async () => {
    const policy = await readFile(join(folder, 'example.policy'), 'utf8');
    expect(policy).toMatch(
      /^log example\.org\/log\+\S+ http:\/\/127\.0\.0\.1:\d+\nwitness witness\.example\/w1 /,
    );
    const { out } = await run('npx waxseal audit --policy example.policy');
    expect(out).toContain('3 of the 3 witnesses of the policy cosigned');
    expect(out).toMatch(/w3: cosigned at .*, shows size 3/);
  });

  it('is compared with itself under another name', async () => {
    const domain = await readFile(join(folder, 'example.json'), 'utf8');
    await writeFile(join(folder, 'offered.json'), domain.replace('"Example"', '"Offered"'));
    const [compare = ''] = audit('Compare trust domains');
    expect(await done(compare)).toContain('May approve under both: ada, mary, tom.');
  });

  it('is read by people and scripts', async () => {
    const [[show = ''] = [], reads = []] = blocksUnder('auditors.md', 'Read an entry');
    expect(await done(show)).toContain('Signed by ada, tom; 2 needed.');
    expect(reads).toHaveLength(4);
    const [log = '', list = '', search = '', proof = ''] = await Promise.all(reads.map(done));
    expect(JSON.parse(log)).toMatchObject({ size: 3 });
    expect(JSON.parse(list).entries).toHaveLength(3);
    expect(JSON.parse(search).hits).toMatchObject([{ index: 1, product: 'waxseal-demo', version: 1 }]);
    expect(proof).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 1\n/);
  });

  it('hashes a build of the extension', async () => {
    await mkdir(join(folder, 'build/chrome'), { recursive: true });
    await writeFile(join(folder, 'build/chrome/manifest.json'), '{"manifest_version":3}');
    for (const line of audit('Check a build of the extension'))
      expect(await done(line)).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it('goes on without one witness, and waits without two', async () => {
    const append = (file: string) => run(`npx waxseal log append --url https://log.example ${file} --json`);
    await stop('w3');
    await done(
      'npx waxseal release approve --domain example.json --fields fields.json --days 30 --out second.json --key ada.key --yes',
    );
    await done('npx waxseal release sign second.json --key tom.key --domain example.json');
    expect(await append('second.json')).toMatchObject({ code: 0 });
    await stop('w2');
    await done(
      'npx waxseal release approve --domain example.json --fields fields.json --days 31 --out third.json --key ada.key --yes',
    );
    await done('npx waxseal release sign third.json --key tom.key --domain example.json');
    const waiting = await append('third.json');
    expect([waiting.code, JSON.parse(waiting.out).state]).toEqual([20, 'waiting']);
    expect((await status()).problem.code).toBe('WAX_LOGSERVER_NO_QUORUM');
    for (const name of ['w2', 'w3']) await serve(name, lineOf(name));
    await expect
      .poll(async () => (await append('third.json')).code, { timeout: 60_000, interval: 1000 })
      .toBe(0);
    expect((await status()).size).toBe(5);
  });

  it('changes its publishers when a key is stolen, and the stolen key signs nothing any more', async () => {
    // Drafted by the thief while the key still counts.
    await done(
      'npx waxseal release revoke --domain example.json --index 3 --reason x --out theft.json --key mary.key --yes',
    );
    await rehearse('operators.md', "A publisher's key is stolen, or somebody leaves");
    const { code, out } = await run('npx waxseal log append --url https://log.example theft.json --json');
    expect([code, JSON.parse(out).code]).toEqual([10, 'WAX_STATEMENT_POLICY']);
    const again = await run(
      'npx waxseal release revoke --domain example.json --index 3 --reason x --out theft-2.json --key mary.key --yes',
    );
    expect([again.code, again.err]).toEqual([30, expect.stringContaining('WAX_PUBLISH_STRANGER')]);
  });

  it('is backed up while it is stopped; the copy is refused as soon as it is too old', async () => {
    await stop('log');
    await rehearse('operators.md', 'Backup');
    for (const name of ['w1', 'w2', 'w3']) {
      await cp(join(folder, `${name}.db`), join(folder, `${name}.forgotten.db`));
    }
    await serve('log', lineOf('log'));
    await done(
      'npx waxseal release approve --domain example.json --fields fields.json --days 40 --out fourth.json --key ada.key --yes',
    );
    await done('npx waxseal release sign fourth.json --key tom.key --domain example.json');
    await done('npx waxseal log append --url https://log.example fourth.json');
    await done(audit('Check a log')[0] ?? '');
    await stop('log');
    const lines = blocksUnder('operators.md', 'Restore').flat();
    for (const line of lines.slice(0, -1)) await done(line);
    const refused = await run(lines.at(-1) ?? '');
    expect([refused.code, refused.err]).toEqual([30, expect.stringContaining('WAX_LOGSERVER_BEHIND')]);
  });

  it('moves to another host with all it has', async () => {
    const [copy = '', line = ''] = blocksUnder('operators.md', 'Moving hosts').flat();
    await done(copy);
    await serve('moved', line);
    expect((await status()).size).toBe(7);
    await done(audit('Check a log')[0] ?? '');
  });

  it('is closed in favour of a successor, and takes nothing after that', async () => {
    await rehearse('operators.md', "The log's key is stolen, or the log is full");
    for (const line of audit('Check a log')) await done(line);
    const { code, out } = await run('npx waxseal log append --url https://log.example theft.json --json');
    expect([code, JSON.parse(out).code]).toEqual([10, 'WAX_LOGSERVER_CLOSED']);
    // The witnesses learn of the successor, and it begins.
    const keys = '--log "$(cat log.vkey)" --log "$(cat log-2.vkey)"';
    for (const name of ['w1', 'w2', 'w3']) {
      await stop(name);
      await serve(name, lineOf(name).replace('--log "$(cat log.vkey)"', keys));
    }
    const port = await freePort();
    await serve('log-2', `npx waxseal log serve --dir log-2 --port ${port}`);
    const next = JSON.parse(await done(`curl -s http://127.0.0.1:${port}/api/v1/status`));
    expect(next).toMatchObject({ origin: 'example.org/log-2', size: 1, accepting: true });
  });

  it('is caught when log and witnesses are set back together, by whoever follows it, with proof', async () => {
    for (const name of ['moved', 'log-2', 'w1', 'w2', 'w3']) await stop(name);
    for (const name of ['w1', 'w2', 'w3']) {
      for (const part of ['.db-wal', '.db-shm']) await rm(join(folder, `${name}${part}`), { force: true });
      await rename(join(folder, `${name}.forgotten.db`), join(folder, `${name}.db`));
      await serve(name, lineOf(name));
    }
    const before = JSON.parse(await readFile(join(folder, 'audit-state.json'), 'utf8'));
    // The very thing that the guide warns of: now nobody knows better, and a second history is signed.
    await serve('restored', blocksUnder('operators.md', 'Restore').flat().at(-1) ?? '');
    const [, size = 0] = before.checkpoint.split('\n').map(Number);
    for (let days = 1; (await status()).size < size; days++) {
      const out = `other-${days}.json`;
      await done(
        `npx waxseal release approve --domain example.json --fields fields.json --days ${days} --out ${out} --key ada.key --yes`,
      );
      await done(`npx waxseal release sign ${out} --key tom.key --domain example.json`);
      await done(`npx waxseal log append --url https://log.example ${out}`);
    }
    const [follow = ''] = audit('Keep watching');
    const { code, out, err } = await run(follow);
    expect([code, out]).toEqual([10, expect.stringContaining('WAX_AUDIT_FORK')]);
    expect(told).toHaveLength(1);
    expect(await readFile(join(folder, 'mailed.json'), 'utf8')).toContain('"verdict":"finding"');
    const name = (await readdir(folder)).find((file) => file.endsWith('.evidence.json')) ?? '';
    expect(err).toContain(name);
    // The state still remembers the history that was seen first.
    expect(JSON.parse(await readFile(join(folder, 'audit-state.json'), 'utf8'))).toEqual(before);
    for (const name of [...running.keys()]) await stop(name);
    await rename(join(folder, name), join(folder, 'evidence.json'));
    for (const line of audit('Evidence')) expect(await done(line)).toContain(`two roots for size ${size}`);
  });
});
