import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCrl } from '../../../protocol/attestation/crl.ts';
import { DerReader, tags } from '../../../protocol/attestation/der.ts';
import { parseCoseSign1, parseNitroDocument } from '../../../protocol/attestation/nitro/document.ts';
import { parsePemChain } from '../../../protocol/attestation/pem.ts';
import { readSignature } from '../../../protocol/attestation/snp/form.ts';
import { parseSnpReport } from '../../../protocol/attestation/snp/report.ts';
import { parseTdxQuote } from '../../../protocol/attestation/tdx/quote.ts';
import { parseCertificate } from '../../../protocol/attestation/x509.ts';
import { nobleBackend, type SignatureBackend, webCryptoBackend } from '../../../protocol/signatures.ts';
import { makeSnp } from '../../support/attestation/amd-pki.ts';
import { makeNitro } from '../../support/attestation/aws-pki.ts';
import { makeTdx } from '../../support/attestation/intel-pki.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

interface Signed {
  what: string;
  ask: (backend: SignatureBackend, message: (bytes: Uint8Array) => Uint8Array) => Promise<boolean>;
}

type Parsed = Pick<ReturnType<typeof parseCertificate>, 'tbs' | 'signature'>;
const read = (path: string) => new Uint8Array(readFileSync(path));

/** r ‖ s of fixed size from the DER of a certificate's signature. */
function fixed(der: Uint8Array, size: number): Uint8Array {
  const pair = new DerReader(der).enter(tags.sequence);
  const half = (integer: Uint8Array) =>
    Uint8Array.from({ length: size }, (_, index) => integer.at(index - size) ?? 0);
  return Uint8Array.of(...half(pair.integerBytes()), ...half(pair.integerBytes()));
}

function bySigner(
  what: string,
  { tbs, signature }: Parsed,
  issuer: ReturnType<typeof parseCertificate>,
): Signed {
  const key = issuer.publicKey;
  return {
    what,
    ask: (backend, change) => {
      if (key.kind === 'rsa') return backend.rsaPss384(key.rsa, change(tbs), signature);
      const verify = key.curve.name === 'P-256' ? backend.ecdsaP256 : backend.ecdsaP384;
      return verify(key.point, change(tbs), fixed(signature, key.curve.size));
    },
  };
}

function snpSigned(what: string, report: Uint8Array, [vcek, ask, ark, crl]: readonly Uint8Array[]): Signed[] {
  const [leaf, intermediate, root] = [vcek, ask, ark].map((der) => parseCertificate(der ?? new Uint8Array()));
  if (!leaf || !intermediate || !root || leaf.publicKey.kind !== 'ec') return [];
  const { point } = leaf.publicKey;
  const parsed = parseSnpReport(report);
  return [
    {
      what,
      ask: (backend, change) => backend.ecdsaP384(point, change(parsed.signed), readSignature(parsed)),
    },
    bySigner(`${what}: VCEK`, leaf, intermediate),
    bySigner(`${what}: ASK`, intermediate, root),
    bySigner(`${what}: ARK`, root, root),
    ...(crl ? [bySigner(`${what}: CRL`, parseCrl(crl), root)] : []),
  ];
}

function tdxSigned(what: string, bytes: Uint8Array): Signed[] {
  const quote = parseTdxQuote(bytes);
  const [leaf, ca, root] = parsePemChain(quote.chain).map(parseCertificate);
  if (!leaf || !ca || !root || leaf.publicKey.kind !== 'ec') return [];
  const { point } = leaf.publicKey;
  const key = Uint8Array.of(4, ...quote.attestationKey);
  return [
    { what, ask: (backend, change) => backend.ecdsaP256(key, change(quote.signed), quote.signature) },
    {
      what: `${what}: QE`,
      ask: (backend, change) => backend.ecdsaP256(point, change(quote.qeReport.raw), quote.qeReportSignature),
    },
    bySigner(`${what}: PCK`, leaf, ca),
    bySigner(`${what}: CA`, ca, root),
  ];
}

function nitroSigned(what: string, bytes: Uint8Array): Signed[] {
  const { payload, signed, signature } = parseCoseSign1(bytes);
  const { certificate, caBundle } = parseNitroDocument(payload);
  const chain = [certificate, ...caBundle.toReversed()].map(parseCertificate);
  const key = chain[0]?.publicKey;
  if (key?.kind !== 'ec') return [];
  return [
    { what, ask: (backend, change) => backend.ecdsaP384(key.point, change(signed), signature) },
    ...chain.map((child, index) =>
      bySigner(`${what}: ${child.subjectCommonName}`, child, chain[index + 1] ?? child),
    ),
  ];
}

function realSigned(): Signed[] {
  const folder = sharedVectors('attestation');
  const roots = sharedVectors('roots');
  if (!folder || !roots) return [];
  const snp = readdirSync(`${folder}snp`).filter(
    (file) => /v[cl]ek\.der$/.test(file) && !file.includes('wrong'),
  );
  const tdx = readdirSync(`${folder}tdx`).filter((file) => file.startsWith('v'));
  const nitro = readdirSync(`${folder}nitro`).filter((file) => !/^bad|^malformed/.test(file));
  return [
    ...snp.flatMap((file) => {
      const line = file.split('-')[0];
      const intermediate = file.endsWith('vlek.der') ? 'asvk' : 'ask';
      const chain = [
        `${folder}snp/${file}`,
        `${roots}amd-${intermediate}-${line}.der`,
        `${roots}amd-ark-${line}.der`,
      ];
      return snpSigned(
        file,
        read(`${folder}snp/${file.replace(/v[cl]ek\.der$/, 'report.bin')}`),
        chain.map(read),
      );
    }),
    ...tdx.flatMap((file) => tdxSigned(file, read(`${folder}tdx/${file}`))),
    ...nitro.flatMap((file) => nitroSigned(file, read(`${folder}nitro/${file}`))),
  ];
}

const snp = makeSnp().input;
const signed = [
  ...snpSigned('own report', snp.evidence, snp.endorsements),
  ...tdxSigned('own quote', makeTdx().input.evidence),
  ...nitroSigned('own document', makeNitro().input.evidence),
  ...realSigned(),
];

describe('WebCrypto and noble', () => {
  it.each(signed)('agree on $what', async ({ ask }) => {
    for (const [change, answer] of [
      [(bytes: Uint8Array) => bytes, true],
      [(bytes: Uint8Array) => bytes.with(0, (bytes[0] ?? 0) ^ 1), false],
    ] as const) {
      expect(await ask(webCryptoBackend, change)).toBe(answer);
      expect(await ask(nobleBackend, change)).toBe(answer);
    }
  });
});
