/**
 * Whole verifications of all evidence in real browsers and in Node.js, through WebCrypto and through noble: the
 * same rows everywhere. A page without WebCrypto's keys is how the other implementation comes to be chosen.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { chromium } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { chromiumPath } from '../../../demo/chromium.ts';
import type { EvidenceInput } from '../../../protocol/attestation/evidence.ts';
import { parseCoseSign1, parseNitroDocument } from '../../../protocol/attestation/nitro/document.ts';
import { parsePemChain } from '../../../protocol/attestation/pem.ts';
import { toHex } from '../../../protocol/bytes.ts';
import { type PortableCase, verifyPortable } from '../../support/attestation/portable-cases.ts';
import { realEvidence } from '../../support/attestation/real-evidence.ts';
import { platforms } from '../../support/attestation/refusals.ts';
import { bundleForPage } from '../../support/browser-bundle.ts';
import { hasFirefox, startFirefox } from '../../support/firefox.ts';
import { type StaticSite, startStaticSite } from '../../support/static-site.ts';

type Place = PortableCase['platform'];

function portable(name: string, platform: Place, input: EvidenceInput, pin: string | null): PortableCase {
  const { evidence, endorsements, expectedReportData, at } = input;
  return {
    name,
    platform,
    pin,
    evidence: toHex(evidence),
    endorsements: endorsements.map((item) => toHex(item)),
    expectedReportData: expectedReportData && toHex(expectedReportData),
    at,
  };
}

function rootOf(platform: Place, { evidence, endorsements }: EvidenceInput): Uint8Array | undefined {
  const third = endorsements[2] ?? new Uint8Array();
  if (platform === 'snp') return third;
  if (platform === 'tdx') return parsePemChain(third)[1];
  return parseNitroDocument(parseCoseSign1(evidence).payload).caBundle[0];
}

const cases = [
  ...platforms.map(({ name, folder, make }) => {
    const { input } = make();
    return portable(name, folder, input, toHex(sha256(rootOf(folder, input) ?? new Uint8Array())));
  }),
  ...realEvidence().map(({ name, platform, input }) => portable(name, platform, input, null)),
];

/** Counts WebCrypto's verifications, and takes away its keys on request. */
const prelude = `
  const { subtle } = crypto;
  const verify = subtle.verify.bind(subtle);
  window.verified = 0;
  subtle.verify = (...given) => { window.verified += 1; return verify(...given); };
  if (location.search === '?noble') subtle.importKey = () => Promise.reject(new Error('taken away'));
`;
const ask = `
  const cases = await (await fetch('/cases')).json();
  return { rows: await verifyPortable(cases), verified: window.verified };
`;

const entry = new URL('../../support/attestation/portable-cases.ts', import.meta.url);

describe('evidence verified elsewhere', { timeout: 180_000 }, () => {
  let site: StaticSite;
  let expected: string[];

  beforeAll(async () => {
    expected = await verifyPortable(cases);
    const javascript = { 'content-type': 'text/javascript' };
    site = await startStaticSite({
      '/': '<!doctype html><script src="/prelude.js"></script><script src="/code.js"></script>',
      '/prelude.js': { body: prelude, headers: javascript },
      '/code.js': { body: await bundleForPage(entry, 'portable'), headers: javascript },
      '/cases': { body: JSON.stringify(cases), headers: { 'content-type': 'application/json' } },
    });
  });
  afterAll(() => site?.close());
  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });

  function judge(answer: unknown, noble: boolean): void {
    const { rows, verified } = Object(answer);
    expect(rows).toEqual(expected);
    if (noble) expect(verified).toBe(0);
    else expect(verified).toBeGreaterThan(cases.length);
  }

  it('accepts what is generated, in Node.js with WebCrypto', () => {
    for (const { name } of platforms) {
      const rows = expected.filter((row) => row.startsWith(`${name}: `));
      expect(rows.length).toBeGreaterThan(20);
      expect(rows.filter((row) => !row.endsWith(' pass'))).toEqual([]);
    }
  });

  it('gives the same rows in Node.js with noble', async () => {
    vi.resetModules();
    vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new Error('taken away'));
    const verify = vi.spyOn(crypto.subtle, 'verify');
    const fresh = await import('../../support/attestation/portable-cases.ts');
    expect(await fresh.verifyPortable(cases)).toEqual(expected);
    expect(verify).not.toHaveBeenCalled();
  });

  it.skipIf(chromiumPath() === undefined).each([
    ['WebCrypto', ''],
    ['noble', '?noble'],
  ])('gives the same rows in Chromium with %s', async (_name, search) => {
    const browser = await chromium.launch({ executablePath: chromiumPath() ?? '', args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      await page.goto(`${site.origin}/${search}`);
      judge(await page.evaluate(`(async () => { ${ask} })()`), search !== '');
    } finally {
      await browser.close();
    }
  });

  it.skipIf(!hasFirefox)('gives the same rows in Firefox with WebCrypto and with noble', async () => {
    const firefox = await startFirefox('evidence@test', '7b1d3c52-6f0e-4d0a-9a7e-2f5b8f0c4e11');
    try {
      await firefox.send('WebDriver:SetTimeouts', { script: 120_000 });
      for (const search of ['', '?noble']) {
        await firefox.open(`${site.origin}/${search}`);
        judge(await firefox.run(ask), search !== '');
      }
    } finally {
      await firefox.close();
    }
  });
});
