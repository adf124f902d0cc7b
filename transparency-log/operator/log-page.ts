/** The operator's page of a log. @module */
import type { TransparencyLog } from '../log.ts';
import { ago, machineFacts, type RefusalCount } from './figures.ts';
import { html } from './html.ts';
import { mark, type OperatorPage, type Standing, writePage } from './page.ts';

type Status = Awaited<ReturnType<TransparencyLog['operatorStatus']>>;

/** Sealing pauses when a quorum's signatures are older than this (docs/log-entries.md). */
const TOO_OLD_MS = 24 * 3_600_000;
const LATE_MS = 3_600_000;

/** A log that waits for witnesses goes on by itself; every other trouble needs its operator. */
function standingOf({ accepting, problem, quorumAt }: Status, now: number): Standing {
  const isWaiting = problem?.code === 'WAX_LOGSERVER_NO_QUORUM';
  if (!accepting && !isWaiting) return 'failed';
  if (quorumAt !== null && now - quorumAt > TOO_OLD_MS) return 'failed';
  return problem !== null || (quorumAt !== null && now - quorumAt > LATE_MS) ? 'paused' : 'passed';
}

const STATEMENTS: Record<Standing, string> = {
  passed: 'The log takes entries, and its witnesses sign them',
  paused: 'The log serves readers and waits for its witnesses',
  failed: 'The log takes nothing until somebody looks at it',
};

function more({ problem, quorumAt, quorum, witnesses }: Status, now: number): string {
  if (problem !== null) return `${problem.message} Readers are still served.`;
  if (quorumAt === null) return 'No checkpoint has been witnessed yet.';
  return `${quorum} of ${witnesses.length} witnesses signed the newest checkpoint ${ago(quorumAt, now)}.`;
}

const time = (at: string | null, now: number) => (at === null ? 'never' : ago(Date.parse(at), now));

/** The document as of now. */
export async function writeLogPage(
  log: TransparencyLog,
  refused: RefusalCount,
  folder: string | null,
  now: number,
): Promise<string> {
  const status = await log.operatorStatus();
  const standing = standingOf(status, now);
  const { origin, key, size, sequenced, budget, quorum, quorumAt, witnesses } = status;
  const page: OperatorPage = {
    name: origin,
    standing,
    statement: STATEMENTS[standing],
    more: more(status, now),
    facts: [
      ['Published size', size.toLocaleString('en')],
      ['Sequenced and not witnessed yet', (sequenced - size).toLocaleString('en')],
      ['Budget used', `${((100 * sequenced) / budget).toFixed(1)} % of ${budget.toLocaleString('en')}`],
      ['Quorum', `${quorum} of ${witnesses.length}, ${quorumAt === null ? 'never met' : ago(quorumAt, now)}`],
      ...(await machineFacts(folder)),
      ['Key', html`<span class="mono">${key}</span>`],
    ],
    tables: [
      {
        title: 'Witnesses',
        none: 'None.',
        columns: ['Name', 'Address', 'Signed the newest', 'Last answer', 'When'],
        rows: witnesses.map(({ name, url, cosignedAt, answer }) => [
          name,
          url,
          time(cosignedAt, now),
          html`<span class="state">${mark(answer === null ? 'open' : answer.code === null ? 'passed' : 'paused', 18)}${
            answer === null ? 'not asked yet' : (answer.code ?? 'signed')
          }</span>`,
          answer === null ? '' : ago(answer.at, now),
        ]),
      },
      refused.table(now),
    ],
  };
  return writePage(page);
}
