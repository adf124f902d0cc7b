/**
 * The whole story of an image: measured, signed by publishers, taken by a real log with real witnesses, checked by an
 * auditor from a second build, reported by hardware of each kind, and accepted by a client; and no other image is.
 * The hardware's certificates are our own and dated, so the clock is set to their time.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkCommand, measureCommand } from '../../bin/commands/release/measure.ts';
import { reportLines } from '../../bin/report-text.ts';
import { syncLog } from '../../extension/session/log-client.ts';
import type { LogState } from '../../protocol/log/state.ts';
import { measureShape } from '../../protocol/measurement/image.ts';
import { parseTrustDomain, type TrustDomain } from '../../protocol/policy.ts';
import type { VerificationReport } from '../../protocol/report.ts';
import { encodeAnswer } from '../../protocol/session/answer.ts';
import { BatchTree, batchLeaf, reportData } from '../../protocol/session/batch.ts';
import { encodeSessionHeader } from '../../protocol/session/header.ts';
import { generateSessionKey } from '../../protocol/session/hpke.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import { verifyAnswer } from '../../protocol/verify.ts';
import { at } from '../support/attestation/amd-pki.ts';
import { MINUTE, releaseFields } from '../support/log-builder.ts';
import { LogWorld, submit } from '../support/log-server.ts';
import { hardware, type Registers } from '../support/measurement/evidence.ts';
import {
  flipMiddle,
  type ImageChange,
  makeImage,
  shapes,
  shapesFile,
  writeImage,
} from '../support/measurement/image.ts';
import { FakeClock, sessionHeader, statementBytes } from '../support/session.ts';
import { approvedStatement, SERVICE } from '../support/verified-exchange.ts';

let world: LogWorld;
let app: Awaited<ReturnType<LogWorld['start']>>;
let domain: TrustDomain;
let log: LogState;
let entry: number;
let lines: string[];
const path = (...names: string[]) => join(world.folder, ...names);

async function folderOf(name: string, change: ImageChange = {}, text = shapesFile()): Promise<string> {
  await mkdir(path(name), { recursive: true });
  await writeImage(path(name), makeImage(change), text);
  return path(name);
}

async function synced(): Promise<LogState> {
  let state: LogState | null = null;
  for (;;) {
    const step = await syncLog({ domain, state, fetch, now: Date.now });
    if (step.problem) throw new Error(step.problem.code);
    state = step.state;
    if (!step.more) return state;
  }
}

const quiet = () => {
  for (const stream of ['log', 'error'] as const) {
    vi.spyOn(console, stream).mockImplementation((text: string) => {
      lines.push(text);
    });
  }
};
const printed = () => lines.join('\n');

beforeAll(async () => {
  lines = [];
  quiet();
  vi.useFakeTimers({ toFake: ['Date'], now: at });
  world = await LogWorld.create({ at: at - MINUTE });
  app = await world.start();
  const url = await app.listen({ host: '127.0.0.1', port: 0 });

  // The publishers measure their build, and publish how.
  const image = await folderOf('publishers');
  await measureCommand.run(['--image', image, '--json']);
  const measurements = JSON.parse(lines.at(-1) ?? '');
  await measureCommand.run(['--image', image, '--json', '--explain']);
  await writeFile(path('published.json'), lines.at(-1) ?? '');
  const fields = releaseFields(at - MINUTE);
  const registersOf = ({ shape, ...registers }: Registers) => ({ shape: shape ?? '', registers });
  const release = await world.builder.entry('release', {
    ...fields,
    measurements: Object.fromEntries(
      Object.entries<Registers[]>(measurements).map(([platform, list]) => [platform, list.map(registersOf)]),
    ),
  });
  await writeFile(path('release.json'), release);
  const answer = await submit(app, release);
  entry = answer.json().index;

  const file = world.builder.domainFile({ hardware: { 'sev-snp': {}, tdx: {}, nitro: {} } });
  const text = JSON.stringify({ ...file, log: { ...(file.log as object), url } });
  await writeFile(path('domain.json'), text);
  domain = parseTrustDomain(text);
  log = await synced();
});

afterAll(async () => {
  await world.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

beforeEach(() => {
  lines = [];
});

/** The report of a client on an answer with evidence of this platform, whose machine reports these registers. */
async function reportOn(platform: string, registers: Registers): Promise<VerificationReport> {
  const clock = new FakeClock();
  clock.wall = at;
  const offer = createOffer();
  const headerBytes = encodeSessionHeader(sessionHeader());
  const { pk } = await generateSessionKey();
  const tree = new BatchTree([batchLeaf({ nonce: offer.nonce, headerBytes, pk })]);
  const statement = statementBytes(approvedStatement);
  const made = hardware[platform]?.(registers, reportData(tree.root, statement));
  if (!made) throw new Error(platform);
  const { input, verifier } = made;
  const answerBody = encodeAnswer({
    ...{ evidenceType: verifier.code, headerBytes, pk, ...tree.place(0), logSizeHint: log.ledger.size },
    ...{ statement, evidence: input.evidence, endorsements: [...input.endorsements], staple: null },
  });
  const sentAt = { now: clock.now(), monotonic: clock.monotonic() };
  return verifyAnswer(
    { offer, answerBody, service: SERVICE, sentAt },
    { domain, imported: false, log: { state: log, problem: null }, clock, verifiers: [verifier] },
  );
}

