import { drawChart } from './chart.ts';
import { mark, pictogram } from './icons.ts';
import { h, type ViewNode } from './nodes.ts';
import { pager } from './pager.ts';
import type { LogSource, ViewedEntry } from './source.ts';
import {
  approvalName,
  approvedMark,
  fingerprints,
  formatAgo,
  formatDate,
  formatNumber,
  headline,
  isSimulated,
  plural,
  standing,
} from './words.ts';

const LATEST = 4;
/** Approvals on the first page and on those that follow. */
const APPROVALS = 20;

/** What is approved, how the log grew, what came last, and who watches. */
export async function homeView(source: LogSource, now: number): Promise<ViewNode> {
  return h(
    'div',
    { class: 'home' },
    h(
      'div',
      { class: 'home-main' },
      await approved(source, now, 1),
      await takenBack(source),
      chart(source, now),
    ),
    h('div', { class: 'home-side' }, await latest(source, now), witnesses(source, now), watch()),
  );
}

/** More of what is approved than the first page has room for. */
export async function approvedView(source: LogSource, now: number, page: number): Promise<ViewNode> {
  return h('div', { class: 'approved-page' }, await approved(source, now, page));
}

async function approved(source: LogSource, now: number, page: number): Promise<ViewNode> {
  const live = source.approvals.live(now);
  const heading = h('h1', { class: 'statement' }, 'What is approved right now');
  const indices = live.slice((page - 1) * APPROVALS, page * APPROVALS);
  const shown = (await Promise.all(indices.map((index) => source.entry(index)))).filter(
    (entry) => entry !== null,
  );
  if (shown.length === 0) {
    const words =
      page === 1 ? 'Nothing. Waxseal seals to no program of this log.' : 'There are not that many programs.';
    return h('section', {}, heading, h('p', { class: 'lead' }, words));
  }
  const columns = ['Program', 'Since', 'Good until', 'Approved by', 'Fingerprint'];
  return h(
    'section',
    {},
    heading,
    h(
      'p',
      { class: 'lead' },
      `${plural(live.length, 'program')}. Waxseal seals to these and to nothing else.`,
    ),
    h(
      'table',
      { class: 'approved' },
      h(
        'thead',
        {},
        h('tr', {}, h('td'), ...columns.map((name) => h('th', { scope: 'col' }, name)), h('td')),
      ),
      h('tbody', {}, ...shown.map((entry) => approvedRow(entry, source, now))),
    ),
    pager('Pages of programs', {
      newer: page > 1 ? `/approved?page=${page - 1}` : null,
      older: page * APPROVALS < live.length ? `/approved?page=${page + 1}` : null,
      words: ['Newer programs', 'Older programs'],
    }),
  );
}

function approvedRow(entry: ViewedEntry, { approvals }: LogSource, now: number): ViewNode | null {
  const { index, judged, publishers } = entry;
  const { statement, signers } = judged;
  const stands = standing(entry, approvals, now);
  if (statement === null || stands === null) return null;
  const { words } = stands;
  const { name, version } = approvalName(statement);
  const simulated = isSimulated(statement);
  const models =
    statement.kind === 'release' ? statement.models.map(({ id }) => id).join(', ') : 'for your browser';
  const [first] = fingerprints(statement);
  const print = first?.hex ?? (statement.kind === 'extension-release' ? statement.manifestSha256 : '');
  const signed = `${signers.length} of ${publishers.length}`;
  const until = h('span', words.startsWith('retires') ? { class: 'strong' } : {}, words);
  return h(
    'tr',
    {},
    h('td', { class: 'cell-mark' }, mark(approvedMark(statement), 20)),
    h(
      'td',
      { class: 'cell-name' },
      h(
        'a',
        { class: 'row-link', href: `/entry/${index}` },
        `${name} `,
        h('span', { class: 'faint' }, version),
      ),
      h(
        'span',
        { class: 'sub' },
        models,
        simulated ? h('span', { class: 'sim' }, ', simulated, not private') : null,
      ),
      h(
        'span',
        { class: 'sub narrow' },
        `Since ${formatDate(statement.notBefore)}, ${signed} signed: ${signers.join(', ')}; `,
        /^\d/.test(words) ? 'good until ' : '',
        until,
      ),
    ),
    h('td', { class: 'wide' }, formatDate(statement.notBefore)),
    h('td', { class: 'wide' }, until),
    h('td', { class: 'wide' }, signed, h('span', { class: 'sub' }, signers.join(', '))),
    h('td', { class: 'wide digest' }, print.slice(0, 8)),
    h('td', { class: 'cell-go' }, pictogram('chevron', 16)),
  );
}

