/**
 * The session header (wire-format.md B2): who the session is and how long and how large it may get.
 * @module
 */
import { ByteReader, concatBytes, toHex, u16, u32 } from '../bytes.ts';
import { sessionError } from './errors.ts';
import { MAX_PLAINTEXT_BYTES, REQUEST_OVERHEAD } from './sizes.ts';

export interface SessionHeader {
  /** 16 bytes: 4 that name the enclave process, 12 random. */
  id: Uint8Array;
  /** Seconds from the sending of the offer within which turn 0 must be sent. */
  offerTtlS: number;
  /** Seconds from the sending of the offer after which no turn may be sent. */
  sessionTtlS: number;
  maxTurns: number;
  /** Longest request body, header included. */
  maxRequestBytes: number;
}

const BOUNDS: readonly [keyof Omit<SessionHeader, 'id'>, number, number][] = [
  ['offerTtlS', 30, 900],
  ['sessionTtlS', 60, 3600],
  ['maxTurns', 1, 256],
  ['maxRequestBytes', 8 * 1024, MAX_PLAINTEXT_BYTES + REQUEST_OVERHEAD],
];

function checkBounds(header: SessionHeader): SessionHeader {
  if (header.id.length !== 16) throw sessionError('WAX_SESSION_BOUNDS', 'id');
  for (const [name, least, most] of BOUNDS) {
    const value = header[name];
    if (!Number.isInteger(value) || value < least || value > most) {
      throw sessionError('WAX_SESSION_BOUNDS', `${name} ${value}, allowed ${least} to ${most}`);
    }
  }
  return header;
}

/** 32 bytes. Values that a client would refuse are refused here already. */
export function encodeSessionHeader(header: SessionHeader): Uint8Array<ArrayBuffer> {
  const { id, offerTtlS, sessionTtlS, maxTurns, maxRequestBytes } = checkBounds(header);
  return concatBytes(id, u32(offerTtlS), u32(sessionTtlS), u16(maxTurns), u16(0), u32(maxRequestBytes));
}

/** Reads exactly 32 bytes and enforces the bounds of B2. */
export function parseSessionHeader(bytes: Uint8Array): SessionHeader {
  const reader = new ByteReader(bytes);
  const id = reader.take(16).slice();
  const offerTtlS = reader.u32();
  const sessionTtlS = reader.u32();
  const maxTurns = reader.u16();
  if (reader.u16() !== 0) throw sessionError('WAX_SESSION_ANSWER', 'reserved bytes of the session header');
  const maxRequestBytes = reader.u32();
  reader.end();
  return checkBounds({ id, offerTtlS, sessionTtlS, maxTurns, maxRequestBytes });
}

/** The eight hex digits by which a balancer routes turns to the enclave process that holds the session. */
export function instancePrefix(id: Uint8Array): string {
  return toHex(id.subarray(0, 4));
}
