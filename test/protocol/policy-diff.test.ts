import { beforeAll, describe, expect, test } from 'vitest';
import type { JsonValue } from '../../protocol/json.ts';
import { compareTrustDomains, type DiffLine, type DiffMark } from '../../protocol/policy-diff.ts';
import { LogBuilder } from '../support/log-builder.ts';

type Changes = { [key: string]: JsonValue };
const strict = { hardware: { 'sev-snp': {}, tdx: {}, nitro: {} }, enclaves: [] };
const approvers = (threshold: number, publishers: number) => ({
  threshold,
  publishers: Array.from({ length: publishers }),
});

let ours: LogBuilder;
let theirs: LogBuilder;
beforeAll(async () => {
  ours = await LogBuilder.create({ witnesses: 4, quorum: 3 });
  theirs = await LogBuilder.create({
    witnesses: 4,
    quorum: 3,
    origin: 'northern.example/log',
    seed: 'north',
  });
});

function lines(changes: Changes, needed = approvers(2, 3)): DiffLine[] {
  const domain = theirs.domain({ ...theirs.domainFile(strict), ...changes });
  const builtIn = { domain: ours.domain(strict), approvers: approvers(2, 3) };
  return compareTrustDomains({ domain, approvers: needed }, builtIn);
}

function mark(id: DiffLine['id'], changes: Changes, needed = approvers(2, 3)): DiffMark | undefined {
  return lines(changes, needed).find((line) => line.id === id)?.mark;
}

test('marks nothing as weaker in a domain that is as strict', () => {
  expect(lines({}).map(({ id, mark }) => [id, mark])).toEqual([
    ['enclaves', 'new'],
    ['log', 'new'],
    ['publishers', 'new'],
    ['witnesses', 'same'],
    ['hardware', 'same'],
    ['freshness', 'same'],
  ]);
});

test('says who stands between the person and the enclaves', () => {
  const relay = { url: 'https://relay.example', operator: 'Rowan Foundation' };
  const plain = { service: 'https://ai.example', name: 'A', product: 'p', machines: false };
  const line = (enclaves: JsonValue) => lines({ enclaves }).find(({ id }) => id === 'relays');
  expect(line([plain])).toBeUndefined();
  const enclaves = [
    { ...plain, relay },
    { ...plain, service: 'https://ai-2.example', relay },
  ];
  expect(line(enclaves)).toEqual({
    id: 'relays',
    mark: 'new',
    relays: [relay],
    everywhere: true,
  });
  expect(line([...enclaves, { ...plain, service: 'https://ai-3.example' }])).toMatchObject({
    everywhere: false,
  });
});

