import type { MessageSource } from './messages.ts';

/** The one part of the browser's API that copy needs; `browser.i18n` and `chrome.i18n` both fit. */
interface BrowserMessages {
  getMessage(name: string, substitutions?: string | string[]): string;
}

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur']);

/** Screen readers speak a page right, and right-to-left languages mirror its layout, once it says what it is in. */
function speak(root: HTMLElement | undefined, locale: string): void {
  if (root === undefined) return;
  root.lang = locale;
  root.dir = rightToLeft.has(locale.split('-')[0] ?? '') ? 'rtl' : 'ltr';
}

/**
 * Copy from the extension's own message files, in the browser's language or in the one that stands in for it: dates
 * and numbers follow the words. Sets language and direction of `root`; the background has none.
 */
export function browserMessages(i18n: BrowserMessages, root?: HTMLElement): MessageSource {
  const words = i18n.getMessage('localeTag') || 'en';
  const wanted = i18n.getMessage('@@ui_locale').replaceAll('_', '-');
  const locale = wanted.startsWith(`${words}-`) ? wanted : words;
  speak(root, locale);
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
export function catalogueMessages(locale: string, catalogue: Catalogue, root?: HTMLElement): MessageSource {
  speak(root, locale);
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
