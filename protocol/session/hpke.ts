/**
 * HPKE (RFC 9180, base mode, KEM 0x647a X-Wing, HKDF-SHA256), of which only `Export` is used (wire-format.md
 * B4). X-Wing comes from the runtime where it has it and from noble where it says that it has not; that is
 * asked once, and an operation that fails is never tried again by other means.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { AEAD_ChaCha20Poly1305, KDF_HKDF_SHA256, KEM_MLKEM768_X25519 as nobleKem } from '@panva/hpke-noble';
import { CipherSuite, NotSupportedError, KEM_MLKEM768_X25519 as nativeKem } from 'hpke';
import { equalBytes, toHex, utf8 } from '../bytes.ts';
import { sessionError } from './errors.ts';

export type HpkeBackend = 'native' | 'noble';

/** A single-use key of a session: the seed (32 bytes) stays in the enclave, `pk` (1216) goes into the answer. */
export interface SessionKey {
  seed: Uint8Array;
  pk: Uint8Array;
}

const ML_KEM_Q = 3329;
/** Encoded polynomials at the front of an X-Wing public key: 768 coefficients of 12 bits. */
const ML_KEM_COEFFICIENT_BYTES = 1152;

/**
 * The modulus check of FIPS 203 section 7.2. The noble release in use lets coefficients of q and more pass,
 * which native implementations refuse; a key must not depend on the runtime.
 */
function checkCoefficients(pk: Uint8Array): void {
  for (let at = 0; at < ML_KEM_COEFFICIENT_BYTES; at += 3) {
    const [low, middle, high] = [pk[at] ?? 0, pk[at + 1] ?? 0, pk[at + 2] ?? 0];
    if ((low | ((middle & 15) << 8)) >= ML_KEM_Q || ((middle >> 4) | (high << 4)) >= ML_KEM_Q) {
      throw sessionError('WAX_SESSION_HPKE', 'public key modulus');
    }
  }
}

const EXPORT_LABEL = utf8('waxseal/1 session');

/** The three operations of this suite on one implementation of X-Wing. */
export class Hpke {
  readonly #suite: CipherSuite;

  constructor(backend: HpkeBackend) {
    // The AEAD only names the suite here: records are sealed with keys that are exported.
    this.#suite = new CipherSuite(
      backend === 'native' ? nativeKem : nobleKem,
      KDF_HKDF_SHA256,
      AEAD_ChaCha20Poly1305,
    );
  }

  async generateSessionKey(): Promise<SessionKey> {
    const pair = await this.#suite.GenerateKeyPair(true);
    const [seed, pk] = await Promise.all([
      this.#suite.SerializePrivateKey(pair.privateKey),
      this.#suite.SerializePublicKey(pair.publicKey),
    ]);
    return { seed, pk };
  }

  /** Key pair from 32 bytes of input, for self tests and vectors. */
  async deriveSessionKey(ikm: Uint8Array): Promise<SessionKey> {
    const pair = await this.#suite.DeriveKeyPair(ikm, true);
    return {
      seed: await this.#suite.SerializePrivateKey(pair.privateKey),
      pk: await this.#suite.SerializePublicKey(pair.publicKey),
    };
  }

  /** Client side: `enc` (1120 bytes) for the first request, and ck[0] (32 bytes). */
  async encapsulate(pk: Uint8Array, info: Uint8Array): Promise<{ enc: Uint8Array; chainKey: Uint8Array }> {
    checkCoefficients(pk);
    try {
      const key = await this.#suite.DeserializePublicKey(pk);
      const { encapsulatedSecret, ctx } = await this.#suite.SetupSender(key, { info });
      return { enc: encapsulatedSecret, chainKey: await ctx.Export(EXPORT_LABEL, 32) };
    } catch (cause) {
      throw sessionError('WAX_SESSION_HPKE', 'public key', { cause });
    }
  }

  /** Server side: ck[0]. `seed` is overwritten with zeros whatever happens: a key is used once. */
  async decapsulate(seed: Uint8Array, enc: Uint8Array, info: Uint8Array): Promise<Uint8Array> {
    try {
      const key = await this.#suite.DeserializePrivateKey(seed, false);
      const ctx = await this.#suite.SetupRecipient(key, enc, { info });
      return await ctx.Export(EXPORT_LABEL, 32);
    } catch (cause) {
      throw sessionError('WAX_SESSION_HPKE', 'encapsulated key', { cause });
    } finally {
      seed.fill(0);
    }
  }
}

async function hasNative(): Promise<boolean> {
  try {
    await new CipherSuite(nativeKem, KDF_HKDF_SHA256, AEAD_ChaCha20Poly1305).GenerateKeyPair();
    return true;
  } catch (error) {
    if (error instanceof NotSupportedError) return false;
    throw error;
  }
}

let decision: Promise<HpkeBackend> | undefined;

/** Which X-Wing this runtime gets; asked at the first call and kept. */
export function hpkeBackend(): Promise<HpkeBackend> {
  decision ??= hasNative().then((native) => (native ? 'native' : 'noble'));
  return decision;
}

const current = async () => new Hpke(await hpkeBackend());

/** Makes the single-use key of a session. */
export async function generateSessionKey(): Promise<SessionKey> {
  return (await current()).generateSessionKey();
}

/** See {@link Hpke.encapsulate}. */
export async function encapsulate(pk: Uint8Array, info: Uint8Array) {
  return (await current()).encapsulate(pk, info);
}

/** See {@link Hpke.decapsulate}. */
export async function decapsulate(seed: Uint8Array, enc: Uint8Array, info: Uint8Array) {
  return (await current()).decapsulate(seed, enc, info);
}

// SHA-256 of the public key that DeriveKeyPair gives for 32 bytes 0x07.
const KNOWN_PK_SHA256 = 'e81b9a08d54218efb0cee652505b8d615d58473da3f7ae0bfcac23becb446e65';

/**
 * Server start: proves that the runtime's own X-Wing is there, gives the known key for a known input, and
 * agrees with noble in both directions. Throws `WAX_SESSION_NATIVE_HPKE` otherwise: pure JavaScript would
 * starve the event loop of a server and is not constant-time against the host.
 */
export async function selfTestNativeHpke(): Promise<void> {
  const fail = (what: string) => sessionError('WAX_SESSION_NATIVE_HPKE', what);
  if ((await hpkeBackend()) !== 'native') throw fail('not supported');
  const native = new Hpke('native');
  const noble = new Hpke('noble');
  const info = utf8('self test');
  const known = await native.deriveSessionKey(new Uint8Array(32).fill(7));
  if (toHex(sha256(known.pk)) !== KNOWN_PK_SHA256) throw fail('known answer');
  for (const [sender, recipient] of [
    [native, noble],
    [noble, native],
  ] as const) {
    const key = await recipient.generateSessionKey();
    const { enc, chainKey } = await sender.encapsulate(key.pk, info);
    if (!equalBytes(chainKey, await recipient.decapsulate(key.seed, enc, info))) throw fail('no agreement');
  }
}
