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

/** A message file, as `_locales` has it. */
interface Catalogue {
  readonly [key: string]: {
    readonly message: string;
    readonly placeholders?: { readonly [name: string]: { readonly content: string } };
  };
}

/** Copy from a message file that was loaded, filled as browsers fill it. */
export function catalogueMessages(locale: string, catalogue: Catalogue, root: HTMLElement): MessageSource {
  root.lang = locale;
  root.dir = new Set(['ar', 'fa', 'he', 'ur']).has(locale) ? 'rtl' : 'ltr';
  return {
    locale,
    get(key, substitutions) {
      const entry = catalogue[key];
      return (entry?.message ?? '').replaceAll(/\$(\w+)\$/g, (_whole, name: string) => {
        const content = entry?.placeholders?.[name.toLowerCase()]?.content ?? '';
        return substitutions[Number(content.slice(1)) - 1] ?? '';
      });
    },
  };
}
