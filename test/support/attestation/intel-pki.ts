/**
 * TDX evidence of Intel's shape under a root of our own: chain, quote (versions 4 and 5), TCB info, QE identity
 * and revocation lists, with a hook at each step to spoil it.
 */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  type CertificateFields,
  type CrlFields,
  caConstraints,
  keyUsage,
  makeCertificate,
  makeCrl,
  name,
  publicKeyInfo,
  type Signer,
} from '../../../enclave-server/attester/simulator/certificates.ts';
import {
  element,
  octetString,
  oid,
  sequence,
  smallInteger,
} from '../../../enclave-server/attester/simulator/der-writer.ts';
import { fingerprint } from '../../../protocol/attestation/chain.ts';
import type { EvidenceInput, EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';
import { parseTdxPolicy } from '../../../protocol/attestation/tdx/policy.ts';
import { createTdxVerifier } from '../../../protocol/attestation/tdx/verify.ts';
import { at, type Fields, qeIdentity, rawSign, signedBody, sixteen, tcbInfo } from './intel-collateral.ts';

const day = 86_400_000;
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
export const keys = {
  root: newKey(),
  ca: newKey(),
  pck: newKey(),
  tcb: newKey(),
  attestation: newKey(),
  other: newKey(),
};
export const names = {
  root: name('Waxseal tests', 'Intel SGX Root CA'),
  ca: name('Waxseal tests', 'Intel SGX PCK Platform CA'),
  pck: name('Waxseal tests', 'Intel SGX PCK Certificate'),
  tcb: name('Waxseal tests', 'Intel SGX TCB Signing'),
};
const ARC = '1.2.840.113741.1.13.1';
export const ppid = new Uint8Array(16).fill(0x77);

export function p256Signer(key: KeyObject): Signer {
  return {
    algorithm: sequence(oid('1.2.840.10045.4.3.2')),
    sign: (message) => new Uint8Array(sign('sha256', message, key)),
  };
}

/** x ‖ y of a P-256 key. */
function rawPublic(key: KeyObject): Uint8Array {
  const { x, y } = createPublicKey(key).export({ format: 'jwk' });
  return new Uint8Array([...Buffer.from(x ?? '', 'base64url'), ...Buffer.from(y ?? '', 'base64url')]);
}

/** Little-endian number. */
const le = (value: number, size: number) =>
  Uint8Array.from({ length: size }, (_, index) => Math.floor(value / 256 ** index) % 256);

export interface PlatformFields {
  components: readonly number[];
  pceSvn: number;
}

/** The platform extension of a PCK certificate. */
export function platformExtension(
  { components, pceSvn }: PlatformFields,
  odd: { leaveOut?: string; twice?: string } = {},
): CertificateFields['extensions'][number] {
  const pair = (suffix: string, value: Uint8Array) => {
    const one = sequence(oid(`${ARC}.${suffix}`), value);
    if (suffix === odd.leaveOut) return [];
    return suffix === odd.twice ? [one, one] : [one];
  };
  const tcb = sequence(
    ...components.flatMap((svn, index) => pair(`2.${index + 1}`, smallInteger(svn))),
    ...pair('2.17', smallInteger(pceSvn)),
    ...pair('2.18', octetString(Uint8Array.from(components))),
  );
  const value = sequence(
    ...pair('1', octetString(ppid)),
    ...pair('2', tcb),
    ...pair('3', octetString(new Uint8Array(2))),
    ...pair('4', octetString(Uint8Array.of(0x90, 0xc0, 0x6f, 0, 0, 0))),
    ...pair('5', element(0x0a, Uint8Array.of(1))),
    ...pair('6', octetString(new Uint8Array(16).fill(0x66))),
  );
  return { oid: ARC, value };
}

type CertificateChange = Partial<CertificateFields> & { signer?: Signer };

/** What to change in otherwise acceptable evidence. */
export interface TdxChange {
  version?: 4 | 5;
  /** Body of TDX 1.0 in a version 5 quote. */
  body10?: boolean;
  /** Changes the bytes from header to body before they are signed. */
  patch?: (signed: Uint8Array) => void;
  /** Changes the QE report before it is signed. */
  qePatch?: (report: Uint8Array) => void;
  /** Changes the finished quote. */
  tamper?: (quote: Uint8Array) => Uint8Array;
  teeTcbSvn?: readonly number[];
  teeTcbSvn2?: readonly number[];
  attestationKey?: KeyObject;
  attestationPoint?: Uint8Array;
  qeKey?: KeyObject;
  platform?: Partial<PlatformFields>;
  root?: CertificateChange;
  ca?: CertificateChange;
  pck?: CertificateChange;
  tcb?: CertificateChange;
  tcbInfo?: Fields;
  qeIdentity?: Fields;
  tcbInfoKey?: KeyObject;
  qeIdentityKey?: KeyObject;
  pckCrl?: Partial<CrlFields> & { signer?: Signer };
  rootCrl?: Partial<CrlFields> & { signer?: Signer };
  endorsements?: (items: Uint8Array[]) => Uint8Array[];
  chain?: (certificates: Uint8Array[]) => Uint8Array[];
  policy?: Fields;
  pin?: string;
  expectedReportData?: Uint8Array | null;
}

const pem = (certificates: readonly Uint8Array[]): Uint8Array =>
  new TextEncoder().encode(
    certificates
      .map((der) =>
        (
          Buffer.from(der)
            .toString('base64')
            .match(/.{1,64}/g) ?? []
        ).join('\n'),
      )
      .map((body) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`)
      .join(''),
  );

function writeBody(change: TdxChange, is15: boolean): Uint8Array {
  const body = new Uint8Array(is15 ? 648 : 584);
  body.set(change.teeTcbSvn ?? [6, 1, 5], 0);
  body.fill(0x5e, 16, 64);
  body.set([0, 0, 0, 0x10], 120);
  body.set([0xe7, 0x02, 0x06], 128);
  body.fill(0xd0, 136, 184);
  for (const index of [0, 1, 2, 3]) body.fill(0xe0 + index, 328 + 48 * index, 376 + 48 * index);
  body.fill(0xab, 520, 584);
  if (is15) body.set(change.teeTcbSvn2 ?? change.teeTcbSvn ?? [6, 1, 5], 584);
  return body;
}

function writeQuote(change: TdxChange, chain: Uint8Array): Uint8Array {
  const { version = 4, attestationKey = keys.attestation } = change;
  const is15 = version === 5 && !change.body10;
  const body = writeBody(change, is15);
  const header = [
    ...le(version, 2),
    ...le(2, 2),
    ...le(0x81, 4),
    0,
    0,
    0,
    0,
    ...Buffer.from('939a7233f79c4ca9940a0db3957f0607', 'hex'),
    ...new Uint8Array(20),
  ];
  const discriminator = version === 5 ? [...le(is15 ? 3 : 2, 2), ...le(body.length, 4)] : [];
  const signed = Uint8Array.from([...header, ...discriminator, ...body]);
  change.patch?.(signed);
  const point = change.attestationPoint ?? rawPublic(attestationKey);
  const auth = new Uint8Array(32).fill(0x0a);
  const qe = new Uint8Array(384);
  qe.set([0x11], 48);
  qe.fill(0xdc, 128, 160);
  qe.set([2, 0, 4, 0], 256);
  qe.set(createHash('sha256').update(point).update(auth).digest(), 320);
  change.qePatch?.(qe);
  const pemPart = [...chain, 0];
  const inner = [
    ...qe,
    ...rawSign(change.qeKey ?? keys.pck, qe),
    ...le(32, 2),
    ...auth,
    ...le(5, 2),
    ...le(pemPart.length, 4),
    ...pemPart,
  ];
  const data = [...rawSign(attestationKey, signed), ...point, ...le(6, 2), ...le(inner.length, 4), ...inner];
  return Uint8Array.from([...signed, ...le(data.length, 4), ...data, ...new Uint8Array(70)]);
}

function makeChain(change: TdxChange) {
  const validity = { notBefore: at - 100 * day, notAfter: at + 900 * day };
  const make = (fields: CertificateFields, { signer, ...changes }: CertificateChange = {}, by: KeyObject) =>
    makeCertificate({ ...fields, ...changes }, signer ?? p256Signer(by));
  const base = (
    serial: number,
    issuer: Uint8Array,
    subject: Uint8Array,
    key: KeyObject,
    extensions: CertificateFields['extensions'],
  ) => ({
    ...validity,
    serial: Uint8Array.of(serial),
    issuer,
    subject,
    publicKey: publicKeyInfo(key),
    extensions,
  });
  const endEntity = [keyUsage(0xc0), { oid: '2.5.29.19', critical: true, value: sequence() }];
  const platform = platformExtension({ components: sixteen(5, 5, 2), pceSvn: 11, ...change.platform });
  return {
    root: make(
      base(1, names.root, names.root, keys.root, [caConstraints(1), keyUsage(0x06)]),
      change.root,
      keys.root,
    ),
    ca: make(
      base(2, names.root, names.ca, keys.ca, [caConstraints(0), keyUsage(0x06)]),
      change.ca,
      keys.root,
    ),
    pck: make(base(3, names.ca, names.pck, keys.pck, [...endEntity, platform]), change.pck, keys.ca),
    tcb: make(base(4, names.root, names.tcb, keys.tcb, endEntity), change.tcb, keys.root),
  };
}

/** Makes evidence, and the verifier that knows its root. Without changes every check passes. */
export function makeTdx(change: TdxChange = {}): { input: EvidenceInput; verifier: EvidenceVerifier } {
  const { root, ca, pck, tcb } = makeChain(change);
  const makeList = (issuer: Uint8Array, by: KeyObject, { signer, ...changes }: TdxChange['pckCrl'] = {}) =>
    makeCrl(
      { issuer, thisUpdate: at - day, nextUpdate: at + 20 * day, ...changes },
      signer ?? p256Signer(by),
    );
  const items = [
    signedBody('tcbInfo', { ...tcbInfo, ...change.tcbInfo }, change.tcbInfoKey ?? keys.tcb),
    signedBody('enclaveIdentity', { ...qeIdentity, ...change.qeIdentity }, change.qeIdentityKey ?? keys.tcb),
    pem([tcb, root]),
    makeList(names.ca, keys.ca, change.pckCrl),
    makeList(names.root, keys.root, change.rootCrl),
  ];
  const chain = [pck, ca, root];
  const quote = writeQuote(change, pem(change.chain?.(chain) ?? chain));
  const { expectedReportData = new Uint8Array(64).fill(0xab) } = change;
  return {
    input: {
      evidence: change.tamper?.(quote) ?? quote,
      endorsements: change.endorsements?.(items) ?? items,
      policy: parseTdxPolicy(change.policy ?? {}, 'policy'),
      at,
      expectedReportData,
    },
    verifier: createTdxVerifier(change.pin ?? fingerprint(root)),
  };
}
