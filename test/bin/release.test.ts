import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { releaseCommands } from '../../bin/commands/release.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import { release as releaseKind } from '../../protocol/log/kinds/release.ts';
import { emptyLedger } from '../../protocol/log/ledger.ts';
import { Replay } from '../../protocol/log/replay.ts';
import { parseStatement } from '../../protocol/log/statement.ts';
import { formatTrustDomain } from '../../protocol/policy.ts';
import { readPolicyEntry } from '../../transparency-log/publish/entry.ts';
import { runCommands } from '../support/commands.ts';
import { LogBuilder, releaseFields, testDigest } from '../support/log-builder.ts';

const { path, output, waxseal } = runCommands(releaseCommands);

/** Keys of these people, as `--publisher` options. */
async function keysOf(...names: string[]): Promise<string[]> {
  const options: string[] = [];
  for (const name of names) {
    await waxseal('release keygen', '--name', name, '--out', path(`${name}.key`));
    options.push('--publisher', output.at(-1) ?? '');
  }
  return options;
}

/** A first policy of Ada, Bo and Cy, two of whom approve, signed by Ada and Bo. */
async function firstPolicy(): Promise<string> {
  const publishers = await keysOf('Ada', 'Bo', 'Cy');
  const file = path('policy.json');
  const what = ['--log', 'log.example/own', ...publishers, '--threshold', '2', '--out', file];
  await waxseal('release init', ...what, '--key', path('Ada.key'), '--yes');
  await waxseal('release sign', file, '--key', path('Bo.key'), '--yes');
  return file;
}

async function fieldsFile(): Promise<string> {
  const { expires: _, ...fields } = releaseKind.write(releaseFields(Date.now()));
  await writeFile(path('fields.json'), `${JSON.stringify(fields, null, 2)}\n`);
  return path('fields.json');
}

/** The verdicts of a log on these entries. */
async function verdicts(...files: string[]): Promise<(string | undefined)[]> {
  const entries = await Promise.all(files.map(async (file) => new Uint8Array(await readFile(file))));
  const { log, entrySha256 } = readPolicyEntry(entries[0] ?? new Uint8Array());
  const judged = await Replay.from(emptyLedger(log, entrySha256)).apply(entries);
  return judged.map(({ error }) => error?.code);
}

describe('a key', () => {
  test('can be read by its owner only, and is never overwritten', async () => {
    await keysOf('Ada');
    expect((await stat(path('Ada.key'))).mode & 0o777).toBe(0o600);
    await expect(keysOf('Ada')).rejects.toThrow('WAX_KEYFILE_EXISTS');
  });
});

