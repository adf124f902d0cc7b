import { sha256 } from '@noble/hashes/sha2.js';
import { parseUtf8, toHex } from '../../protocol/bytes.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import type { Publisher } from '../../protocol/log/kinds/policy.ts';
import type { Platform } from '../../protocol/log/kinds/release.ts';
import { mark, pictogram } from './icons.ts';
import { type Child, h, type ViewNode } from './nodes.ts';
import { type Proven, proofCard } from './proof-card.ts';
import type { LogSource, ViewedEntry } from './source.ts';
import {
  fingerprints,
  formatDate,
  formatHours,
  formatLongDate,
  formatNumber,
  groupHex,
  headline,
  isSimulated,
  platformName,
  shortHex,
  standing,
} from './words.ts';

/** What the entry's proof is about. */
export async function provenEntry({ index, bytes }: ViewedEntry, source: LogSource): Promise<Proven> {
  const witnesses = source.witnesses.filter(({ at }) => at !== null).length;
  return { index, bytes, witnesses, ...(await source.inclusion(index)) };
}

/** One entry: what it says, who signed it, and the proof that it is in the log. */
export async function entryView(entry: ViewedEntry, source: LogSource, now: number): Promise<ViewNode> {
  const { index } = entry;
  const proven = await provenEntry(entry, source);
  const file = (label: string, href: string, name: string, does: string) =>
    h('a', { class: 'button', href, download: name, 'data-does': does }, pictogram('save', 18), label);
  return h(
    'div',
    {},
    h(
      'nav',
      { class: 'crumbs', 'aria-label': 'Where this is' },
      h('a', { href: '/' }, 'Log'),
      pictogram('chevron', 12),
      h('a', { href: '/entries' }, 'Entries'),
      pictogram('chevron', 12),
      `Entry ${formatNumber(index)}`,
    ),
    h(
      'div',
      { class: 'entry-head' },
      h(
        'div',
        {},
        h('h1', { class: 'statement' }, headline(entry).title),
        h('p', { class: 'lead' }, ...summary(entry, source, now)),
      ),
      h(
        'div',
        { class: 'entry-actions' },
        file('Signed original', `/entry/${index}/original`, `entry-${index}.json`, 'save-original'),
        file('Proof', `/api/v1/entries/${index}/proof`, `entry-${index}.tlog-proof`, 'save-proof'),
      ),
    ),
    h(
      'div',
      { class: 'entry' },
      h('div', { class: 'entry-left' }, contentCard(entry), signersCard(entry)),
      proofCard(proven, source.isChecked),
    ),
  );
}

function summary(entry: ViewedEntry, { approvals }: LogSource, now: number): Child[] {
  const { statement, error, signers } = entry.judged;
  if (error || !statement) return [`It changes nothing: ${error?.message ?? 'it cannot be read.'}`];
  const stands = standing(entry, approvals, now);
  const of = stands ? ` of the ${entry.publishers.length}` : '';
  const signed = `Dated ${formatLongDate(statement.notBefore)}, signed by ${signers.length}${of} publishers.`;
  if (!stands) return [signed];
  const { live, words } = stands;
  const ended = words.startsWith('begins') ? 'It is not live yet' : 'It is no longer live';
  const state = live ? 'It is live now' : `${ended}: ${words}`;
  const simulated = isSimulated(statement) ? h('span', { class: 'sim' }, ' Simulated, not private.') : null;
  return [`${signed} ${state}${live && words.startsWith('retires') ? `, and ${words}` : ''}.`, simulated];
}

type Row = [string, ...Child[]];

function contentCard(entry: ViewedEntry): ViewNode {
  const rows = contentRows(entry);
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, 'What it says'),
    h(
      'dl',
      { class: 'facts' },
      ...rows.flatMap(([label, ...value]) => [h('dt', {}, label), h('dd', {}, ...value)]),
    ),
    h(
      'details',
      {},
      h('summary', {}, 'The signed text, as it is'),
      h('pre', { class: 'original', tabindex: '0' }, signedText(entry.bytes)),
    ),
  );
}

