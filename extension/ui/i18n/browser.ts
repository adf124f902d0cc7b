import type { MessageSource } from './messages.ts';

/** The one part of the browser's API that copy needs; `browser.i18n` and `chrome.i18n` both fit. */
interface BrowserMessages {
  getMessage(name: string, substitutions?: string | string[]): string;
}

/**
 * Copy from the extension's own message files. Sets language and direction of `root`, so that screen readers
 * speak it right and right-to-left languages mirror the layout.
 */
export function browserMessages(i18n: BrowserMessages, root: HTMLElement): MessageSource {
  const locale = i18n.getMessage('@@ui_locale').replaceAll('_', '-') || 'en';
  root.lang = locale;
  root.dir = i18n.getMessage('@@bidi_dir') || 'ltr';
  return { locale, get: (key, substitutions) => i18n.getMessage(key, substitutions) };
}