/** The rows that fail in it. */
async function verdictOn(platform: string, registers: Registers): Promise<string[]> {
  const { rows, verdict } = await reportOn(platform, registers);
  const failing = rows.filter(({ state }) => state === 'fail').map(({ id, code }) => `${id} ${code}`);
  expect(verdict).toBe(failing.length === 0 ? 'pass' : 'fail');
  return failing;
}

const check = (image: string, ...more: string[]) =>
  checkCommand.run([String(entry), '--domain', path('domain.json'), '--image', image, ...more]);

describe('an image that was measured, signed and logged', () => {
  it('is the one that an auditor builds again, by the entry of the log and by a file', async () => {
    const image = await folderOf('auditor');
    expect(await check(image)).toBe(0);
    expect(printed()).toContain(`waxseal-demo version 1: entry ${entry}, signed by`);
    expect(printed()).toContain('9 registers agree.');
    expect(await checkCommand.run([path('release.json'), '--image', image, '--json'])).toBe(0);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      ...{ format: 'waxseal-release-check/1', verdict: 'same', agreeing: 9, differences: [] },
      entry: { product: 'waxseal-demo', version: 1, logged: null },
    });
    expect(
      await checkCommand.run([path('release.json'), '--domain', path('domain.json'), '--image', image]),
    ).toBe(0);
  });

  it.each(shapes)('is accepted by a client from a machine with $platform', async (shape) => {
    expect(await verdictOn(shape.platform, measureShape(shape, makeImage()).registers)).toEqual([]);
  });
});

const changes: [what: string, change: ImageChange, platforms: string[], part: string][] = [
  ['the kernel', { kernel: flipMiddle }, ['sev-snp', 'tdx', 'nitro'], 'kernel'],
  ['the initramfs', { initramfs: flipMiddle }, ['sev-snp', 'tdx', 'nitro'], 'initramfs'],
  [
    'the command line',
    { commandLine: 'console=ttyS1 panic=-1 waxseal.end' },
    ['sev-snp', 'tdx'],
    'command line',
  ],
  [
    'the line of the enclave',
    { enclaveLine: 'reboot=j panic=30 pci=off waxseal.end' },
    ['nitro'],
    'command line',
  ],
  ['the firmware', { firmware: flipMiddle }, ['sev-snp', 'tdx'], 'firmware'],
  ['the application of the enclave', { application: flipMiddle }, ['nitro'], 'initramfs'],
];

describe.each(changes)('one byte of %s, changed', (_what, change, platforms, part) => {
  it('is found by an auditor, and named', async () => {
    const image = await folderOf(`changed ${part}`, change);
    expect(await check(image, '--published', path('published.json'), '--json')).toBe(10);
    const { verdict, differences } = JSON.parse(lines.at(-1) ?? '');
    expect(verdict).toBe('different');
    const named = differences.map((one: { platform: string; parts: string[] }) => [
      one.platform,
      ...one.parts,
    ]);
    expect(new Set(named.map(String))).toEqual(new Set(platforms.map((platform) => `${platform},${part}`)));
    // Without the account of the publishers the verdict is the same, and the part is among those named.
    lines = [];
    expect(await check(image)).toBe(10);
    expect(printed()).toContain('This image is not the one that the release approves.');
    for (const line of printed()
      .split('\n')
      .filter((text) => text.startsWith('FAIL')))
      expect(line).toContain(part);
  });

  it.each(shapes)(
    'is refused by a client from a machine with $platform, if it is measured there',
    async (shape) => {
      const { registers } = measureShape(shape, makeImage(change));
      const isMeasured = platforms.includes(shape.platform);
      expect(await verdictOn(shape.platform, registers)).toEqual(
        isMeasured ? ['release WAX_RELEASE_UNKNOWN'] : [],
      );
    },
  );
});