describe('a draft', () => {
  test('collects signatures from one person after another until a log takes it', async () => {
    const policy = await firstPolicy();
    const draft = path('release.json');
    const fields = await fieldsFile();
    await waxseal('release approve', '--fields', fields, '--policy', policy, '--out', draft);
    expect(output.at(-1)).toContain('has 0 of 2 signatures');
    expect(await verdicts(policy, draft)).toEqual([undefined, 'WAX_STATEMENT_THRESHOLD']);
    await waxseal('release sign', draft, '--key', path('Cy.key'), '--policy', policy, '--yes');
    expect(output.at(-1)).toContain('has 1 of 2 signatures');
    await waxseal('release sign', draft, '--key', path('Ada.key'), '--policy', policy, '--yes');
    expect(output.at(-1)).toContain('is complete');
    expect(await verdicts(policy, draft)).toEqual([undefined, undefined]);
  });

  test('says what it does before it is signed, and who has signed', async () => {
    const policy = await firstPolicy();
    const draft = path('release.json');
    const about = ['--fields', await fieldsFile(), '--policy', policy, '--out', draft];
    await waxseal('release approve', ...about, '--key', path('Ada.key'), '--yes');
    output.length = 0;
    await waxseal('release show', draft, '--policy', policy);
    expect(output.join('\n')).toContain('Approve waxseal-demo version 1.');
    expect(output.join('\n')).toContain('https://enclave.example');
    expect(output.join('\n')).toContain('Signed by Ada; 2 needed.');
  });

  test('is not signed when nobody is there to confirm', async () => {
    const policy = await firstPolicy();
    const draft = path('release.json');
    await waxseal('release approve', '--fields', await fieldsFile(), '--policy', policy, '--out', draft);
    await expect(waxseal('release sign', draft, '--key', path('Ada.key'))).rejects.toThrow(
      'WAX_RELEASECMD_CONFIRM',
    );
    expect(parseEnvelope(await readFile(draft)).signatures).toEqual([]);
  });

  test('is not signed by somebody who is no publisher', async () => {
    const policy = await firstPolicy();
    await keysOf('Eve');
    const draft = path('release.json');
    await waxseal('release approve', '--fields', await fieldsFile(), '--policy', policy, '--out', draft);
    await expect(
      waxseal('release sign', draft, '--key', path('Eve.key'), '--policy', policy, '--yes'),
    ).rejects.toThrow('WAX_PUBLISH_STRANGER');
  });

  test('is not signed under another policy than the one in force', async () => {
    const policy = await firstPolicy();
    const draft = path('release.json');
    await waxseal('release approve', '--fields', await fieldsFile(), '--policy', policy, '--out', draft);
    const next = path('next.json');
    const change = [...(await keysOf('Dee')), '--threshold', '1', '--policy', policy, '--out', next];
    await waxseal('release policy', ...change);
    await expect(
      waxseal('release sign', draft, '--key', path('Ada.key'), '--policy', next, '--yes'),
    ).rejects.toThrow('WAX_PUBLISH_OTHER_POLICY');
  });

  test('never replaces a file', async () => {
    const policy = await firstPolicy();
    const fields = await fieldsFile();
    await expect(
      waxseal('release approve', '--fields', fields, '--policy', policy, '--out', fields),
    ).rejects.toThrow('WAX_RELEASECMD_EXISTS');
  });

  test('is refused with more than 90 days, or with fields that a release does not have', async () => {
    const policy = await firstPolicy();
    const fields = await fieldsFile();
    const about = ['--fields', fields, '--policy', policy, '--out', path('x.json')];
    await expect(waxseal('release approve', ...about, '--days', '91')).rejects.toThrow(
      'WAX_STATEMENT_VALIDITY',
    );
    await writeFile(fields, JSON.stringify({ ...JSON.parse(await readFile(fields, 'utf8')), debug: true }));
    await expect(waxseal('release approve', ...about)).rejects.toThrow('WAX_STATEMENT_FORM');
  });

  test('of every other kind is one that a log takes', async () => {
    const policy = await firstPolicy();
    const commit = testDigest('commit').slice(0, 40);
    const drafts: [string, ...string[]][] = [
      ['release grace', '--platform', 'tdx', '--event', 'INTEL-TCB-R-20', '--reason', 'patching'],
      ['release machine', '--platform', 'sev-snp', '--id', 'ab'.repeat(64), '--operator', 'Fernhill'],
      [
        'release extension',
        ...['--browser', 'chrome', '--version', '1.0.0', '--manifest-sha256', testDigest('e')],
        ...['--repository', 'https://example.org/waxseal', '--commit', commit],
      ],
      [
        'release close',
        ...['--reason', 'full', '--successor', 'log.example/two'],
        ...['--successor-key', (await LogBuilder.create()).signer.verifierKey.text],
      ],
    ];
    const files = [policy];
    for (const [i, [name, ...options]] of drafts.entries()) {
      const file = path(`${i}.json`);
      await waxseal(name, ...options, '--policy', policy, '--out', file, '--key', path('Ada.key'), '--yes');
      await waxseal('release sign', file, '--key', path('Bo.key'), '--policy', policy, '--yes');
      files.push(file);
    }
    expect(await verdicts(...files)).toEqual(files.map(() => undefined));
  });
});

describe('a draft out of a log', () => {
  async function served(): Promise<LogBuilder> {
    const log = await LogBuilder.create({ at: Date.now() - 60_000 });
    await log.release({ version: 3 });
    await log.publish();
    vi.stubGlobal('fetch', log.fetch);
    await writeFile(path('domain.json'), formatTrustDomain(log.domain()));
    return log;
  }
  const drafted = async (file: string) => parseStatement(parseEnvelope(await readFile(file)).payload);

  test('names entry and statement of what it revokes, under the policy in force', async () => {
    const log = await served();
    const file = path('revoke.json');
    const what = ['--index', '1', '--reason', 'a hole', '--domain', path('domain.json')];
    await waxseal('release revoke', ...what, '--out', file);
    expect(output.at(-1)).toContain('has 0 of 1 signatures');
    const { payload } = parseEnvelope(log.entries[1] ?? new Uint8Array());
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(payload))).toString('hex');
    expect(await drafted(file)).toMatchObject({
      action: 'revoke',
      index: 1,
      statementSha256: hash,
      policy: log.policy,
    });
  });

  test('supersedes for good, with one signature, and the log takes it', async () => {
    const log = await served();
    const file = path('supersede.json');
    const what = ['--index', '1', '--reason', 'newer', '--domain', path('domain.json')];
    await waxseal('release supersede', ...what, '--out', file);
    expect(await drafted(file)).toMatchObject({ kind: 'status', action: 'supersede', index: 1 });
    // Signed by one of the publishers of the log, as `release sign` would.
    const signed = await log.sign(parseEnvelope(await readFile(file)).payload, [2]);
    const judged = await Replay.from(emptyLedger(log.origin, log.domain().policyEntry)).apply([
      ...log.entries,
      signed,
    ]);
    expect(judged.map(({ error }) => error?.code)).toEqual([undefined, undefined, undefined]);
  });

  test('cannot name an entry of the log with the policy alone', async () => {
    const policy = await firstPolicy();
    const what = ['--index', '1', '--reason', 'x', '--policy', policy, '--out', path('x.json')];
    await expect(waxseal('release revoke', ...what)).rejects.toThrow('--domain is needed');
  });

  test('says what a revocation takes back', async () => {
    await served();
    const file = path('revoke.json');
    const domain = ['--domain', path('domain.json')];
    await waxseal('release revoke', '--index', '1', '--reason', 'a hole', ...domain, '--out', file);
    await waxseal('release show', file, ...domain);
    expect(output.at(-1)).toMatch(/takes back +Approve waxseal-demo version 3/);
  });

  test('renews a release with all its fields', async () => {
    await served();
    const file = path('renewal.json');
    await waxseal('release renew', '--index', '1', '--domain', path('domain.json'), '--out', file);
    const { expires: _, ...fields } = releaseFields(0, { version: 3 });
    expect(await drafted(file)).toMatchObject(fields);
  });

  test.each(['0', '7'])('is refused for entry %s, which cannot be taken back', async (index) => {
    await served();
    const what = [
      '--index',
      index,
      '--reason',
      'x',
      '--domain',
      path('domain.json'),
      '--out',
      path('x.json'),
    ];
    await expect(waxseal('release revoke', ...what)).rejects.toThrow('WAX_RELEASECMD_ENTRY');
  });

  test('is refused when the log cannot be verified', async () => {
    const log = await served();
    await log.publish({ by: [0] });
    const what = ['--index', '1', '--reason', 'x', '--domain', path('domain.json'), '--out', path('x.json')];
    await expect(waxseal('release revoke', ...what)).rejects.toThrow('quorum, WAX_ACCEPT_QUORUM');
  });
});