function signedText(bytes: Uint8Array): string {
  try {
    return parseUtf8(parseEnvelope(bytes).payload);
  } catch {
    return 'It is not an envelope that this page can read.';
  }
}

/** What somebody with a clone can run on this entry: docs/rebuild.md. */
const command = (line: string) => h('code', {}, `npx waxseal ${line}`);

const digest = (hex: string) => h('code', { class: 'digest' }, groupHex(hex));

function contentRows(entry: ViewedEntry): Row[] {
  const { statement } = entry.judged;
  const common: Row[] = [['Entry hash', digest(toHex(sha256(entry.bytes)))]];
  if (!statement) return common;
  switch (statement.kind) {
    case 'release':
      return [
        ['May run as', statement.services.join(', ')],
        [
          'Chips',
          Object.keys(statement.measurements)
            .map((name) => platformName(name as Platform))
            .join(', '),
        ],
        ...fingerprints(statement).map(({ label, hex }): Row => [label, digest(hex)]),
        [
          'Model',
          ...statement.models.map(({ id, sha256 }) =>
            h('div', {}, `${id}, `, h('code', { class: 'digest' }, `sha256 ${shortHex(sha256)}`)),
          ),
        ],
        ['Configuration', digest(statement.configSha256)],
        ['Source', h('code', {}, `${statement.source.repository} @ ${statement.source.commit.slice(0, 8)}`)],
        [
          'Build yourself',
          h('code', {}, statement.build.recipe),
          `, sha256 ${shortHex(statement.build.sha256)}`,
        ],
        ['Compare yourself', command(`release check ${entry.index} --domain FILE --image DIR`)],
        ['Good until', `${formatDate(statement.expires)}, unless revoked before`],
        ['Older releases', `retire ${formatHours(statement.retiresOlderAfterHours)} after this one`],
      ];
    case 'extension-release':
      return [
        ['Browser', statement.browser],
        ['Version', statement.version],
        ['Files', digest(statement.manifestSha256)],
        ['Source', h('code', {}, `${statement.source.repository} @ ${statement.source.commit.slice(0, 8)}`)],
        ['Compare yourself', command(`audit extension FILE --domain FILE --entry ${entry.index}`)],
      ];
    case 'status': {
      const { target } = entry;
      const what = target?.kind === 'release' ? `: release ${target.version} of ${target.product}` : '';
      return [
        [
          'Takes back',
          h('a', { href: `/entry/${statement.index}` }, `Entry ${formatNumber(statement.index)}`),
          what,
        ],
        ['Statement', digest(statement.statementSha256)],
        ['Reason', statement.reason],
      ];
    }
    case 'policy':
      return [
        [
          'Who may approve',
          ...statement.publishers.map(({ name, key }) =>
            h('div', {}, `${name} `, h('code', { class: 'digest' }, key)),
          ),
        ],
        [
          'How many',
          `${statement.threshold} of ${statement.publishers.length} must sign an approval; one can revoke`,
        ],
        ...common,
      ];
    case 'machine':
      return [
        ['Operator', statement.operator],
        ['Chip', platformName(statement.platform)],
        ['Machine', digest(statement.machineSha256)],
      ];
    case 'grace':
      return [
        ['Event', statement.event],
        ['Chip', platformName(statement.platform)],
        ['Until', formatDate(statement.expires)],
        ['Reason', statement.reason],
      ];
    case 'log-closed':
      return [
        ['Successor', statement.successor === null ? 'none' : statement.successor.origin],
        ['Reason', statement.reason],
      ];
    case 'unknown':
      return [['Kind', statement.predicateType], ...common];
  }
}

function signersCard({ judged: { signers }, publishers }: ViewedEntry): ViewNode {
  const item = ({ name }: Publisher) => {
    const signed = signers.includes(name);
    return h(
      'li',
      { class: 'witness' },
      mark(signed ? 'passed' : 'open', 20),
      h('span', { class: 'strong' }, name),
      h('span', { class: 'faint' }, signed ? 'signed' : 'has not signed'),
    );
  };
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, 'Signed by'),
    h('ul', { class: 'rows' }, ...publishers.map(item)),
  );
}
