import type { Ledger, Logged } from '../../protocol/log/ledger.ts';
import { drawChart } from './chart.ts';
import { mark, pictogram } from './icons.ts';
import { h, type ViewNode } from './nodes.ts';
import { pager } from './pager.ts';
import type { LogSource } from './source.ts';
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
    h('div', { class: 'home-main' }, approved(source, now, 1), await takenBack(source), chart(source, now)),
    h('div', { class: 'home-side' }, await latest(source, now), witnesses(source, now), watch()),
  );
}

/** More of what is approved than the first page has room for. */
export function approvedView(source: LogSource, now: number, page: number): ViewNode {
  return h('div', { class: 'approved-page' }, approved(source, now, page));
}

/** The live approvals, programs before extensions, the newest first. */
function liveApprovals(ledger: Ledger, now: number): Logged[] {
  return ledger.approvals
    .filter(({ statement: { kind } }) => kind === 'release' || kind === 'extension-release')
    .filter((logged) => standing(logged, ledger, now).live)
    .toSorted((a, b) => Number(isExtension(a)) - Number(isExtension(b)) || b.index - a.index);
}

function approved({ ledger }: LogSource, now: number, page: number): ViewNode {
  const live = liveApprovals(ledger, now);
  const heading = h('h1', { class: 'statement' }, 'What is approved right now');
  const shown = live.slice((page - 1) * APPROVALS, page * APPROVALS);
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
      h('tbody', {}, ...shown.map((logged) => approvedRow(logged, ledger, now))),
    ),
    pager('Pages of programs', {
      newer: page > 1 ? `/approved?page=${page - 1}` : null,
      older: page * APPROVALS < live.length ? `/approved?page=${page + 1}` : null,
      words: ['Newer programs', 'Older programs'],
    }),
  );
}

const isExtension = ({ statement }: Logged) => statement.kind === 'extension-release';

function approvedRow(logged: Logged, ledger: Ledger, now: number): ViewNode {
  const { index, statement, signers, publisherCount } = logged;
  const { name, version } = approvalName(logged);
  const { words } = standing(logged, ledger, now);
  const simulated = isSimulated(statement);
  const models =
    statement.kind === 'release' ? statement.models.map(({ id }) => id).join(', ') : 'for your browser';
  const [first] = fingerprints(statement);
  const print = first?.hex ?? (statement.kind === 'extension-release' ? statement.manifestSha256 : '');
  const signed = `${signers.length} of ${publisherCount}`;
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
  const gone = source.ledger.approvals
    .flatMap((logged) => (logged.takenBack === null ? [] : [{ logged, ...logged.takenBack }]))
    .toSorted((a, b) => b.index - a.index)
    .slice(0, LATEST);
  if (gone.length === 0) return null;
  const item = async ({ logged, action, index, at, reason }: (typeof gone)[number]) => {
    const { name, version } = approvalName(logged);
    const by = (await source.entry(index))?.judged.signers.join(', ') ?? '';
    const verb = action === 'revoke' ? 'Revoked' : 'Superseded';
    return h(
      'li',
      {},
      mark('revoked', 18),
      h(
        'span',
        {},
        h('a', { href: `/entry/${logged.index}` }, `${name} `, h('span', { class: 'faint' }, version)),
        h('span', { class: 'sub' }, `${verb} on ${formatDate(at)} by ${by}: ${reason}`),
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
