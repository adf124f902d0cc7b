/** The explorer page: checks the whole log first, then shows what it found, and nothing before. */
import { narrowScreen } from './chart.ts';
import { byId, h } from './dom.ts';
import { entryView } from './entry.ts';
import { homeView } from './home.ts';
import { mark, pictogram } from './icons.ts';
import { type CheckedLog, loadLog } from './load.ts';
import { searchView } from './search.ts';
import { showChecked, showFailure, showProgress } from './verdict.ts';

const input = byId('query') as HTMLInputElement;

function missing(): HTMLElement {
  return h(
    'div',
    {},
    h('h1', { class: 'statement' }, 'The log has no such entry'),
    h('p', { class: 'lead' }, h('a', { href: '/' }, 'Back to the log')),
  );
}

/** What the address asks for. */
function view(log: CheckedLog): HTMLElement {
  const { pathname, search } = location;
  const now = Date.now();
  if (pathname === '/search') return searchView(new URLSearchParams(search).get('q') ?? '', log, now);
  const index = /^\/entry\/(\d+)$/.exec(pathname)?.[1];
  if (index === undefined) return homeView(log, now);
  const entry = log.entries[Number(index)];
  return entry ? entryView(entry, log, now) : missing();
}

function show(log: CheckedLog): void {
  const isSearch = location.pathname === '/search';
  document.body.classList.toggle('searching', isSearch);
  if (isSearch && document.activeElement !== input)
    input.value = new URLSearchParams(location.search).get('q') ?? '';
  byId('content').replaceChildren(view(log));
  document.title = `${byId('content').querySelector('h1')?.textContent ?? 'Public log'} · ${log.origin}`;
}

/** Moves within the page without loading (and checking) the log again. */
function navigate(log: CheckedLog): void {
  const go = (address: string, how: 'push' | 'replace') => {
    if (how === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    show(log);
  };
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const address = link?.getAttribute('href') ?? '';
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!isPlain || !/^\/($|entry\/|search)/.test(address)) return;
    event.preventDefault();
    go(address, 'push');
    scrollTo(0, 0);
    if (address === '/search') input.focus();
    else byId('content').focus({ preventScroll: true });
  });
  const search = () =>
    go(`/search?q=${encodeURIComponent(input.value)}`, location.pathname === '/search' ? 'replace' : 'push');
  input.addEventListener('input', search);
  input.form?.addEventListener('submit', (event) => {
    event.preventDefault();
    search();
  });
  addEventListener('popstate', () => show(log));
  narrowScreen.addEventListener('change', () => show(log));
}

byId('search-link').append(pictogram('search', 22));
byId('brand').prepend(mark('brand', 30));
byId('query').before(pictogram('search', 20));
showProgress(0, 0);
try {
  const log = await loadLog(showProgress);
  byId('brand').lastChild?.replaceWith(log.origin);
  showChecked(log, Date.now());
  navigate(log);
  show(log);
} catch (error) {
  showFailure(error);
}