const [snp, tdx, nitro] = shapes;
const machines: [what: string, list: Parameters<typeof measureShape>[0][], part: string][] = [
  ['one more processor', [{ ...snp, vcpus: 5 }, tdx, nitro], 'processors'],
  ['another type of processor', [{ ...snp, vcpuType: 'EPYC-Turin' }, tdx, nitro], 'processors'],
  ['more memory', [snp, { ...tdx, memoryBytes: 2 ** 35 }, nitro], 'memory size'],
  [
    'another description of hardware',
    [snp, { ...tdx, acpi: { ...tdx.acpi, tables: 'ab'.repeat(48) } }, nitro],
    'hardware description',
  ],
];

describe.each(machines)('the same image on a machine with %s', (_what, list, part) => {
  it('is not what was approved, and the auditor reads why', async () => {
    const image = await folderOf(`other machine ${part}`, {}, shapesFile(list));
    expect(await check(image, '--published', path('published.json'))).toBe(10);
    expect(printed()).toContain(part);
  });

  it('is refused by a client', async () => {
    const other = list.find((shape, index) => shape !== shapes[index]);
    if (!other) throw new Error('no other machine');
    expect(await verdictOn(other.platform, measureShape(other, makeImage()).registers)).toEqual([
      'release WAX_RELEASE_UNKNOWN',
    ]);
  });
});

describe('what a person reads of a program that was never approved', () => {
  const other = { kernel: flipMiddle };
  const vendors = [
    ['sev-snp', 'AMD', true],
    ['tdx', 'Intel', true],
    ['nitro', 'AWS', false],
  ] as const;
  it.each(vendors)(
    'on %s of %s, says whether a cloud may stand behind it',
    async (platform, vendor, isSaid) => {
      const shape = shapes.find((one) => one.platform === platform);
      if (!shape) throw new Error(platform);
      const refused = await reportOn(platform, measureShape(shape, makeImage(other)).registers);
      const text = reportLines({ ...refused, vendor }).join('\n');
      expect(text).toContain('[WAX_RELEASE_UNKNOWN]');
      expect(text.includes("provider's firmware, which no release can name")).toBe(isSaid);
      const accepted = await reportOn(platform, measureShape(shape, makeImage()).registers);
      expect(reportLines({ ...accepted, vendor }).join('\n')).not.toContain('provider');
    },
  );
});

describe('a register that is null, or that another platform has', () => {
  it('is no wildcard in a machine: zeros are refused where they were not approved', async () => {
    const { registers } = measureShape(tdx, makeImage());
    for (const name of ['mrtd', 'rtmr0', 'rtmr1', 'rtmr2']) {
      expect(await verdictOn('tdx', { ...registers, [name]: '00'.repeat(48) })).toEqual([
        'release WAX_RELEASE_UNKNOWN',
      ]);
    }
    expect(await verdictOn('tdx', { ...registers, rtmr3: '01'.repeat(48) })).toEqual([
      'release WAX_RELEASE_UNKNOWN',
    ]);
  });
});

