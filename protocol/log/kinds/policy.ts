/**
 * `policy`: who may approve from the next entry on, and how many of them it takes. Signed by the threshold
 * of the policy before it; the first one is pinned by its hash.
 * @module
 */
import { parseBase64 } from '../../bytes.ts';
import type { JsonValue } from '../../json.ts';
import { readArray, readInteger, readObject, readString } from '../../shape.ts';
import { statementError } from '../statement-errors.ts';
import { type Kind, logSubject } from './kind.ts';

export interface Publisher {
  name: string;
  /** Raw Ed25519 key in base64. */
  key: string;
}

export interface PolicyFields {
  publishers: Publisher[];
  /** How many distinct publishers an approval needs. */
  threshold: number;
}

const MAX_PUBLISHERS = 16;

function readPublisher(value: JsonValue, path: string): Publisher {
  const fields = readObject(value, path, ['name', 'key']);
  const key = readString(fields.key, `${path}.key`, { most: 44 });
  parseBase64(key, 32);
  return { name: readString(fields.name, `${path}.name`, { most: 64 }), key };
}

export const policy: Kind<PolicyFields> = {
  required: ['publishers', 'threshold'],
  optional: [],

  read(predicate) {
    const bounds = { least: 1, most: MAX_PUBLISHERS };
    const publishers = readArray(predicate.publishers, 'publishers', readPublisher, bounds);
    // One key under two names would count as two people.
    for (const field of ['name', 'key'] as const) {
      if (new Set(publishers.map((publisher) => publisher[field])).size < publishers.length) {
        throw statementError('WAX_STATEMENT_FORM', `two publishers with the same ${field}`);
      }
    }
    return { publishers, threshold: readInteger(predicate.threshold, 'threshold', 1, publishers.length) };
  },

  write: ({ publishers, threshold }) => ({
    publishers: publishers.map(({ name, key }) => ({ name, key })),
    threshold,
  }),

  subject: (_, { log }) => logSubject(log),
};
