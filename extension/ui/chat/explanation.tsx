import { useState } from 'preact/hooks';
import type { Status } from '../controller.ts';
import { t } from '../i18n/messages.ts';
import { operatorOf } from '../state/describe.ts';
import { Sheet } from './sheet.tsx';

/** The one link under the composer, and the sheet it opens. */
export function Explanation({ status }: { status: Status }) {
  const [open, setOpen] = useState(false);
  const { simulated } = status;
  const points = simulated
    ? [t('simulated1'), t('simulated2'), t('simulated3')]
    : [t('operatorSees1'), t('operatorSees2'), t('operatorSees3'), t('operatorSees4')];
  const title = simulated
    ? t('simulatedTitle')
    : t('operatorSeesTitle', { operator: operatorOf(status.figures) });
  const { contact } = status.figures;
  if (status.id === 'failed' && contact !== undefined) {
    return (
      <div class="explanation">
        <a class="link" href={contact} target="_blank" rel="noopener noreferrer">
          {t('actAsk', { operator: operatorOf(status.figures) })}
        </a>
      </div>
    );
  }
  return (
    <div class="explanation">
      <button type="button" class="link" onClick={() => setOpen(true)}>
        {simulated ? t('whatSimulated') : t('operatorSees')}
      </button>
      {open && (
        <Sheet title={title} onClose={() => setOpen(false)}>
          <ul class="bullets">
            {points.map((point) => (
              <li>{point}</li>
            ))}
          </ul>
        </Sheet>
      )}
    </div>
  );
}
