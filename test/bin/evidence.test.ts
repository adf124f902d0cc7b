import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { judgeEvidence } from '../../bin/commands/evidence/judge.ts';
import { parseEvidenceRequest } from '../../bin/commands/evidence/request.ts';
import { evidenceCommands } from '../../bin/commands/evidence.ts';
import type { JsonValue } from '../../protocol/json.ts';
import { makeNitro } from '../support/attestation/aws-pki.ts';
import { codeOf } from '../support/attestation/mutations.ts';
import { sharedVectors } from '../support/shared-vectors.ts';

type Request = { [key: string]: JsonValue };

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const judge = (request: Request) => judgeEvidence(parseEvidenceRequest(JSON.stringify(request)));
const failed = (answer: Awaited<ReturnType<typeof judge>>) => answer.checks.flatMap(({ code }) => code ?? []);

/** Runs the command with this text on standard input. */
async function waxseal(input: string): Promise<{ code: number; output: string }> {
  const output: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void output.push(line));
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(
    Readable.from([Buffer.from(input)]) as typeof process.stdin,
  );
  const code = await evidenceCommands[0]?.run([]);
  return { code: code ?? -1, output: output.join('\n') };
}

afterEach(() => {
  vi.restoreAllMocks();
});

const nitro = makeNitro().input;
const own: Request = {
  type: 'nitro',
  evidence: base64(nitro.evidence),
  at: new Date(nitro.at).toISOString(),
  expected: { reportData: 'ab'.repeat(64) },
};

describe('waxseal evidence verify', () => {
  it('answers a rejection with all layers and exit code 10', async () => {
    const { code, output } = await waxseal(JSON.stringify(own));
    const answer = JSON.parse(output);
    expect(code).toBe(10);
    expect(answer.verdict).toBe('reject');
    // Own evidence ends in a root of our own, which is not one of the vendors'.
    expect(answer.layers).toEqual({
      format: 'pass',
      crypto: 'fail',
      collateral: 'pass',
      policy: 'pass',
      binding: 'pass',
    });
    expect(answer.claims.document.digest).toBe('SHA384');
  });

  it('judges only the layers that were asked for', async () => {
    const { code, output } = await waxseal(JSON.stringify({ ...own, layersOnly: ['format', 'policy'] }));
    const answer = JSON.parse(output);
    expect(code).toBe(0);
    expect(answer.verdict).toBe('accept');
    expect(answer.layers).toEqual({
      format: 'pass',
      crypto: 'skipped',
      collateral: 'skipped',
      policy: 'pass',
      binding: 'skipped',
    });
    expect(answer.checks.some(({ id }: { id: string }) => id === 'C3')).toBe(false);
  });

  it('compares registers from the first on', async () => {
    const [first, second, third] = [0xa0, 0xa1, 0xa2].map((byte) => byte.toString(16).repeat(48));
    for (const measurement of [`${first}`, `${first}${second}`, `${first}${second}${third}`]) {
      const answer = await judge({ ...own, expected: { measurement, reportData: 'ab'.repeat(64) } });
      expect(answer.layers.policy).toBe('pass');
    }
    for (const measurement of [
      '',
      `${second}`,
      `${first}00`,
      `${first}${third}`,
      `${first}${second}${third}${first}`,
    ]) {
      const answer = await judge({ ...own, expected: { measurement, reportData: 'ab'.repeat(64) } });
      expect(failed(answer)).toContain('WAX_EVIDENCE_MEASUREMENT');
    }
  });

  it('fails the binding without an expected value', async () => {
    for (const expected of [{}, { reportData: '' }]) {
      expect(failed(await judge({ ...own, expected }))).toContain('WAX_NITRO_BINDING_ABSENT');
    }
  });

  it('rejects evidence that cannot be read', async () => {
    for (const type of ['sev-snp', 'tdx', 'nitro']) {
      const answer = await judge({ ...own, type, evidence: base64(Uint8Array.of(1, 2, 3)) });
      expect(answer).toMatchObject({ verdict: 'reject', layers: { format: 'fail' } });
    }
  });

  const malformed: [string, string][] = [
    ['no JSON', '{'],
    ['an unknown type', JSON.stringify({ ...own, type: 'sgx' })],
    ['an unknown key', JSON.stringify({ ...own, log: true })],
    ['no time', JSON.stringify({ ...own, at: undefined })],
    ['a time that does not exist', JSON.stringify({ ...own, at: '2026-02-30T00:00:00Z' })],
    ['a time without zone', JSON.stringify({ ...own, at: '2026-02-20T00:00:00' })],
    ['no base64', JSON.stringify({ ...own, evidence: '?' })],
    ['capital hex', JSON.stringify({ ...own, expected: { reportData: 'AB' } })],
    ['a nonce for TDX', JSON.stringify({ ...own, type: 'tdx', expected: { nonce: 'ab' } })],
    ['an unknown layer', JSON.stringify({ ...own, layersOnly: ['all'] })],
    ['no layer', JSON.stringify({ ...own, layersOnly: [] })],
    ['an unknown policy key', JSON.stringify({ ...own, policy: { debug: true } })],
    ['certificates twice', JSON.stringify({ ...own, endorsements: { certificates: [], pem: 'x' } })],
    ['an unknown endorsement', JSON.stringify({ ...own, endorsements: { chain: [] } })],
  ];

  it.each(malformed)('refuses a request with %s', async (_what, request) => {
    expect(codeOf(() => parseEvidenceRequest(request))).toMatch(/^WAX_/);
    await expect(waxseal(request)).rejects.toMatchObject({ name: 'CodedError' });
  });
});

