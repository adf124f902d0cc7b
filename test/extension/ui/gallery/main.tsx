/** Draws the scene named in the address: `?scene=chat&lang=de&dir=rtl&pseudo`. */
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { mount } from '../../../../extension/ui/mount.tsx';
import { catalogueSource, pseudoSource } from '../catalogue.ts';
import { scenes } from './scenes.tsx';

const asked = new URLSearchParams(location.search);
const german = asked.get('lang') === 'de';
const source = german ? catalogueSource('de', de) : catalogueSource('en-GB', en);
document.documentElement.dir = asked.get('dir') ?? 'ltr';
document.documentElement.lang = german ? 'de' : 'en';

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
