/**
 * ChaCha20-Poly1305 (RFC 8439) and the hash of whole requests behind a seam: noble is the faster one for records of
 * a few hundred bytes and runs everywhere; a server passes those of its runtime for requests of up to 8 MiB.
 * @module
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** Key 32 bytes, nonce 12 bytes, tag of 16 bytes at the end. `open` throws when the tag is wrong. */
export interface Aead {
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  sha256(bytes: Uint8Array): Uint8Array;
}

export const nobleAead: Aead = {
  seal: (key, nonce, aad, plaintext) => chacha20poly1305(key, nonce, aad).encrypt(plaintext),
  open: (key, nonce, aad, ciphertext) => chacha20poly1305(key, nonce, aad).decrypt(ciphertext),
  sha256,
};
