/** Object identifiers of the certificate profile (RFC 5280, 4055, 5480) and of the vendors' extensions. */
export const oids = {
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaPss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
  sha384: '2.16.840.1.101.3.4.2.2',
  ecPublicKey: '1.2.840.10045.2.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  ecdsaSha384: '1.2.840.10045.4.3.3',
  p256: '1.2.840.10045.3.1.7',
  p384: '1.3.132.0.34',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  authorityKeyIdentifier: '2.5.29.35',
} as const;

/** AMD 57230: the arc of the V[CL]EK extensions. */
export const AMD_ARC = '1.3.6.1.4.1.3704.1';

/** Intel SGX PCK certificate: the one extension that holds the platform's identity and TCB. */
export const INTEL_SGX_ARC = '1.2.840.113741.1.13.1';
