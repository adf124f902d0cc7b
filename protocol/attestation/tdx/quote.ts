/**
 * Layout of TDX quotes, versions 4 and 5 (Intel TDX DCAP Quoting Library API), little-endian. Parsing checks
 * every length and discriminator; what the fields must say is judged by verify.ts.
 * @module
 */
import { equalBytes, parseHex } from '../../bytes.ts';
import { tdxError } from './errors.ts';

/** Check C10: real quotes are about 5 KiB, and 8,000 bytes with padding. */
const MAX_QUOTE = 16 * 1024;
const INTEL_QE_VENDOR = parseHex('939a7233f79c4ca9940a0db3957f0607');
const TDX_TEE_TYPE = 0x81;

export interface TdBody {
  readonly teeTcbSvn: Uint8Array;
  readonly mrSeam: Uint8Array;
  readonly mrSignerSeam: Uint8Array;
  readonly seamAttributes: Uint8Array;
  readonly tdAttributes: Uint8Array;
  readonly xfam: Uint8Array;
  readonly mrTd: Uint8Array;
  readonly mrConfigId: Uint8Array;
  readonly mrOwner: Uint8Array;
  readonly mrOwnerConfig: Uint8Array;
  readonly rtmr0: Uint8Array;
  readonly rtmr1: Uint8Array;
  readonly rtmr2: Uint8Array;
  readonly rtmr3: Uint8Array;
  readonly reportData: Uint8Array;
  /** TDX 1.5 only: the module as it runs, and the bound service TD. */
  readonly teeTcbSvn2: Uint8Array | null;
  readonly mrServiceTd: Uint8Array | null;
}

export interface QeReport {
  readonly raw: Uint8Array;
  readonly cpuSvn: Uint8Array;
  readonly miscSelect: Uint8Array;
  readonly attributes: Uint8Array;
  readonly mrEnclave: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  readonly reportData: Uint8Array;
}

export interface TdxQuote {
  readonly version: number;
  readonly qeVendor: Uint8Array;
  readonly userData: Uint8Array;
  readonly reserved: Uint8Array;
  readonly body: TdBody;
  /** What the attestation key signed: header to end of body. */
  readonly signed: Uint8Array;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
  /** x ‖ y, 64 bytes. */
  readonly attestationKey: Uint8Array;
  readonly qeReport: QeReport;
  readonly qeReportSignature: Uint8Array;
  readonly qeAuthData: Uint8Array;
  /** PEM, leaf first. */
  readonly chain: Uint8Array;
  /** Bytes after the signature data. */
  readonly trailing: Uint8Array;
}

class Cursor {
  readonly #bytes: Uint8Array;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get rest(): Uint8Array {
    return this.#bytes.subarray(this.offset);
  }

  take(size: number): Uint8Array {
    if (size > this.#bytes.length - this.offset) throw tdxError('WAX_TDX_LENGTH', `${size} bytes wanted`);
    this.offset += size;
    return this.#bytes.subarray(this.offset - size, this.offset);
  }

  number(size: 2 | 4): number {
    return this.take(size).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  end(): void {
    if (this.rest.length > 0) throw tdxError('WAX_TDX_LENGTH', `${this.rest.length} bytes left over`);
  }
}

function readBody(cursor: Cursor, version: number): TdBody {
  const type = version === 5 ? cursor.number(2) : 2;
  const size = version === 5 ? cursor.number(4) : 584;
  const is15 = type === 3 && size === 648;
  if (!is15 && !(type === 2 && size === 584)) throw tdxError('WAX_TDX_BODY', `type ${type}, ${size} bytes`);
  const body = new Cursor(cursor.take(size));
  const fields = {
    teeTcbSvn: body.take(16),
    mrSeam: body.take(48),
    mrSignerSeam: body.take(48),
    seamAttributes: body.take(8),
    tdAttributes: body.take(8),
    xfam: body.take(8),
    mrTd: body.take(48),
    mrConfigId: body.take(48),
    mrOwner: body.take(48),
    mrOwnerConfig: body.take(48),
    rtmr0: body.take(48),
    rtmr1: body.take(48),
    rtmr2: body.take(48),
    rtmr3: body.take(48),
    reportData: body.take(64),
    teeTcbSvn2: is15 ? body.take(16) : null,
    mrServiceTd: is15 ? body.take(48) : null,
  };
  body.end();
  return fields;
}

function readQeReport(raw: Uint8Array): QeReport {
  const number = (offset: number) => (raw[offset] ?? 0) + 256 * (raw[offset + 1] ?? 0);
  return {
    raw,
    cpuSvn: raw.subarray(0, 16),
    miscSelect: raw.subarray(16, 20),
    attributes: raw.subarray(48, 64),
    mrEnclave: raw.subarray(64, 96),
    mrSigner: raw.subarray(128, 160),
    isvProdId: number(256),
    isvSvn: number(258),
    reportData: raw.subarray(320, 384),
  };
}

function readCertification(cursor: Cursor, type: number): Cursor {
  const found = cursor.number(2);
  if (found !== type) throw tdxError('WAX_TDX_CERTIFICATION', `type ${found}, ${type} expected`);
  return new Cursor(cursor.take(cursor.number(4)));
}

/**
 * Splits a quote (T1): every inner length must exactly fill the outer one.
 * @throws WAX_TDX_…
 */
export function parseTdxQuote(bytes: Uint8Array): TdxQuote {
  if (bytes.length > MAX_QUOTE) throw tdxError('WAX_TDX_SIZE', `${bytes.length} bytes`);
  const cursor = new Cursor(bytes);
  const version = cursor.number(2);
  const keyType = cursor.number(2);
  const teeType = cursor.number(4);
  if (version !== 4 && version !== 5) throw tdxError('WAX_TDX_VERSION', `${version}`);
  if (teeType !== TDX_TEE_TYPE) throw tdxError('WAX_TDX_TYPE', `0x${teeType.toString(16)}`);
  if (keyType !== 2) throw tdxError('WAX_TDX_KEY_TYPE', `${keyType}`);
  const reserved = cursor.take(4);
  const qeVendor = cursor.take(16);
  const userData = cursor.take(20);
  const body = readBody(cursor, version);
  const signed = bytes.subarray(0, cursor.offset);
  const signatureData = new Cursor(cursor.take(cursor.number(4)));
  const signature = signatureData.take(64);
  const attestationKey = signatureData.take(64);
  const qe = readCertification(signatureData, 6);
  signatureData.end();
  const qeReport = readQeReport(qe.take(384));
  const qeReportSignature = qe.take(64);
  const qeAuthData = qe.take(qe.number(2));
  const chain = readCertification(qe, 5).rest;
  qe.end();
  return {
    version,
    qeVendor,
    userData,
    reserved,
    body,
    signed,
    signature,
    attestationKey,
    qeReport,
    qeReportSignature,
    qeAuthData,
    chain,
    trailing: cursor.rest,
  };
}

export function verifyVendor(quote: TdxQuote): void {
  if (!equalBytes(quote.qeVendor, INTEL_QE_VENDOR)) throw tdxError('WAX_TDX_VENDOR');
}

export function verifyReserved(quote: TdxQuote): void {
  if (quote.reserved.some((byte) => byte !== 0)) throw tdxError('WAX_TDX_RESERVED');
}

/** Quotes come in padded buffers: zeros may follow, anything else would be unsigned data. */
export function verifyTrailing(quote: TdxQuote): void {
  if (quote.trailing.some((byte) => byte !== 0)) throw tdxError('WAX_TDX_TRAILING');
}
