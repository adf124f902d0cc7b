import { browser } from '../browser.ts';

/** Opens a page of the extension in a tab; for `update`, the browser's own page of extensions. */
export function openPage(page: 'options' | 'welcome' | 'update'): void {
  if (page === 'update') void browser.runtime.requestUpdateCheck?.();
  else if (page === 'options') void browser.runtime.openOptionsPage();
  else void browser.tabs.create({ url: browser.runtime.getURL('/welcome.html') });
}
