/**
 * The verdict on an answer, and the only way from it to a sealing key. `verifyAnswer` makes a report in which
 * every check has its row; `sealTo` takes the key out only for a report that this module made itself and in
 * which every row passes now. The key lies in a map that nobody else can read, so neither a cast nor a copied
 * report leads to it.
 * @module
 */
import type { LogState } from './log/state.ts';
import { formatTrustDomain } from './policy.ts';
import type { VerificationReport } from './report.ts';
import { ClientSession, type Handshake } from './session/client-session.ts';
import { admitHandshake } from './session/verified-handshake.ts';
import { verifyError } from './verification/errors.ts';
import { type Exchange, judge, type Surroundings } from './verification/judgement.ts';

export type { Exchange, Surroundings } from './verification/judgement.ts';

interface Verified {
  exchange: Exchange;
  /** The trust domain that the verdict holds under, as its file. */
  domain: string;
  /** The log as it was known at that moment. */
  log: LogState | null;
  /** Null unless every row passed. */
  handshake: Handshake | null;
  use: KeyUse;
}

/** One for an answer, shared by every report on it: its key is for one session, whichever report leads there. */
interface KeyUse {
  /** From then on the session's lifetime counts, not the offer's. */
  sealed: boolean;
}

const verified = new WeakMap<VerificationReport, Verified>();

async function judgeAndKeep(exchange: Exchange, surroundings: Surroundings, use: KeyUse) {
  const { report, handshake } = await judge(exchange, surroundings, use.sealed);
  const { domain, log } = surroundings;
  verified.set(report, { exchange, domain: formatTrustDomain(domain), log: log.state, handshake, use });
  return report;
}

/**
 * Runs every check of wire format B9 and keeps every reason. Never throws for what the server or the log did:
 * the report says it.
 */
export function verifyAnswer(exchange: Exchange, surroundings: Surroundings): Promise<VerificationReport> {
  return judgeAndKeep(exchange, surroundings, { sealed: false });
}

function contentOf(report: VerificationReport): Verified {
  const content = verified.get(report);
  if (content === undefined) throw verifyError('WAX_VERIFY_REFUSED', 'not a report of this run');
  return content;
}

/** What a verdict rests on, for a receipt: nothing of it is secret, and none of it is a key. */
export function provenanceOf(report: VerificationReport): Omit<Verified, 'handshake' | 'use'> {
  const { exchange, domain, log } = contentOf(report);
  return { exchange, domain, log };
}

/**
 * Looks again at the same answer under the surroundings of this moment: before every Send, and after every
 * sync of the log. The new report replaces the old one.
 * @throws WAX_VERIFY_DOMAIN when the trust domain is not the one that the report was made under
 */
export async function recheck(
  report: VerificationReport,
  surroundings: Surroundings,
): Promise<VerificationReport> {
  const { exchange, domain, use } = contentOf(report);
  if (formatTrustDomain(surroundings.domain) !== domain) throw verifyError('WAX_VERIFY_DOMAIN');
  return judgeAndKeep(exchange, surroundings, use);
}

/**
 * Makes the sealed session, once, if every row passes at this moment.
 * @returns the report of this moment, and the session; null in its place if a row fails now
 * @throws WAX_VERIFY_REFUSED for a report that did not pass, WAX_VERIFY_USED the second time
 */
export async function sealTo(
  report: VerificationReport,
  surroundings: Surroundings,
): Promise<{ report: VerificationReport; session: ClientSession | null }> {
  const content = contentOf(report);
  if (content.use.sealed) throw verifyError('WAX_VERIFY_USED');
  if (content.handshake === null) throw verifyError('WAX_VERIFY_REFUSED');
  const now = await recheck(report, surroundings);
  const { handshake } = contentOf(now);
  if (handshake === null) return { report: now, session: null };
  // Marked before the first await: two Sends at once must not seal to one key.
  if (content.use.sealed) throw verifyError('WAX_VERIFY_USED');
  content.use.sealed = true;
  admitHandshake(handshake);
  return { report: now, session: await ClientSession.open(handshake) };
}
