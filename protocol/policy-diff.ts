/**
 * What it means to add a trust domain, line by line, next to the one that is built in: facts, which each
 * surface puts into the words of its language.
 * @module
 */
import { type HardwareChange, hardwareWeaknesses } from './hardware-diff.ts';
import type { TrustDomain } from './policy.ts';

/** `same` means at least as strict. */
export type DiffMark = 'new' | 'same' | 'weaker';

/** So many of so many must agree. */
interface Threshold {
  readonly needed: number;
  readonly all: number;
}

type Facts =
  /** `shared` are those that the built-in trust domain vouches for as well. */
  | { readonly id: 'enclaves'; readonly services: readonly string[]; readonly shared: readonly string[] }
  | {
      readonly id: 'relays';
      readonly relays: readonly { readonly url: string; readonly operator: string }[];
      /** Every enclave has one. */
      readonly everywhere: boolean;
    }
  /** `entries` is the size that the domain pins. */
  | { readonly id: 'log'; readonly origin: string; readonly entries: number }
  /** Null where a log has not been read yet. */
  | { readonly id: 'publishers'; readonly theirs: Threshold | null; readonly ours: Threshold | null }
  /** `dishonest` is how many may cheat without being able to show two trees. */
  | ({ readonly id: 'witnesses'; readonly dishonest: number } & Threshold)
  /** One who runs more than one witness. */
  | { readonly id: 'operators'; readonly operator: string }
  | { readonly id: 'simulator' }
  /** What real hardware counts that the built-in trust domain refuses. */
  | { readonly id: 'hardware'; readonly weaknesses: readonly HardwareChange[] }
  | { readonly id: 'freshness'; readonly syncMinutes: number; readonly cosignatureHours: number };

export type DiffLine = Facts & { readonly mark: DiffMark };

/** How many publishers approve, out of how many; the log says it, so it may not be known yet. */
interface Approvers {
  threshold: number;
  publishers: readonly unknown[];
}

/** A trust domain, and what its log has said about publishers by now. */
export interface Compared {
  domain: TrustDomain;
  approvers: Approvers | null;
}

/** How many dishonest witnesses two quorums survive: they share at least 2k − n, one of whom must be honest. */
const tolerance = ({ quorum, witnesses }: TrustDomain) => 2 * quorum - witnesses.length - 1;

function enclavesLine(theirs: TrustDomain, ours: TrustDomain): DiffLine {
  const services = theirs.enclaves.map(({ service }) => service);
  const shared = services.filter((service) => ours.enclaves.some((enclave) => enclave.service === service));
  return { id: 'enclaves', mark: shared.length === 0 ? 'new' : 'weaker', services, shared };
}

/** A relay is neither stricter nor weaker: it sees who asks, so that the service does not. */
function relayLines({ enclaves }: TrustDomain): DiffLine[] {
  const relays = new Map(enclaves.flatMap(({ relay }) => (relay ? [[relay.url, relay]] : [])));
  if (relays.size === 0) return [];
  const everywhere = enclaves.every(({ relay }) => relay);
  return [{ id: 'relays', mark: 'new', relays: [...relays.values()], everywhere }];
}

function logLine(theirs: TrustDomain, ours: TrustDomain): DiffLine {
  const same = theirs.log.key.text === ours.log.key.text && theirs.log.origin === ours.log.origin;
  return {
    id: 'log',
    mark: same ? 'same' : 'new',
    origin: theirs.log.origin,
    entries: theirs.log.pin.size,
  };
}

const thresholdOf = (approvers: Approvers | null): Threshold | null =>
  approvers && { needed: approvers.threshold, all: approvers.publishers.length };

function publishersLine({ approvers }: Compared, builtIn: Compared): DiffLine {
  const [theirs, ours] = [thresholdOf(approvers), thresholdOf(builtIn.approvers)];
  const weaker = theirs !== null && (theirs.needed === 1 || (ours !== null && theirs.needed < ours.needed));
  return { id: 'publishers', mark: weaker ? 'weaker' : 'new', theirs, ours };
}

function witnessLines(theirs: TrustDomain, ours: TrustDomain): DiffLine[] {
  const dishonest = tolerance(theirs);
  const keys = (domain: TrustDomain) => domain.witnesses.map(({ key }) => key.text).sort();
  const same = keys(theirs).join() === keys(ours).join();
  const mark = dishonest < tolerance(ours) ? 'weaker' : same ? 'same' : 'new';
  const operators = theirs.witnesses.map(({ operator }) => operator);
  const twice = operators.find((operator, index) => operators.indexOf(operator) !== index);
  return [
    { id: 'witnesses', mark, needed: theirs.quorum, all: theirs.witnesses.length, dishonest },
    ...(twice === undefined ? [] : [{ id: 'operators', mark: 'weaker', operator: twice } as const]),
  ];
}

function hardwareLines(theirs: TrustDomain, ours: TrustDomain): DiffLine[] {
  const simulated = theirs.hardware['sev-snp-simulated'] !== undefined;
  const weaknesses = hardwareWeaknesses(theirs.hardware, ours.hardware);
  const hasReal = Object.keys(theirs.hardware).length > (simulated ? 1 : 0);
  const mark = weaknesses.length > 0 ? 'weaker' : 'same';
  return [
    ...(simulated ? [{ id: 'simulator', mark: 'weaker' } as const] : []),
    ...(hasReal ? [{ id: 'hardware', mark, weaknesses } as const] : []),
  ];
}

function freshnessLine({ freshness: theirs }: TrustDomain, { freshness: ours }: TrustDomain): DiffLine {
  const weaker = theirs.cosignatureHours > ours.cosignatureHours || theirs.syncMinutes > ours.syncMinutes;
  return { id: 'freshness', mark: weaker ? 'weaker' : 'same', ...theirs };
}

/** Compares a trust domain that somebody wants to add with the built-in one. */
export function compareTrustDomains(theirs: Compared, ours: Compared): DiffLine[] {
  const [imported, builtIn] = [theirs.domain, ours.domain];
  return [
    enclavesLine(imported, builtIn),
    ...relayLines(imported),
    logLine(imported, builtIn),
    publishersLine(theirs, ours),
    ...witnessLines(imported, builtIn),
    ...hardwareLines(imported, builtIn),
    freshnessLine(imported, builtIn),
  ];
}
