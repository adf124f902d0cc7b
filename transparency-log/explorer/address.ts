/** Which page an address asks for, and that page. @module */
import { entryView } from './entry.ts';
import { approvedView, homeView } from './home.ts';
import { h, type ViewNode } from './nodes.ts';
import { entriesView, searchView } from './search.ts';
import type { LogSource } from './source.ts';

export type Address =
  | { page: 'home' | 'missing' }
  | { page: 'approved'; number: number }
  | { page: 'entries'; before: number | null }
  | { page: 'entry'; index: number }
  | { page: 'search'; text: string; before: number | null };

const NUMBER = /^\d{1,15}$/;
const readNumber = (text: string | null) => (text !== null && NUMBER.test(text) ? Number(text) : null);

/** Reads an address of this site; what is malformed in a query is taken as not there. */
export function parseAddress({ pathname, searchParams }: Pick<URL, 'pathname' | 'searchParams'>): Address {
  const before = readNumber(searchParams.get('before'));
  if (pathname === '/') return { page: 'home' };
  if (pathname === '/entries') return { page: 'entries', before };
  if (pathname === '/approved') {
    return { page: 'approved', number: Math.max(1, readNumber(searchParams.get('page')) ?? 1) };
  }
  if (pathname === '/search') return { page: 'search', text: searchParams.get('q') ?? '', before };
  const index = readNumber(/^\/entry\/(\d+)$/.exec(pathname)?.[1] ?? null);
  return index === null ? { page: 'missing' } : { page: 'entry', index };
}

/** Addresses of the explorer: where it is served, and where it goes without asking the server again. */
export const PATHS = ['/', '/approved', '/entries', '/search', '/entry/:index'] as const;

export interface View {
  content: ViewNode;
  isFound: boolean;
}

/** The page at an address. */
export async function viewOf(address: Address, source: LogSource, now: number): Promise<View> {
  const entry = address.page === 'entry' ? await source.entry(address.index) : null;
  if (entry) return { content: await entryView(entry, source, now), isFound: true };
  switch (address.page) {
    case 'home':
      return { content: await homeView(source, now), isFound: true };
    case 'approved':
      return { content: await approvedView(source, now, address.number), isFound: true };
    case 'entries':
      return { content: await entriesView(address.before, source, now), isFound: true };
    case 'search':
      return { content: await searchView(address.text, address.before, source, now), isFound: true };
    default:
      return { content: missing(), isFound: false };
  }
}

function missing(): ViewNode {
  return h(
    'div',
    {},
    h('h1', { class: 'statement' }, 'The log has no such entry'),
    h('p', { class: 'lead' }, h('a', { href: '/' }, 'Back to the log')),
  );
}

/** The first heading of a page: what it is called. */
export function titleOf({ name, children }: ViewNode): string | null {
  if (name === 'h1') return children.filter((child) => typeof child === 'string').join('');
  for (const child of children) {
    const found = typeof child === 'string' ? null : titleOf(child);
    if (found !== null) return found;
  }
  return null;
}
