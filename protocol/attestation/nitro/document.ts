/**
 * The attestation document of the Nitro security module: a COSE_Sign1 (RFC 9052) whose payload is a CBOR map of
 * nine known keys (aws-nitro-enclaves-nsm-api, attestation_process.md).
 * @module
 */
import { concatBytes, equalBytes, parseHex, utf8 } from '../../bytes.ts';
import { type CborMap, type CborValue, encodeByteString, parseCbor } from '../cbor.ts';
import { nitroError } from './errors.ts';

/** Payload of at most 16 KiB, and what a COSE_Sign1 puts around it (check C10). */
const MAX_PAYLOAD = 16 * 1024;
const MAX_DOCUMENT = MAX_PAYLOAD + 256;
const COSE_SIGN1_TAG = 18;
/** `{1: -35}`: ECDSA with SHA-384. */
const PROTECTED = parseHex('a1013822');

export interface CoseSign1 {
  readonly payload: Uint8Array;
  /** r ‖ s, 96 bytes. */
  readonly signature: Uint8Array;
  /** Sig_structure: what the signature covers. */
  readonly signed: Uint8Array;
}

/**
 * Splits the envelope (N1).
 * @throws WAX_NITRO_SIZE, WAX_NITRO_COSE or WAX_CBOR_…
 */
export function parseCoseSign1(bytes: Uint8Array): CoseSign1 {
  if (bytes.length > MAX_DOCUMENT) throw nitroError('WAX_NITRO_SIZE', `${bytes.length} bytes`);
  const outer = parseCbor(bytes);
  const value = isTag(outer) && outer.tag === COSE_SIGN1_TAG ? outer.value : outer;
  const [header, unprotectedMap, payload, signature, ...rest] = Array.isArray(value) ? value : [];
  if (!(header instanceof Uint8Array) || !equalBytes(header, PROTECTED)) {
    throw nitroError('WAX_NITRO_COSE', 'protected header');
  }
  if (!(unprotectedMap instanceof Map) || unprotectedMap.size > 0)
    throw nitroError('WAX_NITRO_COSE', 'header');
  if (!(payload instanceof Uint8Array) || payload.length === 0 || payload.length > MAX_PAYLOAD) {
    throw nitroError('WAX_NITRO_COSE', 'payload');
  }
  if (!(signature instanceof Uint8Array) || signature.length !== 96 || rest.length > 0) {
    throw nitroError('WAX_NITRO_COSE', 'signature');
  }
  const label = utf8('Signature1');
  const signed = concatBytes(
    Uint8Array.of(0x84, 0x60 | label.length),
    label,
    encodeByteString(header),
    Uint8Array.of(0x40),
    encodeByteString(payload),
  );
  return { payload, signature, signed };
}

function isTag(value: CborValue): value is Extract<CborValue, { tag: number }> {
  return typeof value === 'object' && value !== null && 'tag' in value;
}

/** An optional field: absent, null and empty are different things to a reader, and the same to a check. */
export type OptionalBytes = Uint8Array | null | undefined;

export interface NitroDocument {
  readonly moduleId: string;
  readonly digest: string;
  /** Epoch ms. */
  readonly timestamp: number;
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  readonly certificate: Uint8Array;
  /** Root first. */
  readonly caBundle: readonly Uint8Array[];
  readonly publicKey: OptionalBytes;
  readonly userData: OptionalBytes;
  readonly nonce: OptionalBytes;
}

const KEYS = [
  'module_id',
  'digest',
  'timestamp',
  'pcrs',
  'certificate',
  'cabundle',
  'public_key',
  'user_data',
  'nonce',
];

const wrong = (key: string) => nitroError('WAX_NITRO_DOCUMENT', key);

function readText(map: CborMap, key: string): string {
  const value = map.get(key);
  if (typeof value !== 'string') throw wrong(key);
  return value;
}

function readBytes(value: CborValue | undefined, key: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrong(key);
  return value;
}

function readOptional(map: CborMap, key: string): OptionalBytes {
  const value = map.get(key);
  return value === undefined || value === null ? value : readBytes(value, key);
}

function readPcrs(value: CborValue | undefined): Map<number, Uint8Array> {
  if (!(value instanceof Map)) throw wrong('pcrs');
  const pcrs = new Map<number, Uint8Array>();
  for (const [index, register] of value) {
    if (typeof index !== 'number') throw wrong('pcrs');
    pcrs.set(index, readBytes(register, 'pcrs'));
  }
  return pcrs;
}

/**
 * Reads the payload: the types of its fields, and no other field (N1). What they hold is judged by content.ts.
 * @throws WAX_NITRO_DOCUMENT or WAX_CBOR_…
 */
export function parseNitroDocument(payload: Uint8Array): NitroDocument {
  const map = parseCbor(payload);
  if (!(map instanceof Map)) throw wrong('not a map');
  for (const key of map.keys())
    if (typeof key !== 'string' || !KEYS.includes(key)) throw wrong('unknown key');
  const timestamp = map.get('timestamp');
  if (typeof timestamp !== 'number') throw wrong('timestamp');
  const bundle = map.get('cabundle');
  if (!Array.isArray(bundle)) throw wrong('cabundle');
  return {
    moduleId: readText(map, 'module_id'),
    digest: readText(map, 'digest'),
    timestamp,
    pcrs: readPcrs(map.get('pcrs')),
    certificate: readBytes(map.get('certificate'), 'certificate'),
    caBundle: bundle.map((item) => readBytes(item, 'cabundle')),
    publicKey: readOptional(map, 'public_key'),
    userData: readOptional(map, 'user_data'),
    nonce: readOptional(map, 'nonce'),
  };
}
