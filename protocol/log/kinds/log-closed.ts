/**
 * `log-closed`: the last statement of a log, which may name its successor. What was approved before stays
 * approved until it expires; nothing after it counts.
 * @module
 */
import { readObject, readString } from '../../shape.ts';
import { type Kind, logSubject } from './kind.ts';

export interface LogClosedFields {
  /** Origin and verifier key of the log that goes on, or null. */
  successor: { origin: string; key: string } | null;
  reason: string;
}

export const logClosed: Kind<LogClosedFields> = {
  required: ['successor', 'reason'],
  optional: [],
  read(predicate) {
    const reason = readString(predicate.reason, 'reason', { most: 500 });
    if (predicate.successor === null) return { successor: null, reason };
    const successor = readObject(predicate.successor, 'successor', ['origin', 'key']);
    const origin = readString(successor.origin, 'successor.origin', { most: 253 });
    return { successor: { origin, key: readString(successor.key, 'successor.key', { most: 512 }) }, reason };
  },
  write: ({ successor, reason }) => ({ successor: successor === null ? null : { ...successor }, reason }),
  subject: (_, { log }) => logSubject(log),
};