const folder = sharedVectors('attestation');
const roots = sharedVectors('roots');

describe.skipIf(folder === null || roots === null)('waxseal evidence verify, on real evidence', () => {
  const file = (path: string) => base64(readFileSync(path));
  const text = (path: string) => readFileSync(path, 'utf8');
  const manifest: { file: string; fields: Record<string, string> }[] = folder
    ? JSON.parse(text(`${folder}manifest.json`))
    : [];
  const fieldsOf = (name: string) => manifest.find((vector) => vector.file === name)?.fields ?? {};

  const snp = (): Request => ({
    type: 'sev-snp',
    evidence: file(`${folder}snp/milan-v3-azure-live.report.bin`),
    endorsements: {
      certificates: [
        `${roots}amd-ark-milan.der`,
        `${roots}amd-ask-milan.der`,
        `${folder}snp/milan-v3-azure-live.vcek.der`,
      ].map(file),
      crls: [file(`${roots}amd-crl-milan-2025-05.der`)],
    },
    at: '2026-03-01T00:00:00Z',
    expected: {
      reportData: fieldsOf('snp/milan-v3-azure-live.report.bin').report_data ?? '',
      measurement: fieldsOf('snp/milan-v3-azure-live.report.bin').measurement ?? '',
    },
    policy: { products: ['milan'] },
  });

  it('accepts an SNP report whose certificates come in any order', async () => {
    const answer = await judge(snp());
    expect(failed(answer)).toEqual([]);
    expect(answer.verdict).toBe('accept');
  });

  it('accepts the chain as PEM too', async () => {
    const pem = ['ask', 'ark'].map((name) => text(`${roots}amd-${name}-milan.pem`)).join('');
    const vcek = file(`${folder}snp/milan-v3-azure-live.vcek.der`)
      .match(/.{1,64}/g)
      ?.join('\n');
    const chain = `-----BEGIN CERTIFICATE-----\n${vcek}\n-----END CERTIFICATE-----\n${pem}`;
    const crls = [file(`${roots}amd-crl-milan-2025-05.der`)];
    for (const endorsements of [
      { certificates: chain, crls },
      { pem: chain, crls },
    ]) {
      expect(failed(await judge({ ...snp(), endorsements }))).toEqual([]);
    }
  });

  it('rejects the product that the default policy leaves out, and an SNP report without list', async () => {
    expect(failed(await judge({ ...snp(), policy: {} }))).toEqual(['WAX_SNP_PRODUCT_POLICY']);
    const { crls: _crls, ...endorsements } = snp().endorsements as Request;
    const answer = await judge({ ...snp(), endorsements });
    expect(failed(answer)).toEqual(['WAX_CRL_MISSING']);
    expect((await judge({ ...snp(), endorsements, layersOnly: ['format', 'crypto'] })).verdict).toBe(
      'accept',
    );
  });

  it('accepts a TDX quote', async () => {
    const set = `${folder}tdx/collateral-90c06f-2026-03/`;
    const fields = fieldsOf('tdx/v5-emr-2026.quote.bin');
    const answer = await judge({
      type: 'tdx',
      evidence: file(`${folder}tdx/v5-emr-2026.quote.bin`),
      endorsements: {
        tcbInfo: text(`${set}tcb_info.json`),
        qeIdentity: text(`${set}qe_identity.json`),
        tcbSigningChain: text(`${set}signing_chain.pem`),
        crls: [file(`${set}pck_crl.der`), file(`${set}root_ca_crl.der`)],
      },
      at: '2026-03-20T00:00:00Z',
      expected: { reportData: fields.report_data ?? '', measurement: `${fields.mrtd}${fields.rtmr0}` },
    });
    expect(failed(answer)).toEqual([]);
    expect(answer.verdict).toBe('accept');
  });

  it('accepts a Nitro document by its nonce', async () => {
    const evidence = file(`${folder}nitro/prod-pcr8-nonce256.cose`);
    const request = { type: 'nitro', evidence, at: '2022-10-13T08:58:02.136Z' };
    const nonce = ((await judge(request)).claims.document as Request).nonce ?? '';
    const answer = await judge({ ...request, expected: { nonce } });
    expect(failed(answer)).toEqual([]);
    expect(answer.verdict).toBe('accept');
  });
});
