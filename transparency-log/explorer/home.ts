import type { Logged } from '../../protocol/log/ledger.ts';
import { drawChart } from './chart.ts';
import { h } from './dom.ts';
import { mark, pictogram } from './icons.ts';
import type { CheckedEntry, CheckedLog } from './load.ts';
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

/** What is approved, how the log grew, what came last, and who watches. */
export function homeView(log: CheckedLog, now: number): HTMLElement {
  return h(
    'div',
    { class: 'home' },
    h('div', { class: 'home-main' }, approved(log, now), takenBack(log), chart(log, now)),
    h('div', { class: 'home-side' }, latest(log, now), witnesses(log, now), watch()),
  );
}

function approved(log: CheckedLog, now: number): HTMLElement {
  const live = log.ledger.approvals
    .filter(({ statement: { kind } }) => kind === 'release' || kind === 'extension-release')
    .filter((logged) => standing(logged, log, now).live)
    .toSorted((a, b) => Number(isExtension(a)) - Number(isExtension(b)) || b.index - a.index);
  const heading = h('h1', { class: 'statement' }, 'What is approved right now');
  if (live.length === 0) {
    return h(
      'section',
      {},
      heading,
      h('p', { class: 'lead' }, 'Nothing. Waxseal seals to no program of this log.'),
    );
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
      h('tbody', {}, ...live.map((logged) => approvedRow(logged, log, now))),
    ),
  );
}

const isExtension = ({ statement }: Logged) => statement.kind === 'extension-release';

function approvedRow(logged: Logged, log: CheckedLog, now: number): HTMLElement {
  const { index, statement, signers, publisherCount } = logged;
  const { name, version } = approvalName(logged);
  const { words } = standing(logged, log, now);
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
        `${signed} signed: ${signers.join(', ')}; `,
        /^\d/.test(words) ? 'good until ' : '',
        until.cloneNode(true),
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
function takenBack(log: CheckedLog): HTMLElement | null {
  const gone = log.ledger.approvals
    .flatMap((logged) => (logged.takenBack === null ? [] : [{ logged, ...logged.takenBack }]))
    .toSorted((a, b) => b.index - a.index)
    .slice(0, LATEST);
  if (gone.length === 0) return null;
  const item = ({ logged, action, index, at, reason }: (typeof gone)[number]) => {
    const { name, version } = approvalName(logged);
    const by = log.entries[index]?.judged.signers.join(', ') ?? '';
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
    h('ul', { class: 'rows' }, ...gone.map(item)),
  );
}

function chart(log: CheckedLog, now: number): HTMLElement {
  const key = (icon: SVGElement, word: string) => h('li', {}, icon, word);
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
    drawChart(log, now),
  );
}

function latest(log: CheckedLog, now: number): HTMLElement {
  const item = (entry: CheckedEntry) => {
    const { title, ...icons } = headline(entry, log);
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
  };
  const newest = log.entries.slice(-LATEST).reverse();
  return h('section', {}, h('h2', {}, 'Latest entries'), h('ul', { class: 'rows' }, ...newest.map(item)));
}

function witnesses(log: CheckedLog, now: number): HTMLElement {
  const item = (name: string) => {
    const at = log.cosignatures.find((cosignature) => cosignature.name === name)?.at;
    return h(
      'li',
      { class: 'witness' },
      mark(at === undefined ? 'open' : 'passed', 18),
      h('span', { class: 'strong' }, name),
      h('span', { class: 'faint' }, at === undefined ? 'has not signed' : formatAgo(at, now)),
    );
  };
  const rule = `${log.quorum} of ${log.witnesses.length} must sign each new size.`;
  return h(
    'section',
    {},
    h('h2', {}, 'Witnesses'),
    h('p', { class: 'sub' }, rule),
    h('ul', { class: 'rows' }, ...log.witnesses.map(item)),
  );
}

function watch(): HTMLElement {
  return h(
    'section',
    { class: 'card' },
    h('h2', { class: 'small-title' }, 'Watch this log yourself'),
    h('p', { class: 'sub' }, 'Anyone can. It fetches everything and complains if anything was rewritten.'),
    h('code', { class: 'command' }, 'waxseal audit --follow'),
  );
}