describe('release files', () => {
  async function build(name: string, manifest: object, more: { [file: string]: string } = {}) {
    const files = {
      'manifest.json': JSON.stringify(manifest),
      'icons/a.svg': '<svg/>',
      'z.js': '1',
      ...more,
    };
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(path(name), file)), { recursive: true });
      await writeFile(join(path(name), file), text);
    }
    output.length = 0;
    await waxseal('release files', path(name));
    return output[0];
  }
  const manifest = { manifest_version: 3, name: 'Waxseal', version: '1.0.0' };

  test('prints one hash for a build and for what a store made of it', async () => {
    const own = await build('own', manifest);
    expect(own).toMatch(/^[0-9a-f]{64}$/);
    const store = { ...manifest, update_url: 'https://clients2.google.com/service/update2/crx', key: 'MII' };
    expect(await build('chrome', store, { '_metadata/verified_contents.json': '[]' })).toBe(own);
    expect(await build('firefox', manifest, { 'META-INF/mozilla.rsa': 'x' })).toBe(own);
  });

  test.each<[string, object, { [file: string]: string }]>([
    ['a byte', manifest, { 'z.js': '2' }],
    ['a file more', manifest, { 'more.js': '' }],
    ['a permission', { ...manifest, permissions: ['tabs'] }, {}],
    ['a folder that only looks like a store', manifest, { 'x/_metadata/y': '' }],
  ])('prints another hash for %s', async (_, changed, more) => {
    const own = await build('own', manifest);
    expect(await build('other', changed, more)).not.toBe(own);
  });

  test('lists what it hashes, in the order of the bytes', async () => {
    await build('own', manifest, { 'Z.js': '', 'icons.txt': '' });
    output.length = 0;
    await waxseal('release files', path('own'), '--list');
    const lines = (output[0] ?? '').split('\n').map((line) => line.slice(65));
    expect(lines).toEqual(['Z.js', 'icons.txt', 'icons/a.svg', 'manifest.json', 'z.js']);
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(`${output[0]}\n`))).toString(
      'hex',
    );
    await waxseal('release files', path('own'), '--json');
    expect(JSON.parse(output[1] ?? '')).toEqual({ manifestSha256: hash, files: lines });
  });

  test('refuses a folder without a manifest, one that is not there, and links', async () => {
    await mkdir(path('empty'));
    await expect(waxseal('release files', path('empty'))).rejects.toThrow('WAX_PUBLISH_FILES');
    await expect(waxseal('release files', path('none'))).rejects.toThrow('WAX_PUBLISH_FILES');
    await build('linked', manifest);
    await symlink('/etc/hostname', join(path('linked'), 'hostname'));
    await expect(waxseal('release files', path('linked'))).rejects.toThrow('WAX_PUBLISH_FILES');
    await build('broken', manifest);
    await writeFile(join(path('broken'), 'manifest.json'), '{"a":1,"a":2}');
    await expect(waxseal('release files', path('broken'))).rejects.toThrow('WAX_PUBLISH_FILES');
  });

  test('goes into an extension release, and so does a hash from elsewhere, but not both', async () => {
    const policy = await firstPolicy();
    const hash = await build('own', manifest);
    const what = [
      ...['--browser', 'chrome', '--version', '1.0.0', '--policy', policy, '--out', path('extension.json')],
      ...['--repository', 'https://example.org/waxseal', '--commit', testDigest('commit').slice(0, 40)],
      ...['--files', path('own')],
    ];
    await waxseal('release extension', ...what);
    const { payload } = parseEnvelope(await readFile(path('extension.json')));
    expect(parseStatement(payload)).toMatchObject({ kind: 'extension-release', manifestSha256: hash });
    const both = waxseal('release extension', ...what, '--manifest-sha256', testDigest('e'));
    await expect(both).rejects.toThrow('WAX_RELEASECMD_OPTION');
  });
});
