import { t } from '../i18n/messages.ts';
import { StateIcon, type StateIconName } from '../icons/state-icon.tsx';
import { describe } from '../state/describe.ts';
import type { ChatView } from '../surfaces/chat.ts';
import type { Progress } from '../surfaces/status.ts';
import { checkingSteps, type StepState } from './steps.ts';

const icons: Record<StepState, StateIconName> = {
  waiting: 'todo',
  running: 'checking',
  passed: 'sealed',
  failed: 'failed',
};

const spoken = (state: StepState): string =>
  ({
    waiting: t('stepWaiting'),
    running: t('stepRunning'),
    passed: t('stepPassed'),
    failed: t('stepFailed'),
  })[state];

const notYet: Progress = { phase: 'log', rows: [] };

/** The check before sealing, step by step. Results appear when they are there, never later for show. */
export function Checking({ view }: { view: ChatView }) {
  const text = describe(view.status);
  return (
    <div class="checking">
      <h1 class="statement statement-small">{text.title}</h1>
      <p class="checking-lede">{text.text}</p>
      <ol class="steps">
        {checkingSteps(view.progress ?? notYet, view.status).map((step) => (
          <li key={step.id} class={`step step-${step.state}`}>
            <StateIcon name={icons[step.state]} size={20} />
            <p class="step-title">
              {step.title}
              <span class="visually-hidden">, {spoken(step.state)}</span>
            </p>
            {step.fact !== '' && <p class="step-fact">{step.fact}</p>}
          </li>
        ))}
      </ol>
    </div>
  );
}
