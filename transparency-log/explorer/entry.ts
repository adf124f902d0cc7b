import { parseUtf8, utf8 } from '../../protocol/bytes.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import type { Publisher } from '../../protocol/log/kinds/policy.ts';
import type { Platform } from '../../protocol/log/kinds/release.ts';
import { formatProof } from '../../protocol/log/proof.ts';
import { inclusionProof } from '../../protocol/log/tree.ts';
import { type Child, download, h } from './dom.ts';
import { mark, pictogram } from './icons.ts';
import type { CheckedEntry, CheckedLog } from './load.ts';
import { proofCard } from './proof-card.ts';
import {
  fingerprints,
  formatDate,
  formatLongDate,
  formatNumber,
  groupHex,
  headline,
  isSimulated,
  platformName,
  shortHex,
  standing,
} from './words.ts';

/** One entry: what it says, who signed it, and the proof that it is in the log, worked out here. */
export function entryView(entry: CheckedEntry, log: CheckedLog, now: number): HTMLElement {
  const { index, bytes } = entry;
  const proof = inclusionProof(index, log.checkpoint.size, log.tree.hashAt);
  const proofText = formatProof({ index, proof, checkpoint: log.checkpoint.note, extra: null });
  return h(
    'div',
    {},
    h(
      'nav',
      { class: 'crumbs', 'aria-label': 'Where this is' },
      h('a', { href: '/' }, 'Log'),
      pictogram('chevron', 12),
      `Entry ${formatNumber(index)}`,
    ),
    h(
      'div',
      { class: 'entry-head' },
      h(
        'div',
        {},
        h('h1', { class: 'statement' }, headline(entry, log).title),
        h('p', { class: 'lead' }, ...summary(entry, log, now)),
      ),
      h(
        'div',
        { class: 'entry-actions' },
        download('Signed original', `entry-${index}.json`, 'application/json', bytes, pictogram('save', 18)),
        download('Proof', `entry-${index}.tlog-proof`, 'text/plain', utf8(proofText), pictogram('save', 18)),
      ),
    ),
    h(
      'div',
      { class: 'entry' },
      h('div', { class: 'entry-left' }, contentCard(entry, log), signersCard(entry)),
      proofCard({ index, bytes, proof }, log),
    ),
  );
}

function summary({ index, judged }: CheckedEntry, log: CheckedLog, now: number): Child[] {
  const { statement, error, signers } = judged;
  if (error || !statement) return [`It changes nothing: ${error?.message ?? 'it cannot be read.'}`];
  const approval = log.ledger.approvals.find((logged) => logged.index === index);
  const of = approval ? ` of the ${approval.publisherCount}` : '';
  const signed = `Dated ${formatLongDate(statement.notBefore)}, signed by ${signers.length}${of} publishers.`;
  if (!approval) return [signed];
  const { live, words } = standing(approval, log, now);
  const state = live ? 'It is live now' : `It is no longer live: ${words}`;
  const simulated = isSimulated(statement) ? h('span', { class: 'sim' }, ' Simulated, not private.') : null;
  return [`${signed} ${state}${live && words.startsWith('retires') ? `, and ${words}` : ''}.`, simulated];
}

type Row = [string, ...Child[]];

function contentCard({ judged, bytes }: CheckedEntry, log: CheckedLog): HTMLElement {
  const rows = contentRows(judged, log);
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
      h('pre', { class: 'original' }, signedText(bytes)),
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

const digest = (hex: string) => h('code', { class: 'digest' }, groupHex(hex));

function contentRows({ statement, entrySha256 }: CheckedEntry['judged'], log: CheckedLog): Row[] {
  const common: Row[] = [['Entry hash', digest(entrySha256)]];
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
        ['Good until', `${formatDate(statement.expires)}, unless revoked before`],
        ['Older releases', `retire ${statement.retiresOlderAfterHours} hours after this one`],
      ];
    case 'extension-release':
      return [
        ['Browser', statement.browser],
        ['Version', statement.version],
        ['Files', digest(statement.manifestSha256)],
        ['Source', h('code', {}, `${statement.source.repository} @ ${statement.source.commit.slice(0, 8)}`)],
      ];
    case 'status': {
      const target = log.entries[statement.index];
      const title = target ? headline(target, log).title : `Entry ${statement.index}`;
      return [
        [
          'Takes back',
          h('a', { href: `/entry/${statement.index}` }, `Entry ${formatNumber(statement.index)}`),
          `: ${title}`,
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

function signersCard({ judged, policy }: CheckedEntry): HTMLElement {
  const { signers, statement } = judged;
  const own = statement?.kind === 'policy' ? statement.publishers : [];
  const publishers: readonly Publisher[] = policy?.publishers ?? own;
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
