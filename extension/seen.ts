/**
 * The release that a service ran when it was last checked: what "compared with last time" compares with. Kept
 * by the background, told by views.
 * @module
 */
import type { JsonValue } from '../protocol/json.ts';
import { readArray, readHex, readInteger, readObject, readOrigin, readString } from '../protocol/shape.ts';

export interface SeenRelease {
  /** Origin of the service. */
  readonly service: string;
  readonly version: number;
  /** Index of the approval in the log. */
  readonly index: number;
  readonly statementSha256: string;
  readonly publishers: readonly string[];
  /** When it was last checked, milliseconds since 1970. */
  readonly at: number;
}

/** Reads a seen release; throws where it is not whole. */
export function parseSeen(value: JsonValue | undefined): SeenRelease {
  const keys = ['service', 'version', 'index', 'statementSha256', 'publishers', 'at'] as const;
  const read = readObject(value, 'seen', keys);
  const name = (one: JsonValue, path: string) => readString(one, path, { most: 128 });
  return {
    service: readOrigin(read.service, 'seen.service'),
    version: readInteger(read.version, 'seen.version'),
    index: readInteger(read.index, 'seen.index'),
    statementSha256: readHex(read.statementSha256, 'seen.statementSha256', 32),
    publishers: readArray(read.publishers, 'seen.publishers', name, { most: 64 }),
    at: readInteger(read.at, 'seen.at'),
  };
}
