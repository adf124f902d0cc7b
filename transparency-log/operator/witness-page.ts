/** The operator's page of a witness. @module */
import type { Witness } from '../witness/witness.ts';
import { ago, machineFacts, type RefusalCount } from './figures.ts';
import { html } from './html.ts';
import { writePage } from './page.ts';

/** The document as of now. */
export async function writeWitnessPage(
  witness: Witness,
  refused: RefusalCount,
  folder: string,
  now: number,
): Promise<string> {
  const logs = await witness.recorded();
  const cosigned = logs.filter(({ record }) => record !== null);
  const newest = Math.max(0, ...logs.map(({ record }) => record?.at ?? 0));
  return writePage({
    name: witness.key.name,
    standing: 'passed',
    statement: `The witness watches ${logs.length === 1 ? 'one log' : `${logs.length} logs`}`,
    more:
      newest === 0
        ? 'No log has asked for a signature yet.'
        : `It signed last ${ago(newest, now)}. It signs only what extends what it signed before.`,
    facts: [
      ['Logs that it has signed for', `${cosigned.length} of ${logs.length}`],
      ...(await machineFacts(folder)),
      ['Key', html`<span class="mono">${witness.key.text}</span>`],
    ],
    tables: [
      {
        title: 'Logs',
        none: 'None.',
        columns: ['Origin', 'Newest size', 'Root', 'Signed', 'Requests today'],
        rows: logs.map(({ origin, record, used, limit }) => [
          origin,
          record === null ? 'none yet' : record.size.toLocaleString('en'),
          record === null ? '' : html`<span class="mono">${record.root}</span>`,
          record === null ? 'never' : ago(record.at, now),
          limit === null ? 'not limited' : `${used} of ${limit}`,
        ]),
      },
      refused.table(now),
    ],
  });
}
