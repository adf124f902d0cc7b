import { defineErrors } from '../../errors.ts';

/** Reasons to refuse AWS Nitro evidence. */
export const nitroError = defineErrors({
  WAX_NITRO_SIZE: 'The document is larger than allowed',
  WAX_NITRO_COSE: 'The document is not a COSE_Sign1 of the form that Nitro makes',
  WAX_NITRO_DOCUMENT: 'The signed document has a missing, unknown or malformed field',
  WAX_NITRO_MODULE: 'The document does not name its module',
  WAX_NITRO_DIGEST: 'The measurements are not made with SHA-384',
  WAX_NITRO_TIMESTAMP: 'The document has no time',
  WAX_NITRO_PCRS: 'The measurements are not a set of registers of 48 bytes',
  WAX_NITRO_CERTIFICATE_SIZE: 'A certificate in the document has an impossible size',
  WAX_NITRO_BUNDLE: 'The document does not carry a chain of certificates',
  WAX_NITRO_FIELD_SIZE: 'A free field of the document is longer than allowed',
  WAX_NITRO_CHAIN: 'A certificate of the chain has a key or usage that AWS does not give it',
  WAX_NITRO_SIGNATURE_RANGE: 'A number in the signature of the document is out of range',
  WAX_NITRO_SIGNATURE: 'The document is not signed by the key in its certificate',
  WAX_NITRO_OUTSIDE_CERTIFICATE: 'The document was made outside the validity of its certificate',
  WAX_NITRO_AGE: 'The document is too old or from the future',
  WAX_NITRO_DEBUG: 'The enclave runs in debug mode',
  WAX_NITRO_PCR: 'A register differs from the required value',
  WAX_NITRO_PCR_UNEXPECTED: 'A register is set that nobody expects',
  WAX_NITRO_NONCE: 'The document carries a nonce that is not expected',
  WAX_NITRO_PUBLIC_KEY: 'The document carries a key that is not expected',
  WAX_NITRO_BINDING: 'The document does not answer this challenge',
  WAX_NITRO_BINDING_ABSENT: 'There is no challenge to compare the document with',
});
