import { hit } from './hits.ts';
import { h, type ViewNode } from './nodes.ts';
import { pager } from './pager.ts';
import { parseQuery } from './query.ts';
import type { LogSource, Query, ViewedEntry } from './source.ts';
import { formatNumber, plural } from './words.ts';

/** Entries on a page of a list. */
const PAGE = 50;

interface Page {
  entries: ViewedEntry[];
  older: number | null;
}

/** One page, and where the next one begins. */
async function page(read: (limit: number) => Promise<ViewedEntry[]>): Promise<Page> {
  const entries = await read(PAGE + 1);
  const isMore = entries.length > PAGE;
  if (isMore) entries.pop();
  return { entries, older: isMore ? (entries.at(-1)?.index ?? null) : null };
}

function pagesOf(address: string, before: number | null, { older }: Page): ViewNode | null {
  const joint = address.includes('?') ? '&' : '?';
  return pager('Pages of entries', {
    newer: before === null ? null : address,
    older: older === null ? null : `${address}${joint}before=${older}`,
    words: ['Newest', 'Older entries'],
  });
}

/** Results for what somebody typed; if that was nothing, what can be looked for. */
export async function searchView(
  text: string,
  before: number | null,
  source: LogSource,
  now: number,
): Promise<ViewNode> {
  const query = parseQuery(text);
  const found: Page = query
    ? await page((limit) => source.find(query, before ?? source.size, limit))
    : { entries: [], older: null };
  const where = source.isChecked
    ? 'The search runs in your browser, over the entries that it has checked. Nobody learns what you look for.'
    : 'The search ran on the log’s server, which has seen what you look for.';
  return h(
    'div',
    { class: 'results' },
    h('h1', { class: 'hidden' }, 'Search'),
    h('p', { class: 'lead', role: 'status' }, outcome(query, found)),
    ...found.entries.map((entry) => hit(entry, query, source, now)),
    pagesOf(`/search?q=${encodeURIComponent(text)}`, before, found),
    h('p', { class: 'sub' }, where),
  );
}

function outcome(query: Query | null, { entries, older }: Page): string {
  if (query === null) return 'Write a fingerprint, a program, a version or a publisher.';
  const count = plural(entries.length, 'entry', 'entries');
  const looksLike = 'fingerprint' in query && entries.length > 0 ? 'Looks like a fingerprint. ' : '';
  return `${looksLike}${older === null ? count : `${count}, and there are older ones`}.`;
}

/** All entries, the newest first. */
export async function entriesView(before: number | null, source: LogSource, now: number): Promise<ViewNode> {
  const found = await page((limit) => source.entriesBefore(before ?? source.size, limit));
  const [first, last] = [found.entries[0], found.entries.at(-1)];
  const range =
    first && last ? ` On this page: ${formatNumber(last.index)} to ${formatNumber(first.index)}.` : '';
  return h(
    'div',
    { class: 'results results-all' },
    h('h1', { class: 'statement' }, 'Everything that is in the log'),
    h('p', { class: 'lead' }, `${plural(source.size, 'entry', 'entries')}, the newest first.${range}`),
    ...found.entries.map((entry) => hit(entry, null, source, now)),
    pagesOf('/entries', before, found),
  );
}
