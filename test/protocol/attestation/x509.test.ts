import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type CertificateFields,
  caConstraints,
  type ExtensionFields,
  keyUsage,
  makeCertificate,
  makeCrl,
  name,
  publicKeyInfo,
  rsaSigner,
  type Signer,
} from '../../../enclave-server/attester/simulator/certificates.ts';
import {
  bitString,
  boolean,
  element,
  explicit,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  set,
  smallInteger,
  time,
  utf8String,
} from '../../../enclave-server/attester/simulator/der-writer.ts';
import { parseCrl, verifyCrlIssuer, verifyNotRevoked } from '../../../protocol/attestation/crl.ts';
import { parseCertificate, verifyEndEntity, verifyIssuedBy } from '../../../protocol/attestation/x509.ts';
import { at, rsaKeys } from '../../support/attestation/amd-pki.ts';
import { codeOf } from '../../support/attestation/mutations.ts';

const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
const ecSigner = (key: typeof p256, algorithm: string, hash: string): Signer => ({
  algorithm: sequence(oid(algorithm)),
  sign: (message) => new Uint8Array(sign(hash, message, key)),
});
const p256Signer = ecSigner(p256, '1.2.840.10045.4.3.2', 'sha256');
const p384Signer = ecSigner(p384, '1.2.840.10045.4.3.3', 'sha384');
const subject = name('Tests', 'Subject');
const day = 86_400_000;

const fields = (change: Partial<CertificateFields> = {}): CertificateFields => ({
  serial: Uint8Array.of(0x80, 1),
  issuer: subject,
  subject,
  notBefore: at,
  notAfter: at + day,
  publicKey: publicKeyInfo(p256),
  extensions: [caConstraints()],
  ...change,
});
const make = (change: Partial<CertificateFields> = {}, signer = p256Signer) =>
  makeCertificate(fields(change), signer);

const sha384 = sequence(oid('2.16.840.1.101.3.4.2.2'), nothing());
const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), nothing());
const mgf1 = (hash: Uint8Array) => sequence(oid('1.2.840.113549.1.1.8'), hash);
const pss = (...parameters: Uint8Array[]): Signer => ({
  algorithm: sequence(oid('1.2.840.113549.1.1.10'), sequence(...parameters)),
  sign: () => new Uint8Array(512),
});
const good = [explicit(0, sha384), explicit(1, mgf1(sha384)), explicit(2, smallInteger(48))] as const;

