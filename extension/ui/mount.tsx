import { type ComponentChild, Fragment, render } from 'preact';
import { locale, type MessageSource, setMessageSource } from './i18n/messages.ts';

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

let again: ((messages: MessageSource) => void) | null = null;

/** Shows the mounted view anew in another language. Without effect where it is the same one. */
export function show(messages: MessageSource): void {
  if (messages.locale !== locale()) again?.(messages);
}

/** Shows a view in the page's `#root`. Each page calls this once. */
export function mount(messages: MessageSource, title: () => string, view: () => ComponentChild): void {
  const root = document.querySelector('#root');
  if (root === null) throw new Error('the page has no #root');
  watchKeyboard(document.documentElement);
  again = (source) => {
    setMessageSource(source);
    document.title = title();
    // By its key the view is made anew: no text of the other language stays.
    render(<Fragment key={source.locale}>{view()}</Fragment>, root);
  };
  again(messages);
}
