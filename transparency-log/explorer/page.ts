/** The whole document, as the server sends it. @module */
import { html } from '../operator/html.ts';
import { type Address, titleOf } from './address.ts';
import { mark, pictogram } from './icons.ts';
import { h, type ViewNode } from './nodes.ts';
import { unchecked } from './verdict.ts';
import { writeHtml } from './write-html.ts';

/** @param content what belongs at the address */
export function writeDocument(origin: string, address: Address, content: ViewNode): string {
  const isSearch = address.page === 'search';
  const head = h(
    'head',
    {},
    h('meta', { charset: 'utf-8' }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('meta', { name: 'color-scheme', content: 'light dark' }),
    h('meta', { name: 'referrer', content: 'no-referrer' }),
    h('title', {}, `${titleOf(content) ?? 'Public log'} · ${origin}`),
    h('link', { rel: 'icon', href: '/explorer/brand.svg' }),
    h('link', { rel: 'stylesheet', href: '/explorer/style.css' }),
    h('script', { type: 'module', src: '/explorer/explorer.js' }),
  );
  const body = h(
    'body',
    { class: isSearch ? 'unchecked searching' : 'unchecked' },
    h('a', { class: 'skip', href: '#content' }, 'Skip to the content'),
    h(
      'header',
      { class: 'head' },
      h('a', { class: 'brand', href: '/' }, mark('brand', 30), origin),
      h('search', { class: 'search' }, form(isSearch ? address.text : '')),
      h(
        'a',
        { class: 'search-link', href: '/search' },
        pictogram('search', 22),
        h('span', { class: 'hidden' }, 'Search'),
      ),
    ),
    unchecked(),
    h('main', { id: 'content', tabindex: '-1' }, content),
  );
  return html`<!doctype html>\n${writeHtml(h('html', { lang: 'en' }, head, body))}\n`.text;
}

function form(text: string): ViewNode {
  return h(
    'form',
    { action: '/search' },
    h('button', { class: 'search-go', type: 'submit', 'aria-label': 'Search' }, pictogram('search', 20)),
    h('label', { class: 'hidden', for: 'query' }, 'Search'),
    h('input', {
      id: 'query',
      name: 'q',
      type: 'search',
      value: text,
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: 'Search a fingerprint, version or publisher',
    }),
  );
}
