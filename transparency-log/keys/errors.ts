import { defineErrors } from '../../protocol/errors.ts';

/** Errors of signing keys kept in files. */
export const keyFileError = defineErrors({
  WAX_KEYFILE_MISSING: 'There is no key file at this path',
  WAX_KEYFILE_EXISTS: 'There is a file at this path already, and a key is never overwritten',
  WAX_KEYFILE_MODE: 'Others than the owner can read the key file; set its mode to 0600',
  WAX_KEYFILE_FORM: 'The file does not hold a signing key in the form PRIVATE+KEY+name+keyid+base64',
  WAX_KEYFILE_TYPE: 'The key in the file is for another kind of signature',
});
