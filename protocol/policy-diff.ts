/**
 * What it means to add a trust domain, line by line, next to the one that is built in. The text is English;
 * a surface may translate by `id`, `mark` and `values`.
 * @module
 */
import { hardwareWeaknesses } from './hardware-diff.ts';
import type { TrustDomain } from './policy.ts';

/** `same` means at least as strict. */
export type DiffMark = 'new' | 'same' | 'weaker';

export interface DiffLine {
  id:
    | 'enclaves'
    | 'relays'
    | 'log'
    | 'publishers'
    | 'witnesses'
    | 'operators'
    | 'simulator'
    | 'hardware'
    | 'freshness';
  mark: DiffMark;
  title: string;
  detail: string;
}

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

const count = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** How many dishonest witnesses two quorums survive: they share at least 2k − n, one of whom must be honest. */
const tolerance = ({ quorum, witnesses }: TrustDomain) => 2 * quorum - witnesses.length - 1;

function enclavesLine(theirs: TrustDomain, ours: TrustDomain): DiffLine {
  const services = theirs.enclaves.map(({ service }) => service);
  const both = services.filter((service) => ours.enclaves.some((enclave) => enclave.service === service));
  const title = `It may vouch for ${count(services.length, 'enclave')}`;
  const detail = services.join(', ') || 'none yet';
  if (both.length === 0) return { id: 'enclaves', mark: 'new', title, detail };
  return {
    id: 'enclaves',
    mark: 'weaker',
    title,
    detail: `${detail}. Built in as well: ${both.join(', ')}.`,
  };
}

/** A relay is neither stricter nor weaker: it sees who asks, so that the service does not. */
function relayLines({ enclaves }: TrustDomain): DiffLine[] {
  const relays = new Map(enclaves.flatMap(({ relay }) => (relay ? [[relay.url, relay]] : [])));
  if (relays.size === 0) return [];
  const named = [...relays.values()].map(({ url, operator }) => `${url}, run by ${operator}`);
  const all = enclaves.every(({ relay }) => relay);
  const detail =
    `${named.join('; ')}. It sees your address and which service you use, and no words; ` +
    `${all ? 'the services' : 'services that have one'} see its address in the place of yours.`;
  return [{ id: 'relays', mark: 'new', title: 'Requests go through a relay', detail }];
}

function logLine(theirs: TrustDomain, ours: TrustDomain): DiffLine {
  const same = theirs.log.key.text === ours.log.key.text && theirs.log.origin === ours.log.origin;
  const detail = `${theirs.log.origin}, starting at ${count(theirs.log.pin.size, 'entry', 'entries')}`;
  return { id: 'log', mark: same ? 'same' : 'new', title: same ? 'The same log' : 'A different log', detail };
}

function publishersLine({ approvers: theirs }: Compared, { approvers: ours }: Compared): DiffLine {
  const id = 'publishers';
  if (theirs === null) {
    const detail =
      'Its log says who, and how many it takes, and has not been read yet. It may be one person alone.';
    return { id, mark: 'new', title: 'Other people approve programs', detail };
  }
  const alone = theirs.threshold === 1;
  const title = alone
    ? 'One person alone can approve a program'
    : `${theirs.threshold} people must approve a program`;
  const detail = `Needs ${theirs.threshold} of ${count(theirs.publishers.length, 'publisher')}.`;
  const weaker = alone || (ours !== null && theirs.threshold < ours.threshold);
  const compared =
    ours === null ? '' : ` The built-in one needs ${ours.threshold} of ${ours.publishers.length}.`;
  return { id, mark: weaker ? 'weaker' : 'new', title, detail: detail + compared };
}

function witnessLines(theirs: TrustDomain, ours: TrustDomain): DiffLine[] {
  const survives = tolerance(theirs);
  const weaker = survives < tolerance(ours);
  const keys = (domain: TrustDomain) => domain.witnesses.map(({ key }) => key.text).sort();
  const same = keys(theirs).join() === keys(ours).join();
  const lines: DiffLine[] = [
    {
      id: 'witnesses',
      mark: weaker ? 'weaker' : same ? 'same' : 'new',
      title: weaker ? 'Fewer witnesses keep the log honest' : 'Witnesses',
      detail:
        `${theirs.quorum} of ${theirs.witnesses.length} must agree, ` +
        (survives === 0 ? 'and none of them may cheat.' : `and ${survives} of them may cheat.`),
    },
  ];
  const operators = theirs.witnesses.map(({ operator }) => operator);
  const twice = operators.find((operator, index) => operators.indexOf(operator) !== index);
  if (twice !== undefined) {
    const detail = `${twice} runs more than one of them.`;
    lines.push({ id: 'operators', mark: 'weaker', title: 'Witnesses are not independent', detail });
  }
  return lines;
}

function hardwareLines(theirs: TrustDomain, ours: TrustDomain): DiffLine[] {
  const lines: DiffLine[] = [];
  const simulated = theirs.hardware['sev-snp-simulated'] !== undefined;
  if (simulated) {
    const detail = 'A simulated machine is not private: who runs it can read everything.';
    lines.push({ id: 'simulator', mark: 'weaker', title: 'Simulated machines count', detail });
  }
  const weaknesses = hardwareWeaknesses(theirs.hardware, ours.hardware);
  if (weaknesses.length > 0) {
    const detail = `${weaknesses.join('; ')}.`;
    lines.push({ id: 'hardware', mark: 'weaker', title: 'Hardware counts that is refused here', detail });
  } else if (Object.keys(theirs.hardware).length > (simulated ? 1 : 0)) {
    const detail = 'Nothing counts that is refused here.';
    lines.push({ id: 'hardware', mark: 'same', title: 'Hardware', detail });
  }
  return lines;
}

function freshnessLine(theirs: TrustDomain, ours: TrustDomain): DiffLine {
  const [hours, minutes] = [theirs.freshness.cosignatureHours, theirs.freshness.syncMinutes];
  const weaker = hours > ours.freshness.cosignatureHours || minutes > ours.freshness.syncMinutes;
  return {
    id: 'freshness',
    mark: weaker ? 'weaker' : 'same',
    title: weaker ? 'A revocation may take longer to be noticed' : 'How soon a revocation is noticed',
    detail: `Looked for every ${count(minutes, 'minute')}; after ${count(hours, 'hour')} without news nothing is sealed.`,
  };
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
