import type { MessageSource } from '../../../extension/ui/i18n/messages.ts';

/** A `_locales` file as the browser reads it. */
export interface Catalogue {
  readonly [key: string]: {
    readonly message: string;
    readonly placeholders?: { readonly [name: string]: { readonly content: string } };
  };
}

/** Keys that are made at runtime, of ids and codes: to be asked for one that is not there is no mistake. */
const made = /^(?:check|code|label)_/;

/** Messages from a loaded file, filled the way browsers fill them. Unknown keys throw, but for those made at runtime. */
export function catalogueSource(locale: string, catalogue: Catalogue): MessageSource {
  return {
    locale,
    get(key, substitutions) {
      const entry = catalogue[key];
      if (entry === undefined && made.test(key)) return '';
      if (entry === undefined) throw new Error(`no message ${key}`);
      return entry.message.replaceAll(/\$(\w+)\$/g, (_whole, name: string) => {
        const content = entry.placeholders?.[name.toLowerCase()]?.content;
        if (content === undefined) throw new Error(`no placeholder ${name} in ${key}`);
        return substitutions[Number(content.slice(1)) - 1] ?? '';
      });
    },
  };
}

/** Longer, accented and in brackets, to find clipped and hard-coded copy: 40 % more letters. */
export function pseudoSource(source: MessageSource): MessageSource {
  return {
    locale: source.locale,
    get(key, substitutions) {
      const text = source.get(key, substitutions);
      if (text === '') return text;
      // In words of eight, so that the longer copy wraps as real copy does.
      const more = ' ·······'.repeat(Math.ceil((text.length * 0.4) / 8));
      return `⟦${text.replaceAll('e', 'ë').replaceAll('a', 'à')}${more}⟧`;
    },
  };
}
