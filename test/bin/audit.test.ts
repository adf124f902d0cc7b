import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { auditCommand } from '../../bin/commands/audit.ts';
import { LogBuilder } from '../support/log-builder.ts';
import { ServedLog } from '../support/served-log.ts';

async function buildLog(versions: number[]): Promise<LogBuilder> {
  const builder = await LogBuilder.create({ at: Math.floor(Date.now() / 1000) * 1000 });
  for (const version of versions) await builder.release({ version });
  await builder.publish();
  return builder;
}

let served: ServedLog;
let domain: string;
let state: string;
const said = vi.spyOn(console, 'log').mockReturnValue();
const complained = vi.spyOn(console, 'error').mockReturnValue();

beforeEach(async () => {
  served = await ServedLog.start(await buildLog([1, 2]));
  domain = join(served.folder, 'domain.json');
  state = join(served.folder, 'state', 'audit.json');
  await writeFile(domain, JSON.stringify(served.builder.domainFile()));
  said.mockClear();
  complained.mockClear();
});

afterEach(() => served.close());

const run = (...args: string[]) => auditCommand.run([served.url, '--domain', domain, ...args]);
const evidenceFiles = async () =>
  (await readdir(join(served.folder, 'state'))).filter((name) => name.endsWith('.evidence.json'));

