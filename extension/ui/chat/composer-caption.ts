import { t } from '../i18n/messages.ts';
import type { ComposerMode } from '../state/behaviour.ts';

export interface ComposerFacts {
  readonly mode: ComposerMode;
  /** The composer has the keyboard: the seal is lit. */
  readonly typing: boolean;
  readonly simulated: boolean;
  readonly streaming: boolean;
  /** The draft is on its way into the seal. */
  readonly sending: boolean;
  /** There is something in it. */
  readonly draft: boolean;
  /** The page it lies on; null in the side panel. */
  readonly site: string | null;
}

interface Caption {
  readonly lead: string;
  readonly rest: string;
}

/** The two lines beside the seal. Lit: whose seal this is. Unlit: how to get it. Paused: what became of the draft. */
export function composerCaption({ mode, typing, simulated, sending, draft, site }: ComposerFacts): Caption {
  if (mode === 'read-only' && draft) return { lead: t('draftHere'), rest: t('draftNotSaved') };
  if (mode === 'paused' || mode === 'read-only') {
    if (typing) return { lead: t('sealYours'), rest: t('draftNotSent') };
    return draft
      ? { lead: t('draftHere'), rest: t('draftNotSent') }
      : { lead: t('composerPaused'), rest: t('nothingSent') };
  }
  if (!typing) {
    return site === null
      ? { lead: t('clickToType'), rest: t('sealUnlitHint') }
      : { lead: t('sealNotActive'), rest: t('sealUnlitFrame') };
  }
  if (simulated) return { lead: t('wordSimulated'), rest: t('sealThisFrame') };
  if (sending) return { lead: t('sealYours'), rest: t('sealSending') };
  if (mode === 'wait') return { lead: t('sealYours'), rest: t('sealStillChecking') };
  return { lead: t('sealYours'), rest: site === null ? t('sealTyping') : t('sealTypingFrame', { site }) };
}