describe('certificates', () => {
  it.each([
    ['P-256', p256, p256Signer],
    ['P-384', p384, p384Signer],
    ['RSA', rsaKeys.ark, rsaSigner(rsaKeys.ark)],
  ] as const)('signed with %s are read and verified', async (_name, key, signer) => {
    const certificate = parseCertificate(make({ publicKey: publicKeyInfo(key) }, signer));
    expect(certificate.serial).toBe('8001');
    expect(certificate.subjectCommonName).toBe('Subject');
    await verifyIssuedBy(certificate, certificate, 0);
  });

  it('are refused by a key of another kind than their algorithm names', async () => {
    const rsa = parseCertificate(make({ publicKey: publicKeyInfo(rsaKeys.ark) }));
    await expect(verifyIssuedBy(rsa, rsa, 0)).rejects.toMatchObject({ code: 'WAX_X509_SIGNATURE' });
    const mixed = parseCertificate(make({ publicKey: publicKeyInfo(p384) }));
    await expect(verifyIssuedBy(mixed, mixed, 0)).rejects.toMatchObject({ code: 'WAX_X509_SIGNATURE' });
  });

  it('are refused with an ECDSA signature out of range or not in DER', async () => {
    const forms: [Uint8Array, string][] = [
      [sequence(integer(Uint8Array.of(0)), integer(Uint8Array.of(1))), 'WAX_X509_SIGNATURE'],
      [sequence(integer(new Uint8Array(33).fill(1)), integer(Uint8Array.of(1))), 'WAX_X509_SIGNATURE'],
      [sequence(element(0x02, Uint8Array.of(0xff)), integer(Uint8Array.of(1))), 'WAX_X509_SIGNATURE'],
      [sequence(integer(Uint8Array.of(1)), integer(Uint8Array.of(1)), nothing()), 'WAX_DER_TRAILING'],
      [sequence(element(0x02, Uint8Array.of(0, 1)), integer(Uint8Array.of(1))), 'WAX_DER_VALUE'],
    ];
    for (const [signature, code] of forms) {
      const certificate = parseCertificate(make({}, { ...p256Signer, sign: () => signature }));
      await expect(verifyIssuedBy(certificate, certificate, 0)).rejects.toMatchObject({ code });
    }
  });

  it('may spell the default trailer of RSA-PSS, as AMD does', () => {
    const signer = pss(...good, explicit(3, smallInteger(1)));
    expect(parseCertificate(make({}, signer)).scheme).toBe('rsa-pss-sha384');
  });

  it.each([
    ['SHA-256', pss(explicit(0, sha256), good[1], good[2])],
    ['MGF1 with SHA-256', pss(good[0], explicit(1, mgf1(sha256)), good[2])],
    ['another mask generation', pss(good[0], explicit(1, sequence(oid('1.2.3'), sha384)), good[2])],
    ['a salt of 32', pss(good[0], good[1], explicit(2, smallInteger(32)))],
    ['another trailer', pss(...good, explicit(3, smallInteger(2)))],
    [
      'hash parameters',
      pss(
        explicit(0, sequence(oid('2.16.840.1.101.3.4.2.2'), element(0x05, Uint8Array.of(1)))),
        good[1],
        good[2],
      ),
    ],
    [
      'RSA PKCS #1 v1.5',
      { algorithm: sequence(oid('1.2.840.113549.1.1.12'), nothing()), sign: () => new Uint8Array(512) },
    ],
    ['ECDSA with SHA-1', { algorithm: sequence(oid('1.2.840.10045.4.1')), sign: () => new Uint8Array(70) }],
  ])('refuse %s', (_what, signer) => {
    expect(codeOf(() => parseCertificate(make({}, signer)))).toBe('WAX_X509_ALGORITHM');
  });

  it.each([
    ['the default salt of 20, left out', pss(good[0], good[1])],
    ['the default hash, left out', pss(good[1], good[2])],
    [
      'an ECDSA algorithm with parameters',
      { ...p256Signer, algorithm: sequence(oid('1.2.840.10045.4.3.2'), nothing()) },
    ],
  ])('refuse %s', (_what, signer) => {
    expect(codeOf(() => parseCertificate(make({}, signer)))).toMatch(/^WAX_DER_(TAG|TRAILING)$/);
  });

  it('refuse an algorithm that is named twice, differently', () => {
    let calls = 0;
    const signer = {
      get algorithm() {
        return calls++ === 0 ? p256Signer.algorithm : p384Signer.algorithm;
      },
      sign: p256Signer.sign,
    };
    expect(codeOf(() => parseCertificate(make({}, signer)))).toBe('WAX_X509_ALGORITHM');
  });

  it('refuse keys of other sizes, curves and kinds', () => {
    const spki = (options: ['rsa', number] | ['ec', string]) =>
      publicKeyInfo(
        options[0] === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: options[1] }).privateKey
          : generateKeyPairSync('ec', { namedCurve: options[1] }).privateKey,
      );
    const ed25519 = publicKeyInfo(generateKeyPairSync('ed25519').privateKey);
    const rsa = (modulus: Uint8Array, exponent: number, parameters = nothing()) =>
      sequence(
        sequence(oid('1.2.840.113549.1.1.1'), parameters),
        bitString(sequence(integer(modulus), smallInteger(exponent))),
      );
    const modulus = new Uint8Array(512).fill(0xff);
    const compressed = sequence(
      sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')),
      bitString(new Uint8Array(33).fill(2)),
    );
    const keys = [spki(['rsa', 2048]), spki(['ec', 'secp521r1']), ed25519, rsa(modulus, 3), compressed];
    for (const publicKey of keys) {
      expect(codeOf(() => parseCertificate(make({ publicKey })))).toBe('WAX_X509_ALGORITHM');
    }
    expect(codeOf(() => parseCertificate(make({ publicKey: rsa(modulus, 65537) })))).toBeNull();
    const withParameters = rsa(modulus, 65537, element(0x05, Uint8Array.of(1)));
    expect(codeOf(() => parseCertificate(make({ publicKey: withParameters })))).toBe('WAX_X509_ALGORITHM');
  });

  it('refuse names without exactly one common name and unknown string types', () => {
    const cn = (tag: number) => set(sequence(oid('2.5.4.3'), element(tag, Uint8Array.of(65))));
    for (const bad of [sequence(), sequence(cn(0x0c), cn(0x0c)), sequence(cn(0x1e))]) {
      expect(codeOf(() => parseCertificate(make({ subject: bad })))).toBe('WAX_X509_FORM');
      expect(codeOf(() => parseCertificate(make({ issuer: bad })))).toBe('WAX_X509_FORM');
    }
  });

  it('refuse version 1, unique identifiers and malformed extensions', () => {
    const signature = bitString(new Uint8Array(4));
    const { algorithm } = p256Signer;
    const head = [
      integer(Uint8Array.of(1)),
      algorithm,
      subject,
      sequence(time(at), time(at)),
      subject,
      publicKeyInfo(p256),
    ];
    const list = explicit(3, sequence());
    const of = (...parts: Uint8Array[]) => sequence(sequence(...parts), algorithm, signature);
    expect(codeOf(() => parseCertificate(of(explicit(0, smallInteger(2)), ...head, list)))).toBeNull();
    expect(codeOf(() => parseCertificate(of(...head, list)))).toBe('WAX_DER_TAG');
    expect(codeOf(() => parseCertificate(of(explicit(0, smallInteger(1)), ...head, list)))).toBe(
      'WAX_X509_FORM',
    );
    expect(codeOf(() => parseCertificate(of(explicit(0, smallInteger(2)), ...head)))).toBe('WAX_DER_TAG');
    const unique = element(0x81, Uint8Array.of(0, 1));
    expect(codeOf(() => parseCertificate(of(explicit(0, smallInteger(2)), ...head, unique, list)))).toBe(
      'WAX_DER_TAG',
    );
    const explicitFalse = explicit(
      3,
      sequence(sequence(oid('1.2.3'), boolean(false), octetString(Uint8Array.of(1)))),
    );
    expect(codeOf(() => parseCertificate(of(explicit(0, smallInteger(2)), ...head, explicitFalse)))).toBe(
      'WAX_DER_VALUE',
    );
  });

  it('refuse a basicConstraints that spells its default, trails or has a negative path length', () => {
    const values = [sequence(boolean(false)), sequence(boolean(true), element(0x02, Uint8Array.of(0xff)))];
    for (const value of values) {
      const extensions: ExtensionFields[] = [{ oid: '2.5.29.19', critical: true, value }];
      expect(codeOf(() => parseCertificate(make({ extensions })))).toBe('WAX_DER_VALUE');
    }
    const extensions = [{ oid: '2.5.29.19', value: sequence(sequence()) }];
    expect(codeOf(() => parseCertificate(make({ extensions })))).toBe('WAX_DER_TRAILING');
  });

  it('end a chain only if they may sign and are no CA', () => {
    const end = (extensions: ExtensionFields[]) =>
      codeOf(() => verifyEndEntity(parseCertificate(make({ extensions }))));
    expect(end([])).toBeNull();
    expect(end([keyUsage(0x80)])).toBeNull();
    expect(end([caConstraints()])).toBe('WAX_X509_USAGE');
    expect(end([keyUsage(0x04)])).toBe('WAX_X509_USAGE');
    expect(end([keyUsage(0x84)])).toBe('WAX_X509_USAGE');
    expect(end([{ oid: '2.5.29.19', value: sequence(smallInteger(0)) }])).toBe('WAX_X509_USAGE');
  });
});

