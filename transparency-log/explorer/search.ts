import { parseUtf8, toHex } from '../../protocol/bytes.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import { h } from './dom.ts';
import { mark, pictogram } from './icons.ts';
import type { CheckedEntry, CheckedLog } from './load.ts';
import { approvedMark, formatDate, formatNumber, groupHex, headline, plural, standing } from './words.ts';

const MOST = 50;
const FINGERPRINT = /^[0-9a-f]{6,128}$/;

interface Hit {
  entry: CheckedEntry;
  /** The digest that matched, or null where it was something else. */
  hex: string | null;
}

/** Entries that hold the words, newest first. It looks only at what was checked, and tells no server what. */
function findEntries(query: string, log: CheckedLog): Hit[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const hex = words.join('');
  return FINGERPRINT.test(hex) && /\d/.test(hex) ? findDigest(hex, log) : findWords(words, log);
}

function findDigest(hex: string, log: CheckedLog): Hit[] {
  return log.entries.toReversed().flatMap((entry) => {
    const found = digestsOf(entry).find((digest) => digest.startsWith(hex));
    return found === undefined ? [] : [{ entry, hex: found }];
  });
}

function digestsOf({ bytes, judged }: CheckedEntry): string[] {
  const inside = payloadOf(bytes).match(/(?<=")[0-9a-f]{40,128}(?=")/g) ?? [];
  return [
    ...inside,
    judged.entrySha256,
    ...(judged.statementSha256 === null ? [] : [judged.statementSha256]),
  ];
}

function payloadOf(bytes: Uint8Array): string {
  try {
    return parseUtf8(parseEnvelope(bytes).payload);
  } catch {
    return toHex(bytes);
  }
}

function findWords(words: readonly string[], log: CheckedLog): Hit[] {
  const hits = log.entries.filter((entry) => {
    const { statement, signers } = entry.judged;
    const parts = [headline(entry, log).title, ...signers, statement?.kind ?? ''];
    if (statement?.kind === 'release')
      parts.push(...statement.services, ...statement.models.map(({ id }) => id));
    if (statement?.kind === 'policy') parts.push(...statement.publishers.map(({ name }) => name));
    const known = parts.join(' ').toLowerCase().split(/\s+/);
    return words.every((word) =>
      known.some((part) => (/^\d+$/.test(word) ? part === word : part.includes(word))),
    );
  });
  return hits.reverse().map((entry) => ({ entry, hex: null }));
}

/** Results for a query; with an empty one, what can be looked for. */
export function searchView(query: string, log: CheckedLog, now: number): HTMLElement {
  const hits = findEntries(query, log);
  const looksLike = hits.some(({ hex }) => hex !== null) ? 'Looks like a fingerprint. ' : '';
  const found =
    query.trim() === ''
      ? 'Write a fingerprint, a program, a version or a publisher.'
      : `${looksLike}${plural(hits.length, 'entry', 'entries')}.`;
  return h(
    'div',
    { class: 'results' },
    h('h1', { class: 'hidden' }, 'Search'),
    h('p', { class: 'lead', role: 'status' }, found),
    ...hits.slice(0, MOST).map((hit) => card(hit, query, log, now)),
    h(
      'p',
      { class: 'sub' },
      'The search runs in your browser, over the entries that it has checked. Nobody learns what you look for.',
    ),
  );
}

function card({ entry, hex }: Hit, query: string, log: CheckedLog, now: number): HTMLElement {
  const { index, judged } = entry;
  const { title } = headline(entry, log);
  const approval = log.ledger.approvals.find((logged) => logged.index === index);
  const state = approval ? standing(approval, log, now) : null;
  const at = judged.statement?.notBefore;
  const date = at === undefined ? '' : formatDate(at);
  const verdict = judged.error
    ? `${judged.error.message}`
    : state
      ? state.live
        ? 'live now'
        : state.words
      : 'in the log';
  const length = query.replaceAll(/\s/g, '').length;
  const shape = state
    ? mark(state.live ? approvedMark(judged.statement) : 'open', 24)
    : otherShape(entry, log);
  return h(
    'a',
    { class: 'card hit', href: `/entry/${index}` },
    shape,
    h(
      'span',
      {},
      h('span', { class: 'hit-title' }, title),
      h('span', { class: 'sub' }, date === '' ? verdict : `${date}, ${verdict}`),
      hex === null
        ? null
        : h(
            'span',
            { class: 'digest' },
            h('mark', {}, groupHex(hex.slice(0, length))),
            groupHex(hex.slice(length, length + 16)),
            ' …',
          ),
      h('span', { class: 'sub' }, `Entry ${formatNumber(index)}`),
    ),
    pictogram('chevron', 16),
  );
}

/** Entries that approve nothing: refused ones are hollow, others show what they are. */
function otherShape(entry: CheckedEntry, log: CheckedLog): SVGElement {
  const { mark: name, pictogram: picture } = headline(entry, log);
  return name ? mark(name, 24) : pictogram(picture ?? 'sign', 24);
}