describe('release check', () => {
  it('ends with 10 for an entry that is no release, with 20 for a log that is not there', async () => {
    const image = await folderOf('auditor');
    expect(await checkCommand.run(['0', '--domain', path('domain.json'), '--image', image])).toBe(10);
    expect(await checkCommand.run(['99', '--domain', path('domain.json'), '--image', image])).toBe(10);
    const { log: own, ...rest } = JSON.parse(await readFile(path('domain.json'), 'utf8'));
    await writeFile(
      path('nowhere.json'),
      JSON.stringify({ ...rest, log: { ...own, url: 'http://127.0.0.1:9' } }),
    );
    expect(await checkCommand.run(['1', '--domain', path('nowhere.json'), '--image', image])).toBe(20);
  });

  it('takes an entry from any log as it comes, and says that nothing stands behind it', async () => {
    const image = await folderOf('auditor');
    const url = domain.log.url;
    expect(await checkCommand.run([String(entry), '--log', `${url}/`, '--image', image])).toBe(0);
    expect(printed()).toContain('only --domain can tell');
    expect(await checkCommand.run(['99', '--log', url, '--image', image])).toBe(10);
    expect(await checkCommand.run(['0', '--log', url, '--image', image])).toBe(10);
    const both = ['--log', url, '--domain', path('domain.json'), '--image', image];
    await expect(checkCommand.run([String(entry), ...both])).rejects.toThrow('WAX_RELEASECMD_OPTION');
    for (const [name, log] of [
      ['1', 'log.example'],
      ['release.json', url],
    ] as const) {
      await expect(checkCommand.run([name, '--log', log, '--image', image])).rejects.toThrow(
        'WAX_RELEASECMD_OPTION',
      );
    }
  });

  it('needs one entry, an image, and a domain for a number', async () => {
    const image = await folderOf('auditor');
    await expect(checkCommand.run(['--image', image])).rejects.toThrow('WAX_RELEASECMD_OPTION');
    await expect(checkCommand.run(['1', '--image', image])).rejects.toThrow('WAX_RELEASECMD_OPTION');
    await expect(checkCommand.run([path('release.json')])).rejects.toThrow('WAX_RELEASECMD_OPTION');
    await expect(checkCommand.run([path('none.json'), '--image', image])).rejects.toThrow(
      'WAX_RELEASECMD_FILE',
    );
  });

  it('refuses an account that is none', async () => {
    const image = await folderOf('auditor');
    await writeFile(path('bad.json'), '{"format":"x"}');
    await expect(check(image, '--published', path('bad.json'))).rejects.toThrow('WAX_JSON_SHAPE');
  });

  it('ends with 10 for a release that is not in the log, or was taken back', async () => {
    const image = await folderOf('auditor');
    const other = await world.builder.entry('release', releaseFields(at - MINUTE, { version: 2 }));
    await writeFile(path('other.json'), other);
    const ask = () =>
      checkCommand.run([path('other.json'), '--domain', path('domain.json'), '--image', image]);
    expect(await ask()).toBe(10);
    expect(printed()).toContain('WAX_RELEASECMD_ENTRY');
    const { index, statementSha256 } = (await submit(app, other)).json();
    // In the log, but of another image.
    expect(await ask()).toBe(10);
    expect(printed()).toContain('This image is not the one that the release approves.');
    const status = { action: 'revoke' as const, index, statementSha256, reason: 'test' };
    await submit(app, await world.builder.entry('status', status));
    expect(await ask()).toBe(10);
    expect(printed()).toContain('was taken back by entry');
  });
});

describe('release measure', () => {
  it('prints the object that a release takes, every step with --explain, and the shapes of another file', async () => {
    const image = await folderOf('auditor');
    expect(await measureCommand.run(['--image', image])).toBe(0);
    expect(JSON.parse(printed())).toMatchObject({ tdx: [{ shape: '16 GiB' }], nitro: [{ shape: 'any' }] });
    lines = [];
    const other = path('other-shapes.json');
    await writeFile(other, shapesFile([{ ...snp, shape: 'small', vcpus: 1 }]));
    await measureCommand.run(['--image', image, '--shapes', other, '--explain']);
    expect(printed().split('\n')[0]).toBe('sev-snp, small');
    expect(printed()).toMatch(
      /launchDigest {2}[0-9a-f]{96} {2}processor 0, 0xfffffffff000, 1 page \(so far\)/,
    );
    expect(printed()).not.toContain('processor 1');
  });

  it('takes a firmware from elsewhere by its hash, and a command line of the platform before the common one', async () => {
    const image = await folderOf('elsewhere', {}, shapesFile([snp]));
    await measureCommand.run(['--image', image]);
    const firmware = await readFile(join(image, 'firmware.fd'));
    const name = makeImage().usualFirmware;
    await writeFile(path('elsewhere.rom'), firmware);
    const shapesAt = path('named.json');
    await writeFile(shapesAt, shapesFile([{ ...snp, firmware: name }]));
    const folder = await folderOf('without firmware', {}, shapesFile([snp]));
    await writeFile(join(folder, 'firmware.fd'), firmware.subarray(4096));
    await expect(measureCommand.run(['--image', folder, '--shapes', shapesAt])).rejects.toThrow(
      'WAX_MEASURE_PART',
    );
    await measureCommand.run(['--image', folder, '--shapes', shapesAt, '--firmware', path('elsewhere.rom')]);
    expect(lines[1]).toBe(lines[0]);
    await writeFile(join(image, 'cmdline.sev-snp'), 'other waxseal.end');
    await measureCommand.run(['--image', image]);
    expect(lines[2]).not.toBe(lines[0]);
  });

  it('refuses a folder that is not there, and parts that are missing', async () => {
    await expect(measureCommand.run(['--image', path('nowhere')])).rejects.toThrow('WAX_RELEASECMD_FILE');
    await expect(measureCommand.run([])).rejects.toThrow('WAX_RELEASECMD_OPTION');
    const image = await folderOf('no line', {}, shapesFile([tdx]));
    await writeFile(join(image, 'cmdline'), 'console=ttyS0\n');
    await expect(measureCommand.run(['--image', image])).rejects.toThrow('WAX_MEASURE_COMMAND_LINE');
  });
});
