/**
 * Nitro evidence: all checks of section 2.3 of the attestation reference, C1 to C10 and N1 to N7. The binding is
 * `user_data`; `nonce` and `public_key` are absent, null or empty (wire format B3). There are no endorsements: the
 * chain is in the document and lives for hours, AWS offers no revocation list for it.
 * @module
 */
import { equalBytes, toHex } from '../../bytes.ts';
import type { JsonValue } from '../../json.ts';
import { verifyEcdsaP384 } from '../../signatures.ts';
import { checkCertificate, earliestEnd, verifyPinned } from '../chain.ts';
import { CheckList, type Found } from '../check-list.ts';
import { isSignatureInRange, p384 } from '../curves.ts';
import { attestationError } from '../errors.ts';
import type { EvidenceInput, EvidenceResult, EvidenceVerifier } from '../evidence.ts';
import { type Certificate, verifyEndEntity, verifyIssuedBy } from '../x509.ts';
import {
  contentChecks,
  verifyAge,
  verifyExpectedPcrs,
  verifyNitroUsage,
  verifyNoOtherPcrs,
  verifyNotDebug,
  verifyWithinCertificate,
} from './content.ts';
import {
  type CoseSign1,
  type NitroDocument,
  type OptionalBytes,
  parseCoseSign1,
  parseNitroDocument,
} from './document.ts';
import { nitroError } from './errors.ts';
import type { NitroPolicy } from './policy.ts';

function checkForm(checks: CheckList, { evidence, endorsements }: EvidenceInput) {
  const cose = checks.run('N1', 'format', 'The document is a well-formed COSE_Sign1.', [], () =>
    parseCoseSign1(evidence),
  );
  checks.run('C10', 'format', 'There are no endorsements beside the document.', [], () => {
    if (endorsements.length > 0)
      throw attestationError('WAX_ATTESTATION_ENDORSEMENTS', `${endorsements.length}`);
  });
  const document = checks.run(
    'N1.document',
    'format',
    'The signed document has the known fields.',
    [cose],
    ({ payload }) => parseNitroDocument(payload),
  );
  for (const { id, text, judge } of contentChecks) checks.run(id, 'format', text, [document], judge);
  return { cose, document };
}

/** Leaf, then the bundle from its end to the root: each issued by the next. */
function checkChain(checks: CheckList, document: NitroDocument | null, at: number, pin: string) {
  const authorities = document?.caBundle.slice(0, 8).reverse() ?? [undefined];
  const names = authorities.map((_, index) =>
    index === authorities.length - 1 ? 'root' : `ca-${index + 1}`,
  );
  const leaf = checkCertificate(checks, 'leaf', document?.certificate, at);
  const certificates = authorities.map((der, index) => checkCertificate(checks, names[index] ?? '', der, at));
  const root = certificates.at(-1) ?? null;
  checks.run('C3', 'crypto', 'The chain ends in the pinned root.', [root], (it) => verifyPinned(it, [pin]));
  checks.run(
    'N4.leaf',
    'crypto',
    'The leaf certificate may sign documents and nothing else.',
    [leaf],
    (it) => {
      verifyEndEntity(it);
      verifyNitroUsage(it, true);
    },
  );
  let child = leaf;
  for (const [index, authority] of certificates.entries()) {
    const name = names[index] ?? '';
    checks.run(`N4.${name}`, 'crypto', `The ${name} certificate may sign certificates.`, [authority], (it) =>
      verifyNitroUsage(it, false),
    );
    checks.run(
      `N3.${name}`,
      'crypto',
      `The ${name} certificate issued the one below it.`,
      [child, authority],
      (it, issuer) => verifyIssuedBy(it, issuer, index),
    );
    child = authority;
  }
  return { leaf, all: Promise.all([leaf, ...certificates]) };
}

function checkSignature(
  checks: CheckList,
  cose: Found<CoseSign1>,
  document: NitroDocument | null,
  leaf: Found<Certificate>,
): void {
  checks.run('C5', 'crypto', 'The numbers in the signature are in range.', [cose], ({ signature }) => {
    if (!isSignatureInRange(p384, signature)) throw nitroError('WAX_NITRO_SIGNATURE_RANGE');
  });
  checks.run(
    'N5',
    'crypto',
    'The document is signed by the key in its certificate.',
    [cose, leaf],
    async ({ signed, signature }, { publicKey }) => {
      const verified = publicKey.kind === 'ec' && (await verifyEcdsaP384(publicKey.point, signed, signature));
      if (!verified) throw nitroError('WAX_NITRO_SIGNATURE');
    },
  );
  checks.run(
    'N6.certificate',
    'crypto',
    'The document was made while its certificate was valid.',
    [document, leaf],
    verifyWithinCertificate,
  );
}

const isEmpty = (field: OptionalBytes) => (field?.length ?? 0) === 0;

