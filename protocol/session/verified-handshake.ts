/**
 * The mark that a handshake was verified. A session opens only to a handshake that bears it, whatever the
 * types say; `sealTo` of verify.ts is the one place that gives it.
 * @module
 */
import { sessionError } from './errors.ts';

const admitted = new WeakSet<object>();

/** Marks a handshake of which every check has passed at this moment. */
export function admitHandshake(handshake: object): void {
  admitted.add(handshake);
}

/** @throws WAX_SESSION_UNVERIFIED */
export function requireAdmitted(handshake: object): void {
  if (!admitted.delete(handshake)) throw sessionError('WAX_SESSION_UNVERIFIED');
}
