/** An RSA public key as two unsigned big-endian numbers. */
export interface RsaPublicKey {
  /** Exactly 512 bytes, the first bit set: a 4096-bit modulus. */
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
}

/** One way to check a signature. Wrong lengths, points off the curve and out-of-range numbers give `false`. */
export interface SignatureBackend {
  /** RSASSA-PSS, 4096 bits, SHA-384, MGF1 with SHA-384, salt of 48 bytes (RFC 8017 section 8.1). */
  rsaPss384(key: RsaPublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** ECDSA with SHA-384 on P-384; key is the 97-byte uncompressed point, signature is r ‖ s, 96 bytes. */
  ecdsaP384(point: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** ECDSA with SHA-256 on P-256; key is the 65-byte uncompressed point, signature is r ‖ s, 64 bytes. */
  ecdsaP256(point: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** Ed25519 (RFC 8032): 32-byte key, 64-byte signature. */
  ed25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** The algorithms that a backend may or may not have. */
export type SignatureAlgorithm = keyof SignatureBackend;
