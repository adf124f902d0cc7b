/**
 * Signing of drafts that go round: each publisher reads what it says and adds a signature to the file.
 * @module
 */
import { toBase64 } from '../../protocol/bytes.ts';
import { needsThreshold, verifySigners } from '../../protocol/log/authorise.ts';
import {
  addSignature,
  type Envelope,
  type EnvelopeSigner,
  encodeEnvelope,
  parseEnvelope,
} from '../../protocol/log/dsse.ts';
import type { Publisher } from '../../protocol/log/kinds/policy.ts';
import { type KnownStatement, parseStatement } from '../../protocol/log/statement.ts';
import type { NamedPolicy } from './entry.ts';
import { publishError } from './errors.ts';

/** A draft or a finished entry, read. */
export interface Draft {
  envelope: Envelope;
  statement: KnownStatement;
}

/** How far a draft has come; null where the policy is not known. */
export interface Progress {
  signers: string[];
  needed: number;
  complete: boolean;
}

/** Reads a draft. A kind that cannot be shown to people is refused, since nobody should sign it. */
export function readDraft(bytes: Uint8Array): Draft {
  const envelope = parseEnvelope(bytes);
  const statement = parseStatement(envelope.payload);
  if (statement.kind === 'unknown') throw publishError('WAX_PUBLISH_KIND', statement.predicateType);
  return { envelope, statement };
}

/** Who may sign and how many it takes: by the policy in force, or by itself for the first policy of a log. */
function rulesFor(statement: KnownStatement, policy: NamedPolicy | null) {
  if (statement.kind === 'policy' && statement.policy === null) return statement;
  if (policy === null) return null;
  if (statement.policy !== policy.entrySha256 || statement.log !== policy.log) {
    throw publishError('WAX_PUBLISH_OTHER_POLICY');
  }
  return policy;
}

/**
 * Counts the publishers that have signed a draft.
 * @throws WAX_PUBLISH_OTHER_POLICY, or WAX_STATEMENT_SIGNATURE for a bad signature by a publisher
 */
export async function countSigners(
  { envelope, statement }: Draft,
  policy: NamedPolicy | null,
): Promise<Progress | null> {
  const rules = rulesFor(statement, policy);
  if (rules === null) return null;
  const signers = await verifySigners(envelope, rules.publishers);
  const needed = needsThreshold(statement) ? rules.threshold : 1;
  return { signers, needed, complete: signers.length >= needed };
}

/** The bytes of the draft with one signature more; only a publisher's, where the policy is known. */
export async function signDraft(
  { envelope, statement }: Draft,
  signer: EnvelopeSigner,
  policy: NamedPolicy | null,
): Promise<Uint8Array> {
  const publishers: readonly Publisher[] | undefined = rulesFor(statement, policy)?.publishers;
  if (publishers && !publishers.some(({ key }) => key === toBase64(signer.publicKey))) {
    throw publishError('WAX_PUBLISH_STRANGER');
  }
  return encodeEnvelope(await addSignature(envelope, signer));
}