/** What was approved once and is not any more: history, not alarm. */
async function takenBack(source: LogSource): Promise<ViewNode | null> {
  const gone = source.approvals.newestTakenBack(LATEST);
  if (gone.length === 0) return null;
  const item = async ({ index, by }: (typeof gone)[number]) => {
    const statement = (await source.entry(index))?.judged.statement;
    const status = (await source.entry(by))?.judged;
    if (!statement || status?.statement?.kind !== 'status') return null;
    const { name, version } = approvalName(statement);
    const { action, notBefore, reason } = status.statement;
    const verb = action === 'revoke' ? 'Revoked' : 'Superseded';
    const signers = status.signers.join(', ');
    return h(
      'li',
      {},
      mark('revoked', 18),
      h(
        'span',
        {},
        h('a', { href: `/entry/${index}` }, `${name} `, h('span', { class: 'faint' }, version)),
        h('span', { class: 'sub' }, `${verb} on ${formatDate(notBefore)} by ${signers}: ${reason}`),
      ),
    );
  };
  return h(
    'section',
    { class: 'taken-back' },
    h('h2', {}, 'Taken back'),
    h('p', { class: 'sub' }, 'Approved once. Waxseal does not seal to these, and nothing brings them back.'),
    h('ul', { class: 'rows' }, ...(await Promise.all(gone.map(item)))),
  );
}

function chart({ growth }: LogSource, now: number): ViewNode {
  const key = (icon: ViewNode, word: string) => h('li', {}, icon, word);
  return h(
    'section',
    { class: 'growth' },
    h('h2', {}, 'The log over time'),
    h(
      'ul',
      { class: 'legend' },
      key(mark('passed', 18), 'approved'),
      key(mark('revoked', 18), 'revoked'),
      key(pictogram('sign', 18), 'rules changed'),
    ),
    h('div', { class: 'growth-chart wide' }, drawChart(growth, now, 'wide')),
    h('div', { class: 'growth-chart narrow' }, drawChart(growth, now, 'narrow')),
  );
}

async function latest(source: LogSource, now: number): Promise<ViewNode> {
  const newest = await source.entriesBefore(source.size, LATEST);
  const items = newest.map((entry) => {
    const { title, ...icons } = headline(entry);
    const at = entry.judged.statement?.notBefore;
    const when = at === undefined ? '' : `, ${formatAgo(at, now)}`;
    return h(
      'li',
      {},
      icons.mark ? mark(icons.mark, 18) : pictogram(icons.pictogram ?? 'sign', 18),
      h(
        'span',
        {},
        h('a', { href: `/entry/${entry.index}` }, title),
        h('span', { class: 'sub' }, `Entry ${formatNumber(entry.index)}${when}`),
      ),
    );
  });
  const all = `All ${plural(source.size, 'entry', 'entries')}`;
  return h(
    'section',
    {},
    h('h2', {}, 'Latest entries'),
    h('ul', { class: 'rows' }, ...items),
    h('p', { class: 'more' }, h('a', { href: '/entries' }, all)),
  );
}

function witnesses({ witnesses: known, quorum }: LogSource, now: number): ViewNode {
  const items = known.map(({ name, at }) =>
    h(
      'li',
      { class: 'witness' },
      mark(at === null ? 'open' : 'passed', 18),
      h('span', { class: 'strong' }, name),
      h('span', { class: 'faint' }, at === null ? 'has not signed' : formatAgo(at, now)),
    ),
  );
  return h(
    'section',
    {},
    h('h2', {}, 'Witnesses'),
    h('p', { class: 'sub' }, `${quorum} of ${known.length} must sign each new size.`),
    h('ul', { class: 'rows' }, ...items),
  );
}

function watch(): ViewNode {
  return h(
    'section',
    { class: 'card' },
    h('h2', { class: 'small-title' }, 'Watch this log yourself'),
    h('p', { class: 'sub' }, 'Anyone can. It fetches everything and complains if anything was rewritten.'),
    h('code', { class: 'command' }, 'waxseal audit --follow'),
  );
}
