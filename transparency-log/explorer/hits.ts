import { mark, pictogram } from './icons.ts';
import { h, type ViewNode } from './nodes.ts';
import { digestLike } from './query.ts';
import type { LogSource, Query, ViewedEntry } from './source.ts';
import { approvedMark, formatDate, formatNumber, groupHex, headline, standing } from './words.ts';

/** An entry in a list, with the digest that was looked for, if one was. */
export function hit(entry: ViewedEntry, query: Query | null, source: LogSource, now: number): ViewNode {
  const { index, judged } = entry;
  const { title, ...icons } = headline(entry);
  const state = standing(entry, source.approvals, now);
  const at = judged.statement?.notBefore;
  const date = at === undefined ? '' : `${formatDate(at)}, `;
  const stands = state ? (state.live ? 'live now' : state.words) : 'in the log';
  const shape = state
    ? mark(state.live ? approvedMark(judged.statement) : 'open', 24)
    : icons.mark
      ? mark(icons.mark, 24)
      : pictogram(icons.pictogram ?? 'sign', 24);
  return h(
    'a',
    { class: 'card hit', href: `/entry/${index}` },
    shape,
    h(
      'span',
      {},
      h('span', { class: 'hit-title' }, title),
      h('span', { class: 'sub' }, `${date}${judged.error ? judged.error.message : stands}`),
      query && 'fingerprint' in query ? found(entry, query.fingerprint) : null,
      h('span', { class: 'sub' }, `Entry ${formatNumber(index)}`),
    ),
    pictogram('chevron', 16),
  );
}

function found({ judged, bytes }: ViewedEntry, start: string): ViewNode | null {
  const hex = digestLike(judged, bytes, start);
  if (hex === null) return null;
  const { length } = start;
  return h(
    'span',
    { class: 'digest' },
    h('mark', {}, groupHex(start)),
    groupHex(hex.slice(length, length + 16)),
    ' …',
  );
}
