/**
 * Replays policy and authorisation over all entries, as every client does, and sums up what they lead to.
 * @module
 */
import { emptyLedger, type Ledger } from '../../protocol/log/ledger.ts';
import { Replay } from '../../protocol/log/replay.ts';
import { auditError } from './errors.ts';
import type { AuditedEntries } from './report.ts';

/** Every refused entry is listed, where a client keeps only the newest. */
export class EntryAudit {
  readonly #replay: Replay;
  readonly #refused: { index: number; code: string }[] = [];

  /** @param policyEntry hex SHA-256 of the bytes that entry 0 must have */
  constructor(origin: string, policyEntry: string) {
    this.#replay = Replay.from(emptyLedger(origin, policyEntry));
  }

  async add(entries: readonly Uint8Array[]): Promise<void> {
    for (const { index, error } of await this.#replay.apply(entries)) {
      if (error !== null) this.#refused.push({ index, code: error.code });
    }
  }

  summary(now: number): AuditedEntries {
    const ledger = this.#replay.ledger();
    return {
      total: ledger.size,
      policyIndex: ledger.policy?.index ?? null,
      releases: countReleases(ledger, now),
      refused: this.#refused,
      notUnderstood: ledger.notUnderstood,
      closed: ledger.closed !== null,
    };
  }
}

function countReleases({ approvals }: Ledger, now: number): AuditedEntries['releases'] {
  const counts = { live: 0, expired: 0, takenBack: 0 };
  for (const { statement, takenBack } of approvals) {
    if (statement.kind !== 'release') continue;
    if (takenBack !== null) counts.takenBack += 1;
    else if (statement.expires <= now) counts.expired += 1;
    else counts.live += 1;
  }
  return counts;
}

/** Throws for entries that an honest log would have refused, or that nobody here can judge. */
export function requireAuthorised({ refused, notUnderstood }: AuditedEntries): void {
  if (refused.length > 0) throw auditError('WAX_AUDIT_UNAUTHORISED', listEntries(refused));
  if (notUnderstood.length > 0) throw auditError('WAX_AUDIT_NOT_UNDERSTOOD', listEntries(notUnderstood));
}

function listEntries(entries: readonly { index: number; code?: string }[]): string {
  const shown = entries
    .slice(0, 8)
    .map(({ index, code }) => (code === undefined ? `${index}` : `${index} ${code}`));
  return `${entries.length} (${shown.join(', ')}${entries.length > shown.length ? ', …' : ''})`;
}
