/**
 * Says in plain language what a statement does, for the people who are about to sign it. Nothing in the
 * statement can change how the text around it looks: what is not printable is spelled out.
 * @module
 */
import { SEQUENCING_WINDOW } from '../../protocol/log/authorise.ts';
import { DAY, formatTime } from '../../protocol/log/kinds/kind.ts';
import type { Ledger } from '../../protocol/log/ledger.ts';
import type { KnownKind, KnownStatement, StatementOf } from '../../protocol/log/statement.ts';

export interface Description {
  /** One sentence. */
  title: string;
  /** Label and value. */
  rows: (readonly [string, string])[];
}

type Row = readonly [string, string];

/** Control characters would move the cursor, and bidirectional marks reorder what is seen. */
export function printable(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

function period(notBefore: number, expires: number): string {
  const days = Math.round((expires - notBefore) / DAY);
  return `${formatTime(notBefore)} to ${formatTime(expires)} (${days} days)`;
}

const source = ({ repository, commit }: { repository: string; commit: string }): Row => [
  'source',
  `${repository} at ${commit}`,
];

const writers: { [K in KnownKind]: (statement: StatementOf<K>) => { title: string; rows: Row[] } } = {
  release: (s) => ({
    title: `Approve ${s.product} version ${s.version}`,
    rows: [
      ['valid', period(s.notBefore, s.expires)],
      ['retires', `lower versions of ${s.product}, ${s.retiresOlderAfterHours} hours after it begins`],
      ...s.services.map((service): Row => ['may run at', service]),
      ...Object.entries(s.measurements).flatMap(([platform, shapes]) =>
        shapes.flatMap(({ shape, registers }) =>
          Object.entries(registers).map(
            ([name, value]): Row => [`${platform}, ${shape}`, `${name} ${value}`],
          ),
        ),
      ),
      ['configuration', s.configSha256],
      ...s.models.map(({ id, sha256 }): Row => ['model', `${id} ${sha256}`]),
      [
        'replies',
        `a record of ${s.wire.recordBytes} bytes every ${s.wire.tickMs} ms, ${s.wire.maxRecords} at most`,
      ],
      source(s.source),
      ['recipe', `${s.build.recipe} ${s.build.sha256}`],
    ],
  }),
  status: (s) => ({
    title: `${s.action === 'revoke' ? 'Revoke' : 'Supersede'} entry ${s.index}, for good`,
    rows: [
      ['statement', s.statementSha256],
      ['reason', s.reason],
    ],
  }),
  policy: (s) => ({
    title: `From then on, ${s.threshold} of ${s.publishers.length} publishers approve programs`,
    rows: s.publishers.map(({ name, key }): Row => ['publisher', `${name} ${key}`]),
  }),
  grace: (s) => ({
    title: `Tolerate ${s.platform} machines that "${s.event}" has put out of date`,
    rows: [
      ['valid', period(s.notBefore, s.expires)],
      ['reason', s.reason],
    ],
  }),
  machine: (s) => ({
    title: `Vouch for one ${s.platform} machine`,
    rows: [
      ['machine', s.machineSha256],
      ['operator', s.operator],
    ],
  }),
  'extension-release': (s) => ({
    title: `Approve the extension for ${s.browser}, version ${s.version}`,
    rows: [['files', s.manifestSha256], source(s.source)],
  }),
  'log-closed': (s) => ({
    title: 'Close the log: nothing after this counts',
    rows: [
      ['reason', s.reason],
      ['goes on at', s.successor === null ? 'nowhere' : `${s.successor.origin} ${s.successor.key}`],
    ],
  }),
};

/** What the entry that a status takes back had approved, where the log is at hand. */
function targetRow(statement: KnownStatement, ledger: Ledger | null): Row[] {
  if (statement.kind !== 'status' || ledger === null) return [];
  const target = ledger.approvals.find(
    ({ statementSha256 }) => statementSha256 === statement.statementSha256,
  );
  if (target === undefined) return [['takes back', 'nothing that is in force']];
  return [['takes back', describeStatement(target.statement, null).title]];
}

/**
 * What a statement does, row by row.
 * @param ledger what its log holds, to say what a status is about; null where that is not known
 */
export function describeStatement(statement: KnownStatement, ledger: Ledger | null): Description {
  const write = writers[statement.kind] as (statement: KnownStatement) => { title: string; rows: Row[] };
  const { title, rows } = write(statement);
  const common: Row[] = [
    ['log', statement.log],
    ['under policy', statement.policy ?? 'none: it is the first'],
    ['dated', formatTime(statement.notBefore)],
    // Entry 0 is sequenced by the log itself, which is begun with it.
    ...(statement.policy === null
      ? []
      : [['submit by', formatTime(statement.notBefore + SEQUENCING_WINDOW)] as const]),
    ...(statement.critical ? [] : [['optional', 'clients that do not know this kind ignore it'] as const]),
  ];
  return {
    title: printable(title),
    rows: [...targetRow(statement, ledger), ...rows, ...common].map(
      ([label, value]) => [printable(label), printable(value)] as const,
    ),
  };
}
