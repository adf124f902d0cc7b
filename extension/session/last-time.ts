/**
 * What a service ran when it was last checked, for comparison. The panel notes each approved release with the
 * background once, and shows what was noted before it.
 * @module
 */
import type { VerificationReport } from '../../protocol/report.ts';
import { ask } from '../ask.ts';
import type { SeenRelease } from '../seen.ts';

export class LastTime {
  readonly #onLast: (last: SeenRelease | null) => void;
  #noted = '';

  constructor(onLast: (last: SeenRelease | null) => void) {
    this.#onLast = onLast;
  }

  /** Notes the release of a report that passed; one that failed says nothing of what runs there. */
  async note({ verdict, service, release, checkedAt }: VerificationReport): Promise<void> {
    if (verdict !== 'pass' || release === null) return;
    const { version, index, statementSha256, publishers } = release;
    const now = `${service} ${statementSha256}`;
    if (now === this.#noted) return;
    this.#noted = now;
    const seen = { service, version, index, statementSha256, publishers, at: Date.parse(checkedAt) };
    // A comparison that cannot be made is left out; it decides nothing.
    const { last } = await ask('seen/note', seen).catch(() => ({ last: null }));
    this.#onLast(last);
  }
}
