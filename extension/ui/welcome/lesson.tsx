import { t } from '../i18n/messages.ts';
import { Brand } from '../icons/brand.tsx';
import { StateIcon } from '../icons/state-icon.tsx';
import { UiIcon } from '../icons/ui-icon.tsx';
import type { Seal } from '../seal/generator.ts';
import { sealName, sealNameFirst, shapeName } from '../seal/name.ts';
import { fakeSeal } from '../seal/offer.ts';
import { SealMark } from '../seal/seal-mark.tsx';

export type Letter = 'A' | 'B';

interface Props {
  readonly seal: Seal;
  /** Which of the two boxes is the real one. */
  readonly real: Letter;
  readonly answer: Letter | null;
  readonly onAnswer: (letter: Letter) => void;
}

interface BoxProps {
  readonly letter: Letter;
  readonly seal: Seal;
  readonly faded: boolean;
  readonly onClick: () => void;
}

/** A box as it would stand in a page. Only a picture of one: nobody can type in it. */
function Box({ letter, seal, faded, onClick }: BoxProps) {
  return (
    <button
      type="button"
      class={faded ? 'lesson-box lesson-faded' : 'lesson-box'}
      disabled={faded}
      aria-label={`${t('lessonBox', { letter })}: ${sealName(seal)}`}
      onClick={onClick}
    >
      <span class="lesson-letter">{letter}</span>
      <span class="lesson-frame">
        <span class="lesson-head">
          <Brand size={18} />
          <strong>Waxseal</strong>
          <span class="lesson-line">{t('frameSealedTo', { service: 'chat.fernhill.example' })}</span>
        </span>
        <span class="lesson-text">{t('composerPlaceholder')}</span>
        <span class="lesson-foot">
          <SealMark seal={seal} lit size={40} />
          <span class="composer-caption">
            <span class="composer-lead">{t('sealYours')}</span>
            {t('sealTyping')}
          </span>
          <span class="lesson-send">
            <UiIcon name="send" size={18} />
            {t('send')}
          </span>
        </span>
      </span>
    </button>
  );
}

function Answer({ fake, seal, own }: { fake: boolean; seal: Seal; own: Seal }) {
  return (
    <p class={fake ? 'lesson-said word-tone-alarm' : 'lesson-said word-tone-seal'}>
      <StateIcon name={fake ? 'failed' : 'sealed'} size={18} />
      <span>
        <strong>{fake ? t('lessonFake') : t('lessonYours')}</strong>{' '}
        {fake
          ? t('lessonFakeText', { shape: shapeName(seal.shape), own: shapeName(own.shape) })
          : `${sealNameFirst(own)}.`}
      </span>
    </p>
  );
}

function Words({ seal, real, answer }: Omit<Props, 'onAnswer'>) {
  if (answer === null) {
    return (
      <>
        <h1 class="statement">{t('welcome4Title')}</h1>
        <p class="lede">{t('welcome4Text')}</p>
        <p class="lede">
          <strong>{t('welcome4Ask')}</strong>
        </p>
        <p class="lesson-picked">
          <SealMark seal={seal} lit size={56} />
          {t('welcome4Picked')}
        </p>
      </>
    );
  }
  const right = answer === real;
  return (
    <div role="status">
      <StateIcon name={right ? 'sealed' : 'failed'} size={44} />
      <h1 class="statement">{right ? t('lessonRight') : t('lessonWrong')}</h1>
      <p class="lede">{t('lessonWhy', { letter: real === 'A' ? 'B' : 'A' })}</p>
      <p class="lede">{right ? t('lessonRule') : t('lessonAgain')}</p>
    </div>
  );
}

/** Fourth step: find your own seal beside a fake that keeps picture and wax and changes the shape. */
export function Lesson({ seal, real, answer, onAnswer }: Props) {
  return (
    <>
      <div class="welcome-words">
        <Words seal={seal} real={real} answer={answer} />
      </div>
      <div class="welcome-thing">
        {(['A', 'B'] as const).map((letter) => {
          const fake = letter !== real;
          const shown = fake ? fakeSeal(seal) : seal;
          return (
            <div key={letter}>
              <Box
                letter={letter}
                seal={shown}
                faded={fake && answer !== null}
                onClick={() => onAnswer(letter)}
              />
              {answer !== null && <Answer fake={fake} seal={shown} own={seal} />}
            </div>
          );
        })}
      </div>
    </>
  );
}
