/**
 * The explorer in the visitor's browser: it checks the whole log, then puts what it found in the place of what
 * the server said. Without it the page can be read, and nothing more.
 * @module
 */
import { utf8 } from '../../protocol/bytes.ts';
import { formatProof } from '../../protocol/log/proof.ts';
import { PATHS, parseAddress, titleOf, viewOf } from './address.ts';
import { byId, save, toElement } from './dom.ts';
import { provenEntry } from './entry.ts';
import { type CheckedLog, loadLog } from './load.ts';
import type { ViewNode } from './nodes.ts';
import { timeProof, verifiedIn } from './proof-card.ts';
import { checked, checking, failed } from './verdict.ts';

const input = byId('query') as HTMLInputElement;
const content = byId('content');
const here = () => parseAddress(new URL(location.href));

/** Changes the line on top in place, so that a screen reader notices. */
function say(line: ViewNode): void {
  const [there, next] = [byId('verdict'), toElement(line)];
  for (const { name, value } of next.attributes) there.setAttribute(name, value);
  there.replaceChildren(...next.childNodes);
}

/** Puts the page of the present address in its place, and the focus back where it was on the same page. */
async function show(log: CheckedLog): Promise<void> {
  const address = here();
  const { content: view } = await viewOf(address, log, Date.now());
  const focused = content.contains(document.activeElement)
    ? document.activeElement?.getAttribute('href')
    : null;
  document.body.classList.toggle('searching', address.page === 'search');
  if (address.page === 'search' && document.activeElement !== input) input.value = address.text;
  content.replaceChildren(toElement(view));
  document.title = `${titleOf(view) ?? 'Public log'} · ${log.origin}`;
  if (focused != null) content.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

async function act(does: string, log: CheckedLog): Promise<void> {
  const address = here();
  const entry = address.page === 'entry' ? await log.entry(address.index) : null;
  if (entry === null) return;
  const { index, bytes } = entry;
  if (does === 'save-original') return save(`entry-${index}.json`, 'application/json', bytes);
  const proven = await provenEntry(entry, log);
  if (does === 'save-proof') {
    const text = formatProof({ index, proof: proven.proof.slice(), checkpoint: log.note, extra: null });
    return save(`entry-${index}.tlog-proof`, 'text/plain', utf8(text));
  }
  const words = verifiedIn(timeProof(proven));
  content
    .querySelector('.pill')
    ?.replaceChildren(...words.map((word) => (typeof word === 'string' ? word : toElement(word))));
}

const isOurs = (path: string) =>
  PATHS.some((known) => (known.includes(':') ? path.startsWith('/entry/') : path === known));

/** Moves within the page without loading (and checking) the log again. */
function navigate(log: CheckedLog): void {
  const go = async (address: string, how: 'push' | 'replace') => {
    if (how === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    await show(log);
  };
  const follow = async (address: string) => {
    await go(address, 'push');
    scrollTo(0, 0);
    if (address === '/search') input.focus();
    else content.focus({ preventScroll: true });
  };
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a, button') : null;
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain) return;
    const does = link.getAttribute('data-does');
    const address = link.getAttribute('href') ?? '';
    if (does === null && !(address.startsWith('/') && isOurs(new URL(address, location.href).pathname)))
      return;
    event.preventDefault();
    void (does === null ? follow(address) : act(does, log));
  });
  const search = () =>
    go(`/search?q=${encodeURIComponent(input.value)}`, location.pathname === '/search' ? 'replace' : 'push');
  input.addEventListener('input', search);
  input.form?.addEventListener('submit', (event) => {
    event.preventDefault();
    void search();
  });
  addEventListener('popstate', () => void show(log));
}

try {
  say(checking(0, 0));
  const log = await loadLog((done, size) => say(checking(done, size)));
  await show(log);
  document.body.classList.remove('unchecked');
  say(checked(log, Date.now()));
  navigate(log);
} catch (error) {
  content.replaceChildren();
  say(failed(error));
}
