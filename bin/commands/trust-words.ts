/** The lines of a comparison of trust domains, in English. */
import type { HardwareChange, HardwareField, HardwareType } from '../../protocol/hardware-diff.ts';
import type { DiffLine } from '../../protocol/policy-diff.ts';

interface Words {
  title: string;
  detail: string;
}

const types: Record<HardwareType, string> = {
  'sev-snp': 'AMD SEV-SNP',
  'sev-snp-simulated': 'The simulator',
  tdx: 'Intel TDX',
  nitro: 'AWS Nitro',
};

const fields: Record<HardwareField, string> = {
  products: 'more AMD chips count',
  vlek: 'keys that a cloud provider holds count',
  minimumReportVersion: 'older report versions count',
  minimumTcb: 'older AMD firmware counts',
  provisionalFirmware: 'firmware that is not committed counts',
  maskedChip: 'chips that do not say who they are count',
  minimumFirmware: 'older releases of AMD firmware count',
  minimumGuestSvn: 'older guests count',
  requiredMitigations: 'fewer mitigations are required',
  require: 'fewer features of the guest policy are required',
  cxl: 'CXL memory may be used',
  smt: 'two threads may share a core',
  minimumAbi: 'older firmware interfaces count',
  aliasCheck: 'the check for aliased memory is not required',
  vmpl: 'less privileged guests count',
  pinned: 'values that are pinned here are open',
  deniedHardware: 'machines that are refused here count',
  statuses: 'Intel platforms with open advisories count',
  grace: 'platforms that wait for a patch count while a grace in the log runs',
  relaunchAdvised: 'guests that should have been restarted count',
  advisories: 'more advisories may stay open',
  minimumEvaluation: 'older evaluations by Intel count',
  septVeDisable: 'guests may be interrupted by page faults',
  protectionKeys: 'supervisor protection keys may be used',
  keyLocker: 'Key Locker may be used',
  performanceMonitoring: 'performance counters may be read',
  mrServiceTd: 'another service guest may migrate it',
  maximumAgeSeconds: 'older documents count',
  clockSkewSeconds: 'documents from further in the future count',
  pcrs: 'registers that are pinned here are open',
  publicKey: 'documents with a key for another protocol count',
};

/** What one weakness of a hardware policy means. */
function describeChange({ type, field, items }: HardwareChange): string {
  if (field === 'type') return `${types[type]} counts`;
  // Ids of machines say nothing to people.
  const named = items.length > 0 && field !== 'deniedHardware' ? ` (${items.join(', ')})` : '';
  return `${types[type]}: ${fields[field]}${named}`;
}

const count = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

function publishersWords({ theirs, ours }: Extract<DiffLine, { id: 'publishers' }>): Words {
  if (theirs === null) {
    return {
      title: 'Other people approve programs',
      detail:
        'Its log says who, and how many it takes, and has not been read yet. It may be one person alone.',
    };
  }
  const compared = ours && ` The built-in one needs ${ours.needed} of ${ours.all}.`;
  return {
    title:
      theirs.needed === 1
        ? 'One person alone can approve a program'
        : `${theirs.needed} people must approve a program`,
    detail: `Needs ${theirs.needed} of ${count(theirs.all, 'publisher')}.${compared ?? ''}`,
  };
}

function relayWords({ relays, everywhere }: Extract<DiffLine, { id: 'relays' }>): Words {
  const named = relays.map(({ url, operator }) => `${url}, run by ${operator}`).join('; ');
  const hidden = everywhere ? 'the services' : 'services that have one';
  return {
    title: 'Requests go through a relay',
    detail:
      `${named}. It sees your address and which service you use, and no words; ` +
      `${hidden} see its address in the place of yours.`,
  };
}

/** A line of a comparison in words, as the options page of the extension says it. */
export function describeLine(line: DiffLine): Words {
  const weaker = line.mark === 'weaker';
  switch (line.id) {
    case 'enclaves': {
      const shared = line.shared.length > 0 ? `. Built in as well: ${line.shared.join(', ')}.` : '';
      return {
        title: `It may vouch for ${count(line.services.length, 'enclave')}`,
        detail: `${line.services.join(', ') || 'none yet'}${shared}`,
      };
    }
    case 'relays':
      return relayWords(line);
    case 'log':
      return {
        title: line.mark === 'same' ? 'The same log' : 'A different log',
        detail: `${line.origin}, starting at ${count(line.entries, 'entry', 'entries')}`,
      };
    case 'publishers':
      return publishersWords(line);
    case 'witnesses':
      return {
        title: weaker ? 'Fewer witnesses keep the log honest' : 'Witnesses',
        detail:
          `${line.needed} of ${line.all} must agree, ` +
          (line.dishonest === 0 ? 'and none of them may cheat.' : `and ${line.dishonest} of them may cheat.`),
      };
    case 'operators':
      return {
        title: 'Witnesses are not independent',
        detail: `${line.operator} runs more than one of them.`,
      };
    case 'simulator':
      return {
        title: 'Simulated machines count',
        detail: 'A simulated machine is not private: who runs it can read everything.',
      };
    case 'hardware':
      return weaker
        ? {
            title: 'Hardware counts that is refused here',
            detail: `${line.weaknesses.map(describeChange).join('; ')}.`,
          }
        : { title: 'Hardware', detail: 'Nothing counts that is refused here.' };
    case 'freshness':
      return {
        title: weaker ? 'A revocation may take longer to be noticed' : 'How soon a revocation is noticed',
        detail:
          `Looked for every ${count(line.syncMinutes, 'minute')}; ` +
          `after ${count(line.cosignatureHours, 'hour')} without news nothing is sealed.`,
      };
  }
}
