/** Draws the scene named in the address: `?scene=chat&lang=de&dir=rtl&pseudo`. */
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import he from '../../../../extension/public/_locales/he/messages.json' with { type: 'json' };
import type { MessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { mount } from '../../../../extension/ui/mount.tsx';
import { catalogueSource, pseudoSource } from '../catalogue.ts';
import { scenes } from './scenes.tsx';

const asked = new URLSearchParams(location.search);
const language = asked.get('lang') ?? 'en';
const sources: Record<string, MessageSource> = {
  en: catalogueSource('en-GB', en),
  de: catalogueSource('de', de),
  // What it does not have is said in English, as browsers do.
  he: catalogueSource('he', { ...en, ...he }),
};
const source = sources[language] ?? catalogueSource('en-GB', en);
document.documentElement.dir = asked.get('dir') ?? (language === 'he' ? 'rtl' : 'ltr');
document.documentElement.lang = language;

const name = asked.get('scene') ?? '';
mount(
  asked.has('pseudo') ? pseudoSource(source) : source,
  () => `Gallery ${name}`,
  () =>
    scenes[name]?.draw() ?? (
      <main>
        <h1>Gallery</h1>
        <ul>
          {Object.keys(scenes).map((scene) => (
            <li>
              <a href={`?scene=${scene}`}>{scene}</a>
            </li>
          ))}
        </ul>
      </main>
    ),
);
