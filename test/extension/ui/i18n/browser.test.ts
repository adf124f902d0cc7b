import { describe, expect, it } from 'vitest';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import he from '../../../../extension/public/_locales/he/messages.json' with { type: 'json' };
import { languages } from '../../../../extension/settings.ts';
import { browserMessages, catalogueMessages } from '../../../../extension/ui/i18n/browser.ts';
import type { Catalogue } from '../catalogue.ts';

const files: Record<string, Catalogue> = { en, de, he };

/** A browser in one language that reads the file of another. */
const browserIn = (locale: string, file: Catalogue) => ({
  getMessage: (name: string) => (name === '@@ui_locale' ? locale : (file[name]?.message ?? '')),
});
const page = () => ({ lang: '', dir: '' }) as HTMLElement;

describe('the copy that the browser chose', () => {
  it.each(languages)('is of a file that names its language: %s', (language) => {
    expect(files[language]?.localeTag?.message).toBe(language);
  });

  it('keeps the country that the browser is set to, for dates and numbers', () => {
    const root = page();
    expect(browserMessages(browserIn('en_GB', en), root).locale).toBe('en-GB');
    expect(browserMessages(browserIn('de', de), root).locale).toBe('de');
    expect(root).toEqual({ lang: 'de', dir: 'ltr' });
  });

  it('is English throughout, dates and direction with it, where the browser speaks what no file has', () => {
    const root = page();
    for (const locale of ['fr', 'ar', 'eng', '']) {
      expect(browserMessages(browserIn(locale, en), root).locale).toBe('en');
      expect(root).toEqual({ lang: 'en', dir: 'ltr' });
    }
  });

  it('goes from right to left in Hebrew, chosen or not', () => {
    const root = page();
    browserMessages(browserIn('he', he), root);
    expect(root).toEqual({ lang: 'he', dir: 'rtl' });
    catalogueMessages('de', de, root);
    expect(root.dir).toBe('ltr');
    catalogueMessages('he', he, root);
    expect(root.dir).toBe('rtl');
  });

  it('needs no page, as in the background', () => {
    expect(catalogueMessages('de', de).get('wordSealed', [])).toBe('Versiegelt');
    expect(browserMessages(browserIn('de', de)).get('wordSealed', [])).toBe('Versiegelt');
  });
});
