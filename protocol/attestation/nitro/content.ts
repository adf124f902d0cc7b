/** Checks of a document's content (N2, N4, N6, N7). Each throws its own reason. */
import { toHex } from '../../bytes.ts';
import type { Certificate } from '../x509.ts';
import type { NitroDocument } from './document.ts';
import { nitroError } from './errors.ts';
import type { NitroPolicy } from './policy.ts';

const MAX_CERTIFICATES = 8;

interface ContentCheck {
  readonly id: string;
  readonly text: string;
  judge(document: NitroDocument): void;
}

const isCertificateSize = ({ length }: Uint8Array) => length >= 1 && length <= 1024;

/** N2: sizes and values as the documentation of the module has them. */
export const contentChecks: readonly ContentCheck[] = [
  {
    id: 'N2.module',
    text: 'The document names its module.',
    judge({ moduleId }) {
      if (moduleId === '') throw nitroError('WAX_NITRO_MODULE');
    },
  },
  {
    id: 'N2.digest',
    text: 'The measurements are made with SHA-384.',
    judge({ digest }) {
      if (digest !== 'SHA384') throw nitroError('WAX_NITRO_DIGEST');
    },
  },
  {
    id: 'N2.timestamp',
    text: 'The document has a time.',
    judge({ timestamp }) {
      if (timestamp <= 0) throw nitroError('WAX_NITRO_TIMESTAMP');
    },
  },
  {
    id: 'N2.pcrs',
    text: 'The measurements are registers of 48 bytes.',
    judge({ pcrs }) {
      const entries = [...pcrs];
      const known = entries.every(([index, { length }]) => index >= 0 && index <= 31 && length === 48);
      const complete = [0, 1, 2].every((index) => pcrs.has(index));
      if (!known || !complete || entries.length > 32) throw nitroError('WAX_NITRO_PCRS');
    },
  },
  {
    id: 'N2.certificate',
    text: 'The certificate has a possible size.',
    judge({ certificate }) {
      if (!isCertificateSize(certificate)) throw nitroError('WAX_NITRO_CERTIFICATE_SIZE');
    },
  },
  {
    id: 'N2.bundle',
    text: 'The document carries a chain of certificates.',
    judge({ caBundle }) {
      if (caBundle.length < 1 || caBundle.length > MAX_CERTIFICATES || !caBundle.every(isCertificateSize)) {
        throw nitroError('WAX_NITRO_BUNDLE', `${caBundle.length} certificates`);
      }
    },
  },
  {
    id: 'N2.fields',
    text: 'The free fields are not longer than allowed.',
    judge({ publicKey, userData, nonce }) {
      const most = (field: Uint8Array | null | undefined, size: number) => (field?.length ?? 0) <= size;
      if (!most(publicKey, 1024) || !most(userData, 512) || !most(nonce, 512))
        throw nitroError('WAX_NITRO_FIELD_SIZE');
    },
  },
];

/** N4: P-384 throughout; a CA says so and may sign certificates, the leaf may sign and nothing else. */
export function verifyNitroUsage(certificate: Certificate, isLeaf: boolean): void {
  const { publicKey, scheme, subjectCommonName, extensions } = certificate;
  const { keyUsage, basicConstraints } = extensions;
  const isP384 =
    publicKey.kind === 'ec' && publicKey.curve.name === 'P-384' && scheme === 'ecdsa-p384-sha384';
  const mayDo = isLeaf
    ? keyUsage?.digitalSignature === true && !keyUsage.keyCertSign
    : keyUsage?.keyCertSign === true && basicConstraints?.ca === true;
  if (!isP384 || !mayDo) throw nitroError('WAX_NITRO_CHAIN', subjectCommonName);
}

/** N6: the document was made while its certificate was valid. */
export function verifyWithinCertificate({ timestamp }: NitroDocument, leaf: Certificate): void {
  // Certificates count whole seconds.
  if (timestamp < leaf.notBefore || timestamp >= leaf.notAfter + 1000)
    throw nitroError('WAX_NITRO_OUTSIDE_CERTIFICATE');
}

/** N6: the document is fresh by our clock. */
export function verifyAge({ timestamp }: NitroDocument, policy: NitroPolicy, at: number): void {
  const age = at - timestamp;
  if (!(age <= 1000 * policy.maximumAgeSeconds && age >= -1000 * policy.clockSkewSeconds)) {
    throw nitroError('WAX_NITRO_AGE', `${Math.round(age / 1000)} s`);
  }
}

const isZero = (register: Uint8Array | undefined) => register?.every((byte) => byte === 0) ?? true;

/** N7: in debug mode the module reports zeros for what it measured. */
export function verifyNotDebug({ pcrs }: NitroDocument): void {
  if ([0, 1, 2].some((index) => isZero(pcrs.get(index)))) throw nitroError('WAX_NITRO_DEBUG');
}

/** N7: registers that the policy names have that value. */
export function verifyExpectedPcrs({ pcrs }: NitroDocument, policy: NitroPolicy): void {
  for (const [index, wanted] of Object.entries(policy.pcrs)) {
    const register = pcrs.get(Number(index));
    if (!register || toHex(register) !== wanted) throw nitroError('WAX_NITRO_PCR', `PCR${index}`);
  }
}

/** Role, instance and signing certificate: set by the platform, and open unless the policy names them. */
const PLATFORM_PCRS = [0, 1, 2, 3, 4, 8];

/** N7: what an enclave adds to other registers changes what it is; nobody approved that. */
export function verifyNoOtherPcrs({ pcrs }: NitroDocument, policy: NitroPolicy): void {
  for (const [index, register] of pcrs) {
    if (!PLATFORM_PCRS.includes(index) && !(index in policy.pcrs) && !isZero(register)) {
      throw nitroError('WAX_NITRO_PCR_UNEXPECTED', `PCR${index}`);
    }
  }
}
