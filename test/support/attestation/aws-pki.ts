/** Nitro documents of AWS's shape under a root of our own, with a hook at each step to spoil it. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  type CertificateFields,
  caConstraints,
  keyUsage,
  makeCertificate,
  name,
  publicKeyInfo,
  type Signer,
} from '../../../enclave-server/attester/simulator/certificates.ts';
import { oid, sequence } from '../../../enclave-server/attester/simulator/der-writer.ts';
import { fingerprint } from '../../../protocol/attestation/chain.ts';
import type { EvidenceInput, EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';
import { parseNitroPolicy } from '../../../protocol/attestation/nitro/policy.ts';
import { createNitroVerifier } from '../../../protocol/attestation/nitro/verify.ts';
import type { JsonValue } from '../../../protocol/json.ts';
import { type CborInput, writeCbor } from './cbor-writer.ts';

export const at = Date.parse('2027-06-01T12:00:00Z');
const hour = 3_600_000;
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
export const keys = { root: newKey(), ca1: newKey(), ca2: newKey(), leaf: newKey(), other: newKey() };
export const names = {
  root: name('Waxseal tests', 'aws.nitro-enclaves'),
  ca2: name('Waxseal tests', 'region'),
  ca1: name('Waxseal tests', 'instance'),
  leaf: name('Waxseal tests', 'enclave'),
};

export function p384Signer(key: KeyObject): Signer {
  return {
    algorithm: sequence(oid('1.2.840.10045.4.3.3')),
    sign: (message) => new Uint8Array(sign('sha384', message, key)),
  };
}

type CertificateChange = Partial<CertificateFields> & { signer?: Signer };

/** What to change in an otherwise acceptable document. */
export interface NitroChange {
  indefinite?: boolean;
  tagged?: boolean;
  /** Fields by their CBOR name; undefined leaves one out. */
  document?: { [key: string]: CborInput | undefined };
  pcrs?: [number, Uint8Array][];
  root?: CertificateChange;
  ca2?: CertificateChange;
  ca1?: CertificateChange;
  leaf?: CertificateChange;
  signingKey?: KeyObject;
  /** Replaces parts of the COSE array after signing. */
  cose?: (parts: CborInput[]) => CborInput[];
  payload?: (payload: Uint8Array) => Uint8Array;
  tamper?: (document: Uint8Array) => Uint8Array;
  endorsements?: Uint8Array[];
  policy?: { [key: string]: JsonValue };
  pin?: string;
  expectedReportData?: Uint8Array | null;
  expectedNonce?: Uint8Array;
}

function makeChain(change: NitroChange) {
  const validity = { notBefore: at - hour, notAfter: at + 2 * hour };
  const make = (
    serial: number,
    issuer: Uint8Array,
    subject: Uint8Array,
    key: KeyObject,
    extensions: CertificateFields['extensions'],
    by: KeyObject,
    { signer, ...changes }: CertificateChange = {},
  ) =>
    makeCertificate(
      {
        ...validity,
        serial: Uint8Array.of(serial),
        issuer,
        subject,
        publicKey: publicKeyInfo(key),
        extensions,
        ...changes,
      },
      signer ?? p384Signer(by),
    );
  return {
    root: make(1, names.root, names.root, keys.root, [caConstraints(), keyUsage(0x86)], keys.root, {
      notAfter: at + 999 * hour,
      ...change.root,
    }),
    ca2: make(2, names.root, names.ca2, keys.ca2, [caConstraints(1), keyUsage(0x86)], keys.root, change.ca2),
    ca1: make(3, names.ca2, names.ca1, keys.ca1, [caConstraints(0), keyUsage(0x04)], keys.ca2, change.ca1),
    leaf: make(4, names.ca1, names.leaf, keys.leaf, [keyUsage(0x80)], keys.ca1, change.leaf),
  };
}

/** Makes evidence, and the verifier that knows its root. Without changes every check passes. */
export function makeNitro(change: NitroChange = {}): { input: EvidenceInput; verifier: EvidenceVerifier } {
  const { root, ca2, ca1, leaf } = makeChain(change);
  const registers = Array.from({ length: 16 }, (_, index): [number, Uint8Array] => [
    index,
    new Uint8Array(48).fill([0, 1, 2, 3, 4, 8].includes(index) ? 0xa0 + index : 0),
  ]);
  const fields: { [key: string]: CborInput | undefined } = {
    module_id: 'i-0123456789abcdef0-enc0123456789abcdef',
    digest: 'SHA384',
    timestamp: at - 5000,
    pcrs: new Map(change.pcrs ?? registers),
    certificate: leaf,
    cabundle: [root, ca2, ca1],
    public_key: null,
    user_data: new Uint8Array(64).fill(0xab),
    nonce: null,
    ...change.document,
  };
  const map = new Map(
    Object.entries(fields).filter((entry): entry is [string, CborInput] => entry[1] !== undefined),
  );
  const written = writeCbor(map, change.indefinite);
  const payload = change.payload?.(written) ?? written;
  const header = Uint8Array.of(0xa1, 0x01, 0x38, 0x22);
  const signed = writeCbor(['Signature1', header, new Uint8Array(), payload]);
  const signature = sign('sha384', signed, {
    key: change.signingKey ?? keys.leaf,
    dsaEncoding: 'ieee-p1363',
  });
  const parts: CborInput[] = [header, new Map(), payload, new Uint8Array(signature)];
  const untagged = writeCbor(change.cose?.(parts) ?? parts);
  const document = change.tagged ? Uint8Array.of(0xd2, ...untagged) : untagged;
  const { expectedReportData = new Uint8Array(64).fill(0xab) } = change;
  return {
    input: {
      evidence: change.tamper?.(document) ?? document,
      endorsements: change.endorsements ?? [],
      policy: parseNitroPolicy(change.policy ?? {}, 'policy'),
      at,
      expectedReportData,
      ...(change.expectedNonce ? { expectedNonce: change.expectedNonce } : {}),
    },
    verifier: createNitroVerifier(change.pin ?? fingerprint(root)),
  };
}
