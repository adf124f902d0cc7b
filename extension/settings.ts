/**
 * What a person chose. Kept by the background in its own database, where no content script can read it:
 * a page that knew the seal could paint it.
 * @module
 */
import type { JsonValue } from '../protocol/json.ts';
import { readBoolean, readObject, readString } from '../protocol/shape.ts';

export interface Settings {
  /** The person's seal seed, 16 bytes in base64; null before first run. */
  readonly seal: string | null;
  /** The lesson of the first run was passed. */
  readonly firstRunDone: boolean;
  /** Keep chats between sessions. Off unless switched on. */
  readonly history: boolean;
  /** Origin of the enclave to talk to; null for the first one of the built-in trust domain. */
  readonly service: string | null;
}

export const defaultSettings: Settings = { seal: null, firstRunDone: false, history: false, service: null };

const nullable = (
  value: JsonValue | undefined,
  path: string,
  most: number,
  pattern: RegExp,
): string | null => (value === null ? null : readString(value, path, { most, pattern }));

/** 16 bytes in base64. */
export const sealPattern = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** Reads stored settings; throws where they are not whole. */
export function parseSettings(value: JsonValue | undefined): Settings {
  const read = readObject(value, 'settings', ['seal', 'firstRunDone', 'history', 'service']);
  return {
    seal: nullable(read.seal, 'settings.seal', 24, sealPattern),
    firstRunDone: readBoolean(read.firstRunDone, 'settings.firstRunDone'),
    history: readBoolean(read.history, 'settings.history'),
    service: nullable(read.service, 'settings.service', 253, /^https?:\/\//),
  };
}