function checkBinding(
  checks: CheckList,
  document: NitroDocument | null,
  policy: Found<NitroPolicy>,
  { expectedReportData, expectedNonce }: EvidenceInput,
): void {
  checks.run(
    'N8.user-data',
    'binding',
    'The document answers this challenge.',
    [document],
    ({ userData }) => {
      const expected = expectedReportData ?? new Uint8Array();
      if (expected.length === 0 && !expectedNonce?.length) throw nitroError('WAX_NITRO_BINDING_ABSENT');
      if (expected.length > 0 && !equalBytes(userData ?? new Uint8Array(), expected))
        throw nitroError('WAX_NITRO_BINDING');
    },
  );
  checks.run(
    'N6.nonce',
    'binding',
    'The document carries no nonce, or the expected one.',
    [document],
    ({ nonce }) => {
      if (!equalBytes(nonce ?? new Uint8Array(), expectedNonce ?? new Uint8Array()))
        throw nitroError('WAX_NITRO_NONCE');
    },
  );
  checks.run(
    'N8.public-key',
    'binding',
    'The document carries no key of another protocol.',
    [document, policy],
    ({ publicKey }, rules) => {
      if (!rules.publicKey && !isEmpty(publicKey)) throw nitroError('WAX_NITRO_PUBLIC_KEY');
    },
  );
}

function checkPolicy(
  checks: CheckList,
  document: NitroDocument | null,
  { policy: given, at }: EvidenceInput,
): Found<NitroPolicy> {
  const policy = checks.run('policy', 'policy', 'This kind of hardware is accepted here.', [], () => {
    if (given === undefined) throw attestationError('WAX_ATTESTATION_PLATFORM', 'nitro');
    if (given.type !== 'nitro') throw attestationError('WAX_ATTESTATION_POLICY', `${given.type} for nitro`);
    return given;
  });
  checks.run('N6.age', 'policy', 'The document is fresh.', [document, policy], (it, rules) =>
    verifyAge(it, rules, at),
  );
  checks.run('N7.debug', 'policy', 'The enclave does not run in debug mode.', [document], verifyNotDebug);
  checks.run(
    'N7.expected',
    'policy',
    'Every register that the policy names has that value.',
    [document, policy],
    verifyExpectedPcrs,
  );
  checks.run('N7.others', 'policy', 'No other register is set.', [document, policy], verifyNoOtherPcrs);
  return policy;
}

const hex = (field: OptionalBytes): JsonValue => (field ? toHex(field) : null);

function documentClaims(document: NitroDocument): { [key: string]: JsonValue } {
  const { moduleId, digest, timestamp, pcrs, publicKey, userData, nonce } = document;
  return {
    moduleId,
    digest,
    timestamp: Math.abs(timestamp) <= 8.64e15 ? new Date(timestamp).toISOString() : timestamp,
    pcrs: Object.fromEntries([...pcrs].map(([index, register]) => [`PCR${index}`, toHex(register)])),
    certificates: 1 + document.caBundle.length,
    publicKey: hex(publicKey),
    userData: hex(userData),
    nonce: hex(nonce),
  };
}

function measurementOf({ pcrs }: NitroDocument): Record<string, string> | null {
  const registers = [0, 1, 2].map((index) => [`pcr${index}`, pcrs.get(index)] as const);
  if (registers.some(([, register]) => register === undefined)) return null;
  return Object.fromEntries(registers.map(([name, register]) => [name, toHex(register ?? new Uint8Array())]));
}

/**
 * When to judge the certificates (C8). A leaf can be younger than a second, so a browser whose clock is slightly
 * behind would call it not yet valid: within the skew that the policy allows, the document's own time counts.
 */
function certificateTime(document: NitroDocument | null, { at, policy }: EvidenceInput): number {
  const ahead = document ? document.timestamp - at : 0;
  const skew = policy?.type === 'nitro' ? 1000 * policy.clockSkewSeconds : 0;
  return ahead > 0 && ahead <= skew ? at + ahead : at;
}

async function verifyNitro(pin: string, input: EvidenceInput): Promise<EvidenceResult> {
  const checks = new CheckList();
  const { cose, document: found } = checkForm(checks, input);
  // How many certificates there are to check, only the document says.
  const document = await found;
  const { leaf, all } = checkChain(checks, document, certificateTime(document, input), pin);
  checkSignature(checks, cose, document, leaf);
  const policy = checkPolicy(checks, document, input);
  checkBinding(checks, document, policy, input);
  const ends = (await all).map((certificate) => certificate?.notAfter);
  return {
    checks: await checks.rows(),
    claims: document ? { document: documentClaims(document) } : {},
    measurement: document && measurementOf(document),
    reportData: document?.userData ?? null,
    hardwareId: null,
    product: document && 'AWS Nitro',
    notAfter: earliestEnd(ends),
  };
}

/** A verifier for Nitro documents whose chains end in the root with this fingerprint. */
export function createNitroVerifier(root: string): EvidenceVerifier {
  return {
    code: 3,
    type: 'nitro',
    vendor: 'AWS',
    simulated: false,
    verify: (input) => verifyNitro(root, input),
  };
}
