import { type ComponentChild, render } from 'preact';
import { type MessageSource, setMessageSource } from './i18n/messages.ts';

/**
 * Notes on the document whether the person works by keyboard. Text fields match `:focus-visible` always, so
 * the composer needs to know how it was reached.
 */
function watchKeyboard(root: HTMLElement): void {
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Tab') root.dataset.keyboard = '';
  });
  document.addEventListener('pointerdown', () => delete root.dataset.keyboard);
}

/** Shows a view in the page's `#root`. Each page calls this once. */
export function mount(messages: MessageSource, title: () => string, view: () => ComponentChild): void {
  const root = document.querySelector('#root');
  if (root === null) throw new Error('the page has no #root');
  setMessageSource(messages);
  document.title = title();
  watchKeyboard(document.documentElement);
  render(view(), root);
}