describe('weaker', () => {
  test('is a domain that speaks for an enclave of the built-in one', () => {
    const enclaves = [{ service: 'https://ai.example', name: 'A', product: 'p', machines: false }];
    const builtIn = { domain: ours.domain({ ...strict, enclaves }), approvers: null };
    const domain = theirs.domain({ ...strict, enclaves });
    expect(compareTrustDomains({ domain, approvers: null }, builtIn)[0]).toMatchObject({
      id: 'enclaves',
      mark: 'weaker',
    });
    expect(mark('enclaves', { enclaves })).toBe('new');
  });

  test('is one person who approves alone, and a lower threshold than the built-in one', () => {
    expect(lines({}, approvers(1, 2)).find(({ id }) => id === 'publishers')).toMatchObject({
      mark: 'weaker',
      theirs: { needed: 1, all: 2 },
      ours: { needed: 2, all: 3 },
    });
    expect(mark('publishers', {}, approvers(3, 3))).toBe('new');
  });

  test('is a set of witnesses of whom none may cheat, where one may', () => {
    const witnesses = (theirs.domainFile().witnesses as JsonValue[]).slice(0, 3);
    expect(mark('witnesses', { witnesses, quorum: 2 })).toBe('weaker');
    expect(mark('witnesses', { witnesses, quorum: 3 })).toBe('new');
  });

  test('is one operator with two witnesses', () => {
    const witnesses = (theirs.domainFile().witnesses as Changes[]).map((witness) => ({
      ...witness,
      operator: 'One and the same',
    }));
    expect(mark('operators', { witnesses })).toBe('weaker');
  });

  test('is the simulator', () => {
    expect(mark('simulator', { hardware: { 'sev-snp-simulated': {} } })).toBe('weaker');
  });

  test.each<[string, Changes]>([
    ['Milan', { 'sev-snp': { products: ['genoa', 'milan'] } }],
    ['VLEK', { 'sev-snp': { vlek: true } }],
    ['old reports', { 'sev-snp': { minimumReportVersion: 2 } }],
    [
      'old firmware',
      { 'sev-snp': { minimumTcb: { genoa: { bootloader: 9, tee: 0, snp: 23, microcode: 84 } } } },
    ],
    ['uncommitted firmware', { 'sev-snp': { provisionalFirmware: true } }],
    ['masked chips', { 'sev-snp': { maskedChip: true } }],
    ['CXL', { 'sev-snp': { cxl: true } }],
    ['no alias check', { 'sev-snp': { aliasCheck: false } }],
    ['another VMPL', { 'sev-snp': { vmpl: 1 } }],
    ['out of date TDX', { tdx: { statuses: ['UpToDate', 'OutOfDate'] } }],
    ['restarts left out', { tdx: { relaunchAdvised: true } }],
    ['open advisories', { tdx: { advisories: ['INTEL-SA-00001'] } }],
    ['page faults', { tdx: { septVeDisable: false } }],
    ['protection keys', { tdx: { protectionKeys: true } }],
    ['performance counters', { tdx: { performanceMonitoring: true } }],
    ['old Nitro documents', { nitro: { maximumAgeSeconds: 3600 } }],
    ['Nitro documents with a foreign key', { nitro: { publicKey: true } }],
    ['future Nitro documents', { nitro: { clockSkewSeconds: 3600 } }],
  ])('is hardware with %s', (_, hardware) => {
    expect(mark('hardware', { hardware })).toBe('weaker');
  });

  test('is not a stricter demand on hardware', () => {
    const hardware = {
      'sev-snp': { products: ['turin'], minimumGuestSvn: 4, smt: false, deniedHardware: ['ab'.repeat(64)] },
      tdx: { minimumEvaluation: 20 },
      nitro: { maximumAgeSeconds: 60, pcrs: { 8: 'ab'.repeat(48) } },
    };
    expect(mark('hardware', { hardware })).toBe('same');
  });

  test('is an open value, a missing demand or a missing refusal where the built-in domain has one', () => {
    const demands: Changes = {
      'sev-snp': {
        minimumFirmware: '1.55.40',
        minimumAbi: '1.58',
        minimumGuestSvn: 2,
        requiredMitigations: '0000000000000003',
        require: ['singleSocket'],
        smt: false,
        pinned: { hostData: 'ab'.repeat(32) },
        deniedHardware: ['ab'.repeat(64)],
      },
      tdx: {
        grace: false,
        minimumEvaluation: 20,
        pinned: { mrSeam: 'ab'.repeat(48) },
        deniedHardware: ['ab'.repeat(16)],
      },
      nitro: { pcrs: { 8: 'ab'.repeat(48) } },
    };
    const builtIn = { domain: ours.domain({ ...strict, hardware: demands }), approvers: null };
    for (const [type, fields] of Object.entries(demands)) {
      for (const field of Object.keys(fields as Changes)) {
        const { [field]: _, ...rest } = fields as Changes;
        const domain = theirs.domain({ ...strict, hardware: { ...demands, [type]: rest } });
        const found = compareTrustDomains({ domain, approvers: null }, builtIn).find(
          ({ id }) => id === 'hardware',
        );
        expect(found?.mark, `${type}.${field}`).toBe('weaker');
        expect(found, `${type}.${field}`).toMatchObject({ weaknesses: [{ type, field }] });
      }
    }
  });

  test('is a type of hardware that the built-in domain does not take', () => {
    const builtIn = { domain: ours.domain({ ...strict, hardware: { nitro: {} } }), approvers: null };
    const domain = theirs.domain({ ...strict, hardware: { nitro: {}, tdx: {} } });
    const found = compareTrustDomains({ domain, approvers: null }, builtIn).find(
      ({ id }) => id === 'hardware',
    );
    expect(found).toMatchObject({ mark: 'weaker', weaknesses: [{ type: 'tdx', field: 'type', items: [] }] });
  });

  test.each([
    { cosignatureHours: 48, syncMinutes: 15 },
    { cosignatureHours: 24, syncMinutes: 30 },
  ])('is freshness of %o', (freshness) => {
    expect(mark('freshness', { freshness })).toBe('weaker');
  });
});

test('says that it does not know the publishers yet', () => {
  const compared = { domain: theirs.domain(strict), approvers: null };
  expect(compareTrustDomains(compared, { domain: ours.domain(strict), approvers: null })[2]).toMatchObject({
    id: 'publishers',
    mark: 'new',
    theirs: null,
    ours: null,
  });
});
