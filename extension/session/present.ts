/**
 * How a page looks and speaks: the theme and the language that the person chose, the browser's own otherwise.
 * Tells the background the browser's theme, which it cannot see, for the toolbar's icon.
 * @module
 */
import { ask } from '../ask.ts';
import { browser } from '../browser.ts';
import { type Language, type Preferences, themes } from '../settings.ts';
import { browserMessages, catalogueMessages } from '../ui/i18n/browser.ts';
import type { MessageSource } from '../ui/i18n/messages.ts';
import { show } from '../ui/mount.tsx';

async function messagesFor(language: Language | null): Promise<MessageSource> {
  const own = browserMessages(browser.i18n, document.documentElement);
  if (language === null) return own;
  const load = async (name: Language) =>
    (await fetch(browser.runtime.getURL(`/_locales/${name}/messages.json`))).json();
  // A message that a language does not have yet is said in English, as browsers do it.
  const [english, chosen] = await Promise.all([load('en'), load(language)]);
  return catalogueMessages(language, { ...english, ...chosen }, document.documentElement);
}

/** Shows the page as it is wanted. */
export async function present({ theme, language }: Pick<Preferences, 'theme' | 'language'>): Promise<void> {
  const root = document.documentElement;
  if (theme === themes[0]) delete root.dataset.theme;
  else root.dataset.theme = theme;
  const source = await messagesFor(language).catch(() => browserMessages(browser.i18n, root));
  show(source);
}

/** Asks how this page is wanted, shows it so, and follows the browser's theme for the toolbar. */
export async function presentAsChosen(): Promise<void> {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const tell = () => ask('view/theme', { theme: dark.matches ? 'dark' : 'light' }).catch(() => {});
  void tell();
  dark.addEventListener('change', tell);
  const settings = await ask('settings/get', {}).catch(() => null);
  if (settings !== null) await present(settings);
}
