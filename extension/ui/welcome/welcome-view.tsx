import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/messages.ts';
import { Brand } from '../icons/brand.tsx';
import { SealChooser } from '../seal/chooser.tsx';
import type { OfferedSeal } from '../seal/offer.ts';
import { useSeal } from '../seal/use-seal.ts';
import type { PracticeController, WelcomeController } from '../surfaces/welcome.ts';
import { useStore } from '../use-store.ts';
import { Lesson, type Letter } from './lesson.tsx';
import { Practice } from './practice.tsx';
import { WhatItDoes } from './what-it-does.tsx';
import { type Place, WhereToWrite } from './where-to-write.tsx';

const steps = [1, 2, 3, 4] as const;
type Step = (typeof steps)[number];

function Dots({ step }: { step: Step }) {
  return (
    <p class="welcome-steps">
      <span class="welcome-dots" aria-hidden="true">
        {steps.map((at) => (
          <span class={at === step ? 'dot dot-now' : at < step ? 'dot dot-done' : 'dot'} />
        ))}
      </span>
      {t('stepOf', { k: step, n: steps.length })}
    </p>
  );
}

function PickSeal({
  chosen,
  onChoose,
}: {
  chosen: OfferedSeal | null;
  onChoose: (seal: OfferedSeal) => void;
}) {
  return (
    <>
      <div class="welcome-words">
        <h1 class="statement">{t('welcome2Title')}</h1>
        <p class="lede">{t('welcome2Text')}</p>
        <p class="lede">{t('welcome2Text2')}</p>
      </div>
      <div class="welcome-thing">
        <SealChooser chosen={chosen} onChoose={onChoose} />
      </div>
    </>
  );
}

interface Next {
  readonly label: string;
  readonly off: boolean;
  readonly go: () => void;
}

/** Four steps: what it does, the seal, where to write, and the lesson, which cannot be skipped. */
export function Welcome({ controller, begin = 1 }: { controller: WelcomeController; begin?: Step }) {
  const { seal: kept, domain } = useStore(controller);
  const [practice, setPractice] = useState<PracticeController | null>(null);
  const [step, setStep] = useState<Step>(begin);
  const [chosen, setChosen] = useState<OfferedSeal | null>(null);
  const [place, setPlace] = useState<Place>('panel');
  const [real] = useState<Letter>(() =>
    (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) & 1 ? 'A' : 'B',
  );
  const [answer, setAnswer] = useState<Letter | null>(null);
  const seal = useSeal(chosen?.seed ?? kept);
  const main = useRef<HTMLElement>(null);
  const arrived = useRef(false);

  // The new step's text is where a screen reader goes on.
  useEffect(() => {
    if (arrived.current) main.current?.focus();
    arrived.current = step > 0;
  }, [step]);

  const next = (): Next => {
    if (step === 1) return { label: t('next'), off: false, go: () => setStep(2) };
    if (step === 2) {
      const keep = () => {
        if (chosen) controller.setSeal(chosen.seed);
        setStep(3);
      };
      return { label: t('thisOneMine'), off: chosen === null && kept === null, go: keep };
    }
    if (step === 3) return { label: t('next'), off: seal === null, go: () => setStep(4) };
    const passed = answer === real;
    const done = place === 'panel' ? t('actOpenPanel') : t('lessonFinishBox');
    return { label: passed ? done : t('welcome4Choose'), off: !passed, go: () => controller.finish(place) };
  };
  const { label, off, go } = next();
  const back = () => {
    setAnswer(null);
    setStep(step === 4 ? 3 : step === 3 ? 2 : 1);
  };
  if (practice !== null) {
    return <Practice controller={practice} onEnd={() => controller.finish('panel')} />;
  }
  return (
    <div class="welcome">
      <header class="welcome-head">
        <Brand size={26} />
        <span class="welcome-brand">Waxseal</span>
        <Dots step={step} />
      </header>
      <main ref={main} class="welcome-body" tabIndex={-1}>
        {step === 1 && <WhatItDoes />}
        {step === 2 && <PickSeal chosen={chosen} onChoose={setChosen} />}
        {step === 3 && (
          <WhereToWrite
            place={place}
            onPlace={setPlace}
            domain={domain}
            onRules={() => controller.openOptions()}
          />
        )}
        {step === 4 && seal && <Lesson seal={seal} real={real} answer={answer} onAnswer={setAnswer} />}
      </main>
      <footer class="welcome-foot">
        {step === 1 ? (
          <button type="button" class="button button-quiet button-large" onClick={() => setStep(2)}>
            {t('skip')}
          </button>
        ) : (
          <button type="button" class="button button-quiet button-large" onClick={back}>
            {t('back')}
          </button>
        )}
        {step === 4 && answer === real && (
          <button
            type="button"
            class="button button-large"
            onClick={() => setPractice(controller.practise())}
          >
            {t('practiceStart')}
          </button>
        )}
        <button type="button" class="button button-primary button-large" disabled={off} onClick={go}>
          {label}
        </button>
      </footer>
    </div>
  );
}
