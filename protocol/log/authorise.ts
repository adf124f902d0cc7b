/**
 * Who may add what. An approval needs the threshold of distinct publishers, a revocation one of them; both
 * count only for the log and under the policy entry that the statement names.
 *
 * When was a statement sequenced? A leaf carries no time, and the cosignatures under which a client first saw
 * it are different for each client and gone for the next one: a rule on them would let two honest clients
 * disagree on which policy is in force. So there are two rules. The log, when it sequences, holds `notBefore`
 * against its own clock (`requireTimely`): 7 days either way. Everybody, the log included, holds it against
 * the log itself (`verifyAuthorisation`): not more than 7 days before the newest `notBefore` that a threshold
 * has signed in an earlier entry. The second rule gives the same answer to whoever replays the same entries,
 * at any time, and never refuses a statement dated on the day it is sequenced by an honest log. What it
 * cannot see is an old approval put into a quiet log that ignores its own rule: that one was signed by the
 * threshold, dies with the next policy, and ends 90 days after its `notBefore` in any case.
 * @module
 */
import { parseBase64 } from '../bytes.ts';
import { verifyEd25519 } from '../signatures.ts';
import { type Envelope, keyId, pae } from './dsse.ts';
import { DAY } from './kinds/kind.ts';
import type { Publisher } from './kinds/policy.ts';
import type { Statement } from './statement.ts';
import { statementError } from './statement-errors.ts';

/** How far `notBefore` may be from the time of sequencing. */
export const SEQUENCING_WINDOW = 7 * DAY;

export interface PolicyInForce {
  /** Index of the policy's entry, and hex SHA-256 of the entry's bytes. */
  index: number;
  entrySha256: string;
  publishers: Publisher[];
  threshold: number;
}

/** What an entry is judged against: everything that the entries before it have settled. */
export interface AuthorisationContext {
  origin: string;
  /** Hex SHA-256 of the bytes that entry 0 must have. */
  genesis: string;
  /** Null before entry 0. */
  policy: PolicyInForce | null;
  /** Newest `notBefore` among earlier entries that the threshold signed; milliseconds. */
  newestNotBefore: number;
}

/** Whether the threshold has to sign: everything but what only takes away, or what cannot be understood. */
export function needsThreshold(statement: Statement): boolean {
  return statement.kind !== 'status' && statement.kind !== 'unknown';
}

/** Those who may sign: the publishers in force, or for the first entry of a log those that it names itself. */
export function publishersFor(statement: Statement, policy: PolicyInForce | null): readonly Publisher[] {
  if (policy !== null) return policy.publishers;
  return statement.kind === 'policy' ? statement.publishers : [];
}

interface PublisherKey {
  name: string;
  publicKey: Uint8Array;
  keyid: string;
}

/** One list of publishers stands for thousands of entries. */
const decoded = new WeakMap<readonly Publisher[], PublisherKey[]>();

function keysOf(publishers: readonly Publisher[]): PublisherKey[] {
  const known = decoded.get(publishers);
  if (known !== undefined) return known;
  const keys = publishers.map(({ name, key }) => {
    const publicKey = parseBase64(key, 32);
    return { name, publicKey, keyid: keyId(publicKey) };
  });
  decoded.set(publishers, keys);
  return keys;
}

/** Whether this is the key's Ed25519 signature of the message; false for whatever is malformed. */
export type VerifySignature = typeof verifyEd25519;

/**
 * The publishers that signed this envelope, by name. Signatures by other keys are ignored.
 * @throws WAX_STATEMENT_SIGNATURE for one bad signature by a publisher, however many others are good
 */
export async function verifySigners(
  envelope: Envelope,
  publishers: readonly Publisher[],
  verify: VerifySignature = verifyEd25519,
): Promise<string[]> {
  const message = pae(envelope.payloadType, envelope.payload);
  const verified = await Promise.all(
    keysOf(publishers).map(async ({ name, publicKey, keyid }) => {
      const signature = envelope.signatures.find((candidate) => candidate.keyid === keyid);
      return signature === undefined ? [] : [{ name, good: await verify(publicKey, message, signature.sig) }];
    }),
  );
  const signers = verified.flat();
  // The first of the list, whichever was found out first.
  const bad = signers.find(({ good }) => !good);
  if (bad) throw statementError('WAX_STATEMENT_SIGNATURE', bad.name);
  return signers.map(({ name }) => name);
}

/**
 * Says whether a statement signed by `signers` counts as the next entry.
 * @param entrySha256 hex hash of the entry's bytes; needed for a policy only
 * @throws WAX_STATEMENT_LOG, _GENESIS, _POLICY, _STALE or _THRESHOLD
 */
export function requireAuthorised(
  statement: Statement,
  signers: readonly string[],
  entrySha256: string | null,
  context: AuthorisationContext,
): void {
  if (statement.log !== context.origin) throw statementError('WAX_STATEMENT_LOG');
  const { threshold } = context.policy ?? genesisPolicy(statement, entrySha256, context.genesis);
  if (context.policy !== null && statement.policy !== context.policy.entrySha256) {
    throw statementError('WAX_STATEMENT_POLICY');
  }
  if (statement.notBefore < context.newestNotBefore - SEQUENCING_WINDOW) {
    throw statementError('WAX_STATEMENT_STALE');
  }
  const needed = needsThreshold(statement) ? threshold : 1;
  if (signers.length < needed) {
    throw statementError('WAX_STATEMENT_THRESHOLD', `${signers.length} of ${needed}`);
  }
}

/** The first policy answers for itself: the trust domain pins its bytes, and its own threshold signs it. */
function genesisPolicy(
  statement: Statement,
  entrySha256: string | null,
  genesis: string,
): { threshold: number } {
  if (statement.kind !== 'policy' || statement.policy !== null || entrySha256 !== genesis) {
    throw statementError('WAX_STATEMENT_GENESIS');
  }
  return statement;
}

/** The log's own rule when it sequences: dated within 7 days of now, by its clock. */
export function requireTimely(statement: Statement, now: number): void {
  if (Math.abs(statement.notBefore - now) > SEQUENCING_WINDOW) throw statementError('WAX_STATEMENT_CLOCK');
}
