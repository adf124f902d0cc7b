/**
 * How a page looks and speaks: the theme and the language that the person chose, the browser's own otherwise.
 * Tells the background the browser's theme, which it cannot see, for the toolbar's icon.
 * @module
 */
import { ask } from '../ask.ts';
import { type Preferences, themes } from '../settings.ts';
import { show } from '../ui/mount.tsx';
import { messagesFor } from './language.ts';

/** Shows the page as it is wanted. */
export async function present({ theme, language }: Pick<Preferences, 'theme' | 'language'>): Promise<void> {
  const root = document.documentElement;
  if (theme === themes[0]) delete root.dataset.theme;
  else root.dataset.theme = theme;
  show(await messagesFor(language, root));
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
