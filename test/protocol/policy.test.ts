import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { CodedError } from '../../protocol/errors.ts';
import type { JsonValue } from '../../protocol/json.ts';
import { formatTrustDomain, parseTrustDomain } from '../../protocol/policy.ts';
import { LogBuilder } from '../support/log-builder.ts';

type File = { [key: string]: JsonValue };
let log: LogBuilder;
beforeAll(async () => {
  log = await LogBuilder.create({ witnesses: 4, quorum: 3 });
});

const parse = (file: JsonValue) => parseTrustDomain(JSON.stringify(file));
const witness = (i: number): File => (log.domainFile().witnesses as File[])[i] as File;

test('reads back what it writes', () => {
  const domain = log.domain();
  expect(parseTrustDomain(formatTrustDomain(domain))).toEqual(domain);
});

describe('quorum', () => {
  const withQuorum = (witnesses: number, quorum: number, faulty: number) =>
    parse(log.domainFile({ witnesses: [0, 1, 2, 3].slice(0, witnesses).map(witness), quorum, faulty }));

  test.each([
    [4, 3, 0],
    [4, 3, 1],
    [3, 2, 0],
    [3, 3, 2],
    [1, 1, 0],
  ])('accepts of %i witnesses %i, with %i dishonest', (witnesses, quorum, faulty) => {
    expect(withQuorum(witnesses, quorum, faulty).quorum).toBe(quorum);
  });

  test.each([
    [4, 2, 0],
    [3, 1, 0],
    [3, 2, 1],
    [4, 3, 2],
    [2, 1, 0],
    [2, 3, 0],
  ])('refuses of %i witnesses %i, with %i dishonest', (witnesses, quorum, faulty) => {
    expect(() => withQuorum(witnesses, quorum, faulty)).toThrow('WAX_POLICY_QUORUM');
  });
});

describe('a relay', () => {
  const relay = { url: 'https://relay.example', operator: 'Rowan Foundation' };
  const enclave = (): File => (log.domainFile().enclaves as File[])[0] as File;
  const withRelay = (value: JsonValue) => log.domainFile({ enclaves: [{ ...enclave(), relay: value }] });

  test('is read, and written back', () => {
    const domain = parse(withRelay(relay));
    expect(domain.enclaves[0]?.relay).toEqual(relay);
    expect(parseTrustDomain(formatTrustDomain(domain))).toEqual(domain);
  });

  test('is refused at the address of a service', () => {
    const file = withRelay({ ...relay, url: enclave().service as string });
    expect(() => parse(file)).toThrow('WAX_POLICY_RELAY');
  });

  test.each<[string, JsonValue]>([
    ['without a name', { url: relay.url }],
    ['in the clear', { ...relay, url: 'http://relay.example' }],
    ['with a path', { ...relay, url: 'https://relay.example/of/one' }],
    ['with more keys', { ...relay, token: 'x' }],
    ['of nothing', null],
  ])('is refused %s', (_what, value) => {
    expect(() => parse(withRelay(value))).toThrow('WAX_POLICY_FORM');
  });
});

describe('names and keys', () => {
  test('refuses one witness key under two names', () => {
    const twice = { ...witness(0), name: 'Another' };
    expect(() => parse(log.domainFile({ witnesses: [witness(0), witness(1), witness(2), twice] }))).toThrow(
      'WAX_POLICY_KEY',
    );
  });

  test('refuses two witnesses with one name', () => {
    const same = { ...witness(3), name: witness(0).name as string };
    expect(() => parse(log.domainFile({ witnesses: [witness(0), witness(1), witness(2), same] }))).toThrow(
      'WAX_POLICY_DUPLICATE',
    );
  });

  test('refuses two enclaves with one origin', () => {
    const [enclave] = log.domainFile().enclaves as File[];
    expect(() =>
      parse(log.domainFile({ enclaves: [enclave as File, { ...enclave, name: 'Other' }] })),
    ).toThrow('WAX_POLICY_DUPLICATE');
  });

  test('refuses a log key where a witness key belongs, and the other way round', () => {
    const file = log.domainFile();
    const key = (file.log as File).key as string;
    expect(() => parse({ ...file, log: { ...(file.log as File), key: witness(0).key as string } })).toThrow(
      'WAX_POLICY_KEY',
    );
    expect(() => parse({ ...file, witnesses: [{ ...witness(0), key }] })).toThrow('WAX_POLICY_KEY');
  });

  test('refuses a key whose id does not fit', () => {
    const key = (witness(0).key as string).replace(/\+[0-9a-f]{8}\+/, '+00000000+');
    expect(() => parse(log.domainFile({ witnesses: [{ ...witness(0), key }] }))).toThrow('WAX_POLICY_KEY');
  });
});

describe('form', () => {
  test('refuses a file without any one of its keys, and with one more', () => {
    const file = log.domainFile();
    for (const key of Object.keys(file)) {
      const { [key]: _, ...rest } = file;
      expect(() => parse(rest), key).toThrow('WAX_POLICY_FORM');
    }
    expect(() => parse({ ...file, extra: 1 })).toThrow('WAX_POLICY_FORM');
  });

  test.each<[string, File]>([
    ['another format', { format: 'waxseal-trust-domain/2' }],
    ['hardware of an unknown type', { hardware: { sgx: {} } }],
    ['an unknown demand on hardware', { hardware: { 'sev-snp': { debug: true } } }],
    ['cosignatures of any age', { freshness: { cosignatureHours: 1000, syncMinutes: 15 } }],
    ['a policy hash in capitals', { policyEntry: 'AB'.repeat(32) }],
    [
      'an enclave without TLS',
      { enclaves: [{ service: 'http://a.example', name: 'A', product: 'p', machines: false }] },
    ],
    [
      'an enclave with a path',
      { enclaves: [{ service: 'https://a.example/x', name: 'A', product: 'p', machines: false }] },
    ],
  ])('refuses %s', (_, changes) => {
    expect(() => parse(log.domainFile(changes))).toThrow('WAX_POLICY_FORM');
  });

  test.each<[string, File]>([
    ['without TLS', { url: 'http://log.example' }],
    ['with a path', { url: 'https://log.example/x' }],
    ['pinned at nothing', { pin: { size: 0, root: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' } }],
    ['pinned at half a root', { pin: { size: 1, root: 'AAAA' } }],
  ])('refuses a log %s', (_, changes) => {
    const file = log.domainFile();
    expect(() => parse({ ...file, log: { ...(file.log as File), ...changes } })).toThrow('WAX_POLICY_FORM');
  });

  test('takes the loopback without TLS, for development', () => {
    const service = 'http://127.0.0.1:4000';
    const enclaves = [{ service, name: 'A', product: 'p', machines: true }];
    expect(parse(log.domainFile({ enclaves })).enclaves[0]?.service).toBe(service);
  });

  test('either reads or throws a coded error, whatever the bytes', () => {
    const text = formatTrustDomain(log.domain());
    const damaged = fc
      .tuple(fc.nat(text.length - 1), fc.nat(3), fc.string({ maxLength: 3 }))
      .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.json(), fc.string()), (input) => {
        try {
          const domain = parseTrustDomain(input);
          expect(2 * domain.quorum).toBeGreaterThan(domain.witnesses.length + domain.faulty);
          expect(parseTrustDomain(formatTrustDomain(domain))).toEqual(domain);
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          expect(error.code).toMatch(/^WAX_POLICY_/);
        }
      }),
      { seed: 7, numRuns: 400 },
    );
  });
});