describe('waxseal audit', () => {
  it('ends with 0 on an honest log and prints a line for each check', async () => {
    const witness = await served.startWitness(1);
    expect(await run('--witness', `witness-1.example ${witness.url}/`)).toBe(0);
    const text = String(said.mock.calls[0]?.[0]);
    expect(text).toContain('Nothing is wrong with this log.');
    expect(text).toContain('witness witness-1.example: cosigned at');
    expect(text.match(/^ {2}ok/gm)).toHaveLength(9);
  });

  it('prints one JSON object with --json', async () => {
    expect(await run('--json')).toBe(0);
    expect(JSON.parse(String(said.mock.calls[0]?.[0]))).toMatchObject({
      format: 'waxseal-audit/1',
      verdict: 'ok',
    });
  });

  it('audits a log by its key alone', async () => {
    const { text } = served.builder.signer.verifierKey;
    expect(await auditCommand.run([served.url, '--vkey', text])).toBe(0);
    expect(await auditCommand.run([served.url, '--vkey', text, '--origin', 'log.example/two'])).toBe(10);
  });

  describe('with a witness policy', () => {
    /** The builder's log and witnesses; `asked` of them with an address. */
    async function policyFile(quorum: string[], asked: number[] = []): Promise<string> {
      const { signer, witnesses } = served.builder;
      const lines = [`log ${signer.verifierKey.text} ${served.url}`];
      for (const [i, { verifierKey }] of witnesses.entries()) {
        const address = asked.includes(i) ? ` ${(await served.startWitness(i)).url}` : '';
        lines.push(`witness w${i} ${verifierKey.text}${address}`);
      }
      const file = join(served.folder, 'auditor.policy');
      await writeFile(file, [...lines, ...quorum].map((line) => `${line}\n`).join(''));
      return file;
    }
    const groups = ['group others any w1 w2', 'group both all w0 others', 'quorum both'];
    const lines = () => String(said.mock.calls[0]?.[0]);

    it('needs nothing else: log, address, quorum, and whom to ask', async () => {
      expect(await auditCommand.run(['--policy', await policyFile(groups, [1])])).toBe(0);
      expect(lines()).toContain('3 of the 3 witnesses of the policy cosigned, the last of them at 20');
      expect(lines()).toContain('witness witness-1.example: cosigned at');
      expect(lines()).toContain('shows size 3');
    });

    it('finds a checkpoint that is valid for the users and not for the auditor', async () => {
      const file = await policyFile(groups);
      await served.builder.publish({ by: [1, 2] });
      expect(await run()).toBe(0);
      said.mockClear();
      expect(await run('--policy', file)).toBe(10);
      expect(lines()).toContain('ok    acceptance');
      expect(lines()).toMatch(/FAIL {2}policy .*WAX_AUDIT_POLICY.*WAX_LOG_QUORUM/);
    });

    it('finds a witness of the policy that shows another log', async () => {
      const honest = served.builder;
      served.builder = await buildLog([8, 9]);
      const file = await policyFile(groups, [2]);
      served.builder = honest;
      expect(await auditCommand.run(['--policy', file, '--state', state])).toBe(10);
      expect(lines()).toContain('WAX_AUDIT_FORK');
    });

    it('goes with a policy without logs, and with no policy of another log', async () => {
      const file = await policyFile(groups);
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace(/^log .*\n/, ''));
      expect(await run('--policy', file)).toBe(0);
      await expect(auditCommand.run([served.url, '--policy', file])).rejects.toThrow(
        'WAX_AUDITCOMMAND_OPTION',
      );
      const other = (await LogBuilder.create({ seed: 'other' })).signer.verifierKey.text;
      await writeFile(file, text.replace(/^log \S+/, `log ${other}`));
      await expect(run('--policy', file)).rejects.toThrow('WAX_AUDITCOMMAND_OTHER_LOG');
    });

    it('asks which log is meant where the policy has several', async () => {
      const file = await policyFile(groups);
      const other = (await LogBuilder.create({ seed: 'other', origin: 'log.example/other' })).signer
        .verifierKey;
      await writeFile(file, `log ${other.text}\n${await readFile(file, 'utf8')}`);
      await expect(auditCommand.run(['--policy', file])).rejects.toThrow('WAX_AUDITCOMMAND_OPTION');
      expect(await auditCommand.run(['--policy', file, '--origin', served.builder.origin])).toBe(0);
      const nobody = auditCommand.run(['--policy', file, '--origin', 'log.example/nobody']);
      await expect(nobody).rejects.toThrow('WAX_AUDITCOMMAND_OPTION');
    });

    it('refuses a file that is no policy', async () => {
      await expect(run('--policy', domain)).rejects.toThrow('WAX_LOG_POLICY');
    });
  });

  it('ends with 20 when the log does not answer', async () => {
    served.broken = 503;
    expect(await run()).toBe(20);
  });

  it('remembers, goes on with a grown log, and catches a fork with evidence that checks out on its own', async () => {
    expect(await run('--state', state)).toBe(0);
    await served.builder.release({ version: 3 });
    await served.builder.publish();
    expect(await run('--state', state)).toBe(0);
    const before = await readFile(state, 'utf8');
    expect(JSON.parse(before).checkpoint).toBe(served.builder.checkpoint);

    served.builder = await buildLog([1, 2, 8, 9]);
    expect(await run('--state', state)).toBe(10);
    expect(await readFile(state, 'utf8')).toBe(before);
    const [name = ''] = await evidenceFiles();
    const file = join(served.folder, 'state', name);
    expect(complained.mock.calls[0]?.[0]).toContain(name);
    served.broken = 503;
    expect(await auditCommand.run(['--evidence', file])).toBe(0);
    expect(String(said.mock.lastCall?.[0])).toContain('Compare the key');
  });

  it('writes evidence into the current folder where there is no state file, and reads it out of its own report', async () => {
    const honest = served.builder;
    served.builder = await buildLog([8, 9]);
    const witness = await served.startWitness(1);
    served.builder = honest;
    const before = process.cwd();
    process.chdir(served.folder);
    try {
      expect(await run('--witness', `witness-1.example ${witness.url}`, '--json')).toBe(10);
    } finally {
      process.chdir(before);
    }
    const name = (await readdir(served.folder)).find((file) => file.endsWith('.evidence.json')) ?? '';
    expect(name).toMatch(/^waxseal-audit\.\d{8}T\d+Z\.evidence\.json$/);
    expect(await auditCommand.run(['--evidence', join(served.folder, name), '--domain', domain])).toBe(0);
    const report = join(served.folder, 'report.json');
    const printed = said.mock.calls.map(([line]) => String(line)).find((line) => line.startsWith('{'));
    await writeFile(report, printed ?? '');
    expect(await auditCommand.run(['--evidence', report, '--domain', domain])).toBe(0);
    expect(String(said.mock.lastCall?.[0])).toContain('two roots for size 3');
  });

  it('catches a rollback, keeps what it remembered, and does not overstate what that proves', async () => {
    await served.builder.release({ version: 3 });
    await served.builder.publish();
    await run('--state', state);
    const before = await readFile(state, 'utf8');
    await served.builder.publish({ size: 2 });
    expect(await run('--state', state)).toBe(10);
    expect(await readFile(state, 'utf8')).toBe(before);
    const [name = ''] = await evidenceFiles();
    const file = join(served.folder, 'state', name);
    expect(await auditCommand.run(['--evidence', file, '--domain', domain])).toBe(10);
    expect(String(said.mock.lastCall?.[0])).toContain('the word of the finder');
  });

  it('refuses a damaged state file rather than starting anew', async () => {
    await run('--state', state);
    const text = await readFile(state, 'utf8');
    for (const damaged of ['', text.slice(0, -20), text.replace('\\n3\\n', '\\n4\\n')]) {
      await writeFile(state, damaged);
      await expect(run('--state', state)).rejects.toThrow('WAX_AUDIT_STATE');
    }
  });

  it('refuses evidence about another log than the one named', async () => {
    const file = join(served.folder, 'evidence.json');
    const checkpoints = [served.builder.checkpoint, served.builder.checkpoint];
    const log = { origin: served.builder.origin, key: served.builder.signer.verifierKey.text };
    const foundAt = '2026-11-22T00:00:00.000Z';
    const evidence = {
      format: 'waxseal-evidence/1',
      kind: 'fork',
      log,
      witnesses: [],
      checkpoints,
      ancestor: null,
      foundAt,
    };
    await writeFile(file, JSON.stringify(evidence));
    const other = (await LogBuilder.create({ seed: 'other' })).signer.verifierKey.text;
    await expect(auditCommand.run(['--evidence', file, '--vkey', other])).rejects.toThrow(
      'WAX_AUDITCOMMAND_OTHER_LOG',
    );
    expect(await auditCommand.run(['--evidence', file, '--domain', domain, '--json'])).toBe(10);
    expect(JSON.parse(String(said.mock.lastCall?.[0]))).toMatchObject({ proven: false, keyCompared: true });
  });

  it('follows a log until there is a finding', async () => {
    const following = run('--follow', '1');
    await vi.waitFor(() => expect(said).toHaveBeenCalled(), { timeout: 10_000 });
    served.overrides.set('tile/0/000.p/3', null);
    expect(await following).toBe(10);
  });

  it('tells a webhook and a command of a finding, once, and of nothing else', async () => {
    const told: string[] = [];
    const hook = Fastify();
    hook.post('/hook', async (request, reply) => {
      told.push(JSON.stringify(request.body));
      // The first time it is busy: it is asked again.
      return reply.code(told.length === 1 ? 503 : 200).send();
    });
    const address = await hook.listen({ host: '127.0.0.1', port: 0 });
    const file = join(served.folder, 'told.json');
    try {
      const following = run('--follow', '1', '--webhook', `${address}/hook`, '--command', `cat > "${file}"`);
      await vi.waitFor(() => expect(said).toHaveBeenCalled(), { timeout: 10_000 });
      expect(told).toEqual([]);
      served.overrides.set('tile/0/000.p/3', null);
      expect(await following).toBe(10);
      expect(told).toHaveLength(2);
      for (const text of [told[1] ?? '', await readFile(file, 'utf8')]) {
        expect(JSON.parse(text)).toMatchObject({ format: 'waxseal-audit/1', verdict: 'finding' });
      }
      expect(complained).not.toHaveBeenCalled();
    } finally {
      await hook.close();
    }
  });

  it('says who could not be told of a finding, without the secret part of an address', async () => {
    served.overrides.set('tile/0/000.p/3', null);
    const hook = 'http://127.0.0.1:9/secret';
    expect(await run('--follow', '1', '--webhook', hook, '--command', 'exit 3')).toBe(10);
    const text = complained.mock.calls.flat().join(' ');
    expect(text).toContain('webhook at 127.0.0.1:9');
    expect(text).toContain('command, exit code 3');
    expect(text).not.toContain('secret');
  });

  it('refuses options that do not go together', async () => {
    const wrong = 'WAX_AUDITCOMMAND_OPTION';
    await expect(auditCommand.run([served.url])).rejects.toThrow(wrong);
    await expect(run('--vkey', 'x')).rejects.toThrow(wrong);
    await expect(run('--origin', 'x')).rejects.toThrow(wrong);
    await expect(run('--witness', 'nobody')).rejects.toThrow(wrong);
    await expect(run('--follow', 'often')).rejects.toThrow(wrong);
    await expect(run('--webhook', 'https://alerts.example')).rejects.toThrow(wrong);
    await expect(run('--command', 'true')).rejects.toThrow(wrong);
    await expect(run('--follow', '1', '--webhook', 'alerts')).rejects.toThrow(wrong);
    await expect(run('second-url')).rejects.toThrow(wrong);
    await expect(auditCommand.run(['--domain', join(served.folder, 'none')])).rejects.toThrow(
      'WAX_AUDITCOMMAND_FILE',
    );
  });
});
