import type { TurnError } from '../../../protocol/session/turn-errors.ts';
import { t } from '../i18n/messages.ts';

const reasons: Record<TurnError, () => string> = {
  busy: () => t('engineBusy'),
  'bad-request': () => t('engineBadRequest'),
  'too-long': () => t('engineTooLong'),
  'model-unknown': () => t('engineModelUnknown'),
  'engine-failed': () => t('engineFailed'),
  'parameter-refused': () => t('engineParameter'),
  'session-over': () => t('engineSessionOver'),
};

/** Why the engine gave no answer: what the enclave sends is a number, so the words are ours. */
export function engineText(reason: string | undefined): string {
  const words =
    reason !== undefined && Object.hasOwn(reasons, reason) ? reasons[reason as TurnError]() : null;
  return words === null ? t('engineTextOpen') : t('engineText', { reason: words });
}
