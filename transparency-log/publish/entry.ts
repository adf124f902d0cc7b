/**
 * Makes entries for a log, and reads the policy that they are made under.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../../protocol/bytes.ts';
import type { PolicyInForce } from '../../protocol/log/authorise.ts';
import { type EnvelopeSigner, encodeEnvelope, parseEnvelope, signPayload } from '../../protocol/log/dsse.ts';
import type { NoteSigner } from '../../protocol/log/signer.ts';
import {
  formatStatement,
  type KnownKind,
  parseStatement,
  type StatementOf,
} from '../../protocol/log/statement.ts';
import { publishError } from './errors.ts';

/** A publisher's key file holds a note key; this signs envelopes with it. */
export function publisherSigner(signer: NoteSigner): EnvelopeSigner {
  return { publicKey: signer.verifierKey.publicKey, sign: (message) => signer.sign(message) };
}

/** The bytes of an entry: the statement, signed by each of these. Without signers it is a draft. */
export async function makeEntry<K extends KnownKind>(
  statement: StatementOf<K>,
  signers: readonly EnvelopeSigner[],
): Promise<Uint8Array> {
  return encodeEnvelope(await signPayload(formatStatement(statement), signers));
}

/** A policy and the log that it is for. */
export type NamedPolicy = Omit<PolicyInForce, 'index'> & { log: string };

/** Reads the entry of a policy. Whether it is in force, or signed by enough, only its log can say. */
export function readPolicyEntry(entry: Uint8Array): NamedPolicy {
  const statement = parseStatement(parseEnvelope(entry).payload);
  if (statement.kind !== 'policy') throw publishError('WAX_PUBLISH_POLICY', `it is a ${statement.kind}`);
  const { log, publishers, threshold } = statement;
  return { log, publishers, threshold, entrySha256: toHex(sha256(entry)) };
}
