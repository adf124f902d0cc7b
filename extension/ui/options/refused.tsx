import { codeWords } from '../i18n/code-words.ts';
import { t } from '../i18n/messages.ts';
import { StateIcon } from '../icons/state-icon.tsx';
import type { OptionsView } from '../surfaces/options.ts';

/** What a person can do about an error, by its code. */
export const remedies: { readonly [code: string]: () => string } = {
  WAX_POLICY_FORM: () => t('refusedForm'),
  WAX_POLICY_KEY: () => t('refusedMended'),
  WAX_POLICY_DUPLICATE: () => t('refusedMended'),
  WAX_POLICY_RELAY: () => t('refusedRelay'),
  WAX_POLICY_QUORUM: () => t('refusedQuorum'),
  WAX_EXT_SENDER: () => t('refusedReload'),
  WAX_EXT_MESSAGE: () => t('refusedReload'),
  WAX_EXT_TOKEN: () => t('refusedReload'),
  WAX_EXT_REFUSED: () => t('refusedReload'),
  WAX_EXT_NOT_GRANTED: () => t('refusedGrant'),
  WAX_EXT_UNREACHABLE: () => t('refusedReload'),
  WAX_EXT_DOMAIN: () => t('refusedGone'),
  WAX_EXT_DOMAIN_EXISTS: () => t('refusedExists'),
  WAX_EXT_PRESET: () => t('refusedPreset'),
  WAX_STORE_CORRUPT: () => t('refusedCorrupt'),
  WAX_STORE_CONFLICT: () => t('refusedAgain'),
  WAX_STORE_UNAVAILABLE: () => t('refusedStorage'),
};

/** Why a file was not taken or a change not made, what to do about it, and the codes for whoever is asked. */
export function Refused({ code, reason, place }: NonNullable<OptionsView['refusal']>) {
  const remedy = Object.hasOwn(remedies, code) ? remedies[code] : remedies.WAX_EXT_REFUSED;
  const because = reason === null ? null : codeWords(reason);
  return (
    <div class="refused card" role="alert">
      <StateIcon name="warn" size={24} />
      <div>
        <p class="refused-title">{codeWords(code) ?? t('refusedUnknown')}</p>
        <p>{remedy?.()}</p>
        {(because !== null || place !== null) && (
          <p class="caption">
            {because}{' '}
            {place !== null && (
              <>
                {t('refusedWhere')} <bdi class="mono">{place}</bdi>
              </>
            )}
          </p>
        )}
        <p class="caption">
          <bdi class="mono">
            {code} {reason}
          </bdi>
        </p>
      </div>
    </div>
  );
}
