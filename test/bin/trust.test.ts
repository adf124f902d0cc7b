import { writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { trustCommands } from '../../bin/commands/trust.ts';
import { parseTlogPolicy, verifyUnderPolicy } from '../../protocol/log/tlog-policy.ts';
import { formatTrustDomain } from '../../protocol/policy.ts';
import { runCommands } from '../support/commands.ts';
import { LogBuilder } from '../support/log-builder.ts';

const { path, output, waxseal } = runCommands(trustCommands);

const at = () => Math.floor(Date.now() / 1000) * 1000;

/** Both logs answer, each under its own address. */
function serve(...logs: LogBuilder[]): void {
  vi.stubGlobal('fetch', (async (input, init) => {
    const log = logs.find(({ url }) => String(input).startsWith(`${url}/`));
    return log ? log.fetch(input, init) : Promise.reject(new TypeError('nobody is there'));
  }) satisfies typeof fetch);
}

describe('trust compare', () => {
  let ours: LogBuilder;
  let theirs: LogBuilder;
  beforeEach(async () => {
    ours = await LogBuilder.create({ at: at(), witnesses: 4, quorum: 3 });
    theirs = await LogBuilder.create({
      at: at(),
      origin: 'north.example/log',
      url: 'https://north.example',
      seed: 'north',
      witnesses: 4,
      quorum: 3,
    });
    serve(ours, theirs);
  });

  const write = async (file: string, log: LogBuilder, changes = {}) => {
    const text = formatTrustDomain(log.domain({ hardware: { 'sev-snp': {} }, enclaves: [], ...changes }));
    await writeFile(path(file), text);
  };
  const compare = async (...more: string[]) => {
    await write('ours.json', ours, { name: 'Waxseal' });
    await write('theirs.json', theirs, { name: 'Northern' });
    return waxseal('trust compare', path('theirs.json'), path('ours.json'), ...more);
  };

  test('marks what is weaker, and says so by its exit code', async () => {
    await write('ours.json', ours);
    await write('theirs.json', theirs, { hardware: { 'sev-snp-simulated': {} } });
    expect(await waxseal('trust compare', path('theirs.json'), path('ours.json'))).toBe(10);
    expect(output.join('\n')).toContain('weaker  Simulated machines count.');
    expect(await waxseal('trust compare', path('ours.json'), path('ours.json'))).toBe(0);
  });

  test('says how many approve, and by name who approves under one only, or under both', async () => {
    await theirs.add('policy', { publishers: theirs.publisherList([1, 2]), threshold: 2 });
    await theirs.publish();
    await ours.add('policy', { publishers: ours.publisherList([0, 1]), threshold: 2 });
    await ours.publish();
    expect(await compare()).toBe(0);
    const text = output.join('\n');
    expect(text).toContain(
      'new     2 people must approve a program. Needs 2 of 2 publishers. The built-in one needs 2 of 2.',
    );
    expect(text).toContain('new     May approve under Northern only: publisher-2. Not under Waxseal.');
    expect(text).toContain('new     May approve under Waxseal only: publisher-0. Not under Northern.');
    expect(text).toContain('same    May approve under both: publisher-1. With the same key.');
  });

  test('marks one person alone as weaker', async () => {
    await theirs.add('policy', { publishers: theirs.publisherList([0]), threshold: 1 });
    await theirs.publish();
    expect(await compare('--json')).toBe(10);
    expect(JSON.parse(output[0] ?? '')).toContainEqual({
      id: 'publishers',
      mark: 'weaker',
      theirs: { needed: 1, all: 1 },
      ours: { needed: 2, all: 3 },
      title: 'One person alone can approve a program',
      detail: 'Needs 1 of 1 publisher. The built-in one needs 2 of 3.',
    });
  });

  test('does not take another key for the same person because of its name', async () => {
    const [ada, mary] = theirs.publisherList([0, 1]) as [{ name: string; key: string }, { key: string }];
    await theirs.add('policy', {
      publishers: [{ ...ada, key: mary.key }, theirs.publisherList([2])[0] ?? ada],
      threshold: 2,
    });
    await ours.add('policy', { publishers: ours.publisherList([0, 2]), threshold: 2 });
    await Promise.all([theirs.publish(), ours.publish()]);
    expect(await compare()).toBe(0);
    const text = output.join('\n');
    expect(text).toContain('The name of an approver stands for another key: publisher-0.');
    expect(text).toContain('May approve under both: publisher-2.');
    expect(text).not.toContain('only: publisher-0');
  });

  test('says that a log could not be read, and does not call that fine', async () => {
    serve(ours);
    expect(await compare()).toBe(20);
    const text = output.join('\n');
    expect(text).toContain('Other people approve programs');
    expect(text).toContain('The log of Northern was not read:');
  });

  test('does not believe a log that its witnesses have not signed', async () => {
    theirs.checkpoint = await theirs.sealCheckpoint({ by: [0, 1] });
    expect(await compare()).toBe(20);
    expect(output.join('\n')).toContain('WAX_ACCEPT_QUORUM');
  });

  test('asks nobody with --offline', async () => {
    vi.stubGlobal('fetch', () => {
      throw new Error('asked');
    });
    expect(await compare('--offline')).toBe(0);
    expect(output.join('\n')).toContain('It may be one person alone.');
  });

  test('needs two files', async () => {
    await expect(waxseal('trust compare', path('ours.json'))).rejects.toThrow('WAX_RELEASECMD_OPTION');
  });
});

describe('trust tlog-policy', () => {
  let log: LogBuilder;
  beforeEach(async () => {
    log = await LogBuilder.create();
    await writeFile(path('domain.json'), formatTrustDomain(log.domain()));
  });

  async function print(...args: string[]): Promise<Uint8Array> {
    const written: Uint8Array[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((bytes) => {
      written.push(Buffer.from(bytes));
      return true;
    });
    try {
      expect(await waxseal('trust tlog-policy', path('domain.json'), ...args)).toBe(0);
    } finally {
      write.mockRestore();
    }
    return Buffer.concat(written);
  }

  test('prints a policy under which a checkpoint of the log is valid, and one with too few witnesses is not', async () => {
    const policy = parseTlogPolicy(await print());
    expect((await verifyUnderPolicy(log.checkpoint, policy)).cosignatures).toHaveLength(3);
    await expect(verifyUnderPolicy(await log.sealCheckpoint({ by: [1] }), policy)).rejects.toThrow(
      'WAX_LOG_QUORUM',
    );
  });

  test('adds the addresses of witnesses where they are known', async () => {
    const policy = parseTlogPolicy(
      await print(
        '--witness',
        'witness-0.example https://w0.example',
        '--witness',
        'witness-2.example https://w2.example/',
      ),
    );
    expect(policy.witnesses.map(({ url }) => url)).toEqual([
      'https://w0.example',
      null,
      'https://w2.example',
    ]);
  });

  test.each([['nobody https://w.example'], ['witness-0.example'], ['witness-0.example ftp://w'], ['']])(
    'refuses the witness "%s"',
    async (witness) => {
      const run = waxseal('trust tlog-policy', path('domain.json'), '--witness', witness);
      await expect(run).rejects.toThrow('WAX_RELEASECMD_OPTION');
    },
  );
});

test.each(trustCommands.map((command) => [command.name, command] as const))(
  '%s explains itself',
  (name, { help }) => {
    expect(help).toContain(`Usage: waxseal ${name} `);
    expect(help).toContain('Exit codes: 0');
  },
);
