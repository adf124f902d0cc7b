/** Copy in the language that the person chose, for pages and for the background. @module */
import { browser } from '../browser.ts';
import type { Language } from '../settings.ts';
import { browserMessages, catalogueMessages } from '../ui/i18n/browser.ts';
import type { MessageSource } from '../ui/i18n/messages.ts';

async function load(language: Language | null, root?: HTMLElement): Promise<MessageSource> {
  if (language === null) return browserMessages(browser.i18n, root);
  const read = async (name: Language) =>
    (await fetch(browser.runtime.getURL(`/_locales/${name}/messages.json`))).json();
  // A message that a language does not have yet is said in English, as browsers do it.
  const [english, chosen] = await Promise.all([read('en'), read(language)]);
  return catalogueMessages(language, { ...english, ...chosen }, root);
}

/** Null for the browser's own language. Says on `root`, where there is one, which language it is in. */
export function messagesFor(language: Language | null, root?: HTMLElement): Promise<MessageSource> {
  return load(language, root).catch(() => browserMessages(browser.i18n, root));
}
