/** The lines of a comparison of trust domains, in the language of the copy. */
import type { DiffLine } from '../../../protocol/policy-diff.ts';
import { formatList } from '../i18n/format.ts';
import { t, tn } from '../i18n/messages.ts';
import { describeAccepted, hardwareName } from './hardware-words.ts';

export interface LineWords {
  readonly title: string;
  /** Sentences, one after the other. */
  readonly details: readonly string[];
}

function publishersWords({ theirs, ours }: Extract<DiffLine, { id: 'publishers' }>): LineWords {
  if (theirs === null) return { title: t('diffOthersApprove'), details: [t('diffApproversUnread')] };
  const needs = t('diffApprovers', { k: theirs.needed, n: theirs.all });
  return {
    title: theirs.needed === 1 ? t('diffOneApproves') : t('diffSomeApprove', { k: theirs.needed }),
    details: ours ? [needs, t('diffApproversHere', { k: ours.needed, n: ours.all })] : [needs],
  };
}

/** What a line says. */
export function describeLine(line: DiffLine): LineWords {
  const weaker = line.mark === 'weaker';
  switch (line.id) {
    case 'enclaves': {
      const all = line.services.length > 0 ? formatList(line.services) : t('diffNoEnclaves');
      const shared = formatList(line.shared);
      return {
        title: tn('diffEnclaves', line.services.length),
        details: line.shared.length > 0 ? [all, t('diffSharedEnclaves', { services: shared })] : [all],
      };
    }
    case 'relays':
      return {
        title: t('diffRelays'),
        details: [
          ...line.relays.map(({ url, operator }) => t('domainRelay', { operator, url })),
          line.everywhere ? t('diffRelaysAll') : t('diffRelaysSome'),
        ],
      };
    case 'log':
      return {
        title: line.mark === 'same' ? t('diffSameLog') : t('diffOtherLog'),
        details: [t('domainLogText', { origin: line.origin, n: line.entries })],
      };
    case 'publishers':
      return publishersWords(line);
    case 'witnesses':
      return {
        title: weaker ? t('diffFewerWitnesses') : t('linkWitnesses'),
        details: [
          t('diffQuorum', { k: line.needed, n: line.all }),
          line.dishonest === 0 ? t('diffNoneMayCheat') : tn('diffMayCheat', line.dishonest),
        ],
      };
    case 'operators':
      return { title: t('diffDependent'), details: [t('diffTwice', { operator: line.operator })] };
    case 'simulator':
      return { title: t('diffSimulator'), details: [t('diffSimulatorText')] };
    case 'hardware':
      return weaker
        ? {
            title: t('diffHardwareWeaker'),
            details: line.weaknesses.map(
              (change) => `${hardwareName(change.type)}: ${describeAccepted(change)}`,
            ),
          }
        : { title: t('evHardware'), details: [t('diffHardwareSame')] };
    case 'freshness':
      return {
        title: weaker ? t('diffFreshWeaker') : t('diffFresh'),
        details: [tn('diffSync', line.syncMinutes), tn('diffFreshHours', line.cosignatureHours)],
      };
  }
}
