/** What the log itself says about a service: who could have signed, and what was approved. @module */
import { isLogged } from '../../protocol/log/ledger.ts';
import type { LogFacts } from '../ui/surfaces/chat.ts';
import type { Choice, HeldLog } from './trust.ts';

/** A measured register, as statements write them. */
const digest = /^[0-9a-f]{64,128}$/;

/** Facts from the accepted copy of the log; null before there is one. */
export function logFacts({ enclave }: Choice, log: HeldLog | null): LogFacts | null {
  const ledger = log?.state?.checkpoint ? log.state.ledger : null;
  if (ledger === null) return null;
  const releases = ledger.approvals.flatMap((logged) =>
    isLogged(logged, 'release') && logged.takenBack === null && logged.statement.product === enclave.product
      ? [logged]
      : [],
  );
  const newest = releases.toSorted((a, b) => b.statement.version - a.statement.version)[0];
  const digests = Object.values(newest?.statement.measurements ?? {}).flatMap((shapes) =>
    (shapes ?? []).flatMap((shape) => Object.values(shape).filter((value) => digest.test(`${value}`))),
  );
  return {
    publishers: ledger.policy?.publishers.map(({ name }) => name) ?? [],
    newest: newest ? { version: newest.statement.version, index: newest.index, digests } : null,
  };
}