describe('revocation lists', () => {
  const issuer = parseCertificate(make());
  const dates = { thisUpdate: at, nextUpdate: at + day };
  const tbs = (...parts: Uint8Array[]) =>
    sequence(sequence(...parts), p256Signer.algorithm, bitString(new Uint8Array(4)));
  const head = [p256Signer.algorithm, subject, time(at), time(at + day)];

  it('are read, verified and searched by serial number', async () => {
    const list = parseCrl(
      makeCrl({ issuer: subject, ...dates, revoked: [Uint8Array.of(0x80, 1)] }, p256Signer),
    );
    await verifyCrlIssuer(list, issuer);
    expect(codeOf(() => verifyNotRevoked(list, [issuer]))).toBe('WAX_CRL_REVOKED');
    const other = parseCrl(makeCrl({ issuer: subject, ...dates, revoked: [Uint8Array.of(1)] }, p256Signer));
    expect(codeOf(() => verifyNotRevoked(other, [issuer]))).toBeNull();
  });

  it('refuse version 1, a missing next update, delta lists and indirect entries', () => {
    const critical = (id: string) => sequence(oid(id), boolean(true), octetString(smallInteger(1)));
    expect(codeOf(() => parseCrl(tbs(smallInteger(1), ...head)))).toBeNull();
    expect(codeOf(() => parseCrl(tbs(...head)))).toBe('WAX_DER_TAG');
    expect(codeOf(() => parseCrl(tbs(smallInteger(0), ...head)))).toBe('WAX_CRL_FORM');
    expect(codeOf(() => parseCrl(tbs(smallInteger(1), ...head.slice(0, 3))))).toBe('WAX_CRL_FORM');
    const delta = explicit(0, sequence(critical('2.5.29.27')));
    expect(codeOf(() => parseCrl(tbs(smallInteger(1), ...head, delta)))).toBe('WAX_X509_EXTENSION');
    const entry = sequence(integer(Uint8Array.of(1)), time(at), sequence(critical('2.5.29.29')));
    expect(codeOf(() => parseCrl(tbs(smallInteger(1), ...head, sequence(entry))))).toBe('WAX_X509_EXTENSION');
  });

  it('refuse more than 32 extensions', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ oid: `1.2.3.${index}`, value: sequence() }));
    expect(codeOf(() => parseCertificate(make({ extensions: many(32) })))).toBeNull();
    expect(codeOf(() => parseCertificate(make({ extensions: many(33) })))).toBe('WAX_X509_EXTENSION');
  });

  it('refuse an algorithm that is named twice, differently, and too many bytes', () => {
    const list = sequence(
      sequence(smallInteger(1), ...head),
      p384Signer.algorithm,
      bitString(new Uint8Array(4)),
    );
    expect(codeOf(() => parseCrl(list))).toBe('WAX_X509_ALGORITHM');
    expect(codeOf(() => parseCrl(new Uint8Array(256 * 1024 + 1)))).toBe('WAX_CRL_SIZE');
  });

  it('name text in UTF-8', () => {
    const bad = sequence(set(sequence(oid('2.5.4.3'), element(0x0c, Uint8Array.of(0xff)))));
    expect(codeOf(() => parseCertificate(make({ subject: bad })))).toBe('WAX_BYTES_UTF8');
    expect(
      parseCertificate(make({ subject: sequence(set(sequence(oid('2.5.4.3'), utf8String('é')))) }))
        .subjectCommonName,
    ).toBe('é');
  });
});
