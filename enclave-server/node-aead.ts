import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concatBytes } from '../protocol/bytes.ts';
import type { Aead } from '../protocol/session/aead.ts';

const ALGORITHM = 'chacha20-poly1305';
const TAG = { authTagLength: 16 };

/** ChaCha20-Poly1305 of the runtime: four times as fast as noble on a request of a megabyte. */
export const nodeAead: Aead = {
  seal(key, nonce, aad, plaintext) {
    const cipher = createCipheriv(ALGORITHM, key, nonce, TAG);
    cipher.setAAD(aad, { plaintextLength: plaintext.length });
    return concatBytes(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
  },
  open(key, nonce, aad, ciphertext) {
    const end = ciphertext.length - TAG.authTagLength;
    const decipher = createDecipheriv(ALGORITHM, key, nonce, TAG);
    decipher.setAAD(aad, { plaintextLength: end });
    decipher.setAuthTag(ciphertext.subarray(end));
    return concatBytes(decipher.update(ciphertext.subarray(0, end)), decipher.final());
  },
};
