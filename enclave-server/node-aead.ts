import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
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
    const plaintext = decipher.update(ciphertext.subarray(0, end));
    // Throws where the tag is wrong; of this cipher no byte comes with it.
    decipher.final();
    return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  },
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
};
