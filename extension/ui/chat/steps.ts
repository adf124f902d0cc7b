import type { RowId } from '../../../protocol/report.ts';
import { t } from '../i18n/messages.ts';
import type { Progress, Status } from '../surfaces/status.ts';

export type StepState = 'waiting' | 'running' | 'passed' | 'failed';

export interface Step {
  readonly id: string;
  readonly title: string;
  readonly state: StepState;
  readonly fact: string;
}

interface Plan {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly RowId[];
  readonly fact: string;
}

function plans({ figures }: Status): Plan[] {
  const vendor = figures.vendor;
  return [
    {
      id: 'chip',
      title: t('stepChip'),
      rows: ['evidence', 'machine'],
      fact: vendor === undefined ? '' : t('chainChip', { vendor }),
    },
    {
      id: 'security',
      title: t('stepSecurity'),
      rows: ['collateral', 'platform'],
      fact: t('stepSecurityFact'),
    },
    { id: 'binding', title: t('stepBinding'), rows: ['binding'], fact: t('stepBindingFact') },
    { id: 'log', title: t('stepLog'), rows: ['log'], fact: '' },
    {
      id: 'program',
      title: t('stepProgram'),
      rows: ['release'],
      fact: figures.release === undefined ? '' : t('stepProgramFact', { n: String(figures.release) }),
    },
    { id: 'key', title: t('stepKey'), rows: ['answer', 'wire', 'lifetime'], fact: '' },
  ];
}

/** What a running step waits for. */
function waitsFor(id: string, { phase }: Progress, { figures }: Status): string {
  if (id === 'log' && phase === 'log') return t('stepLogAsking');
  return phase === 'asking' ? t('stepAsking', { service: figures.service ?? t('theOperator') }) : '';
}

/** The ten rows as six steps a person can follow; a step passes when all of its rows have. */
export function checkingSteps(progress: Progress, status: Status): Step[] {
  const results = new Map(progress.rows.map((row) => [row.id, row.state]));
  const done = (plan: Plan): StepState | null => {
    const states = plan.rows.map((id) => results.get(id));
    if (states.includes('fail')) return 'failed';
    return states.includes(undefined) ? null : 'passed';
  };
  const all = plans(status);
  const open = all.filter((plan) => done(plan) === null);
  const running = progress.phase === 'log' ? open.find(({ id }) => id === 'log') : open[0];
  return all.map((plan) => {
    const state = done(plan) ?? (plan === running ? 'running' : 'waiting');
    const fact =
      state === 'passed' ? plan.fact : state === 'running' ? waitsFor(plan.id, progress, status) : '';
    return { id: plan.id, title: plan.title, state, fact };
  });
}
