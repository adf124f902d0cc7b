/**
 * Makes enclave-server/attester/simulator/material.ts anew: keys and certificates of the simulated chip.
 * Run it only to replace them; the printed fingerprint then goes into protocol/attestation/simulator.ts.
 */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import {
  caConstraints,
  keyUsage,
  makeCertificate,
  name,
  publicKeyInfo,
  rsaSigner,
} from '../enclave-server/attester/simulator/certificates.ts';
import { chipExtensions } from '../enclave-server/attester/simulator/chip-extensions.ts';

const organisation = 'Waxseal simulator, not a hardware vendor';
const notBefore = Date.parse('2026-01-01T00:00:00Z');
const notAfter = Date.parse('2049-12-31T23:59:59Z');
const names = {
  ark: name(organisation, 'ARK-Genoa'),
  ask: name(organisation, 'SEV-Genoa'),
  vcek: name(organisation, 'SEV-VCEK'),
};

const pkcs8 = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' }).toString('base64');
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey;
const ark = rsa();
const ask = rsa();
const vcek = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;

const dates = { notBefore, notAfter };
const arkCertificate = makeCertificate(
  {
    ...dates,
    serial: Uint8Array.of(0xf1, 0, 0),
    issuer: names.ark,
    subject: names.ark,
    publicKey: publicKeyInfo(ark),
    extensions: [caConstraints(), keyUsage(0x06)],
  },
  rsaSigner(ark),
);
const askCertificate = makeCertificate(
  {
    ...dates,
    serial: Uint8Array.of(0xf1, 0, 1),
    issuer: names.ark,
    subject: names.ask,
    publicKey: publicKeyInfo(ask),
    extensions: [caConstraints(0), keyUsage(0x04)],
  },
  rsaSigner(ark),
);
const vcekCertificate = makeCertificate(
  {
    ...dates,
    serial: Uint8Array.of(0),
    issuer: names.ask,
    subject: names.vcek,
    publicKey: publicKeyInfo(vcek),
    extensions: chipExtensions({
      productName: 'Genoa',
      versions: { bootloader: 10, tee: 0, snp: 23, microcode: 84 },
      // As in SIMULATED_CHIP of simulator.ts.
      hardwareId: createHash('sha512').update('waxseal simulated chip').digest(),
    }),
  },
  rsaSigner(ask),
);

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const values = {
  arkKey: pkcs8(ark),
  askKey: pkcs8(ask),
  vcekKey: pkcs8(vcek),
  arkCertificate: base64(arkCertificate),
  askCertificate: base64(askCertificate),
  vcekCertificate: base64(vcekCertificate),
};
const lines = Object.entries(values).map(([key, value]) => {
  const parts = value.match(/.{1,100}/g) ?? [];
  return `  ${key}: [\n${parts.map((part) => `    '${part}',`).join('\n')}\n  ].join(''),`;
});
writeFileSync(
  new URL('../enclave-server/attester/simulator/material.ts', import.meta.url),
  `/**
 * Private keys (PKCS #8) and certificates (DER) of the simulated chip, in base64. They are public on purpose:
 * anybody can make simulator evidence, which is why it proves nothing and why builds for real use know
 * neither this file nor its root. Made by scripts/make-simulator-material.ts.
 */
export const material = {
${lines.join('\n')}
} as const;
`,
);
console.log(createHash('sha256').update(arkCertificate).digest('hex'));
