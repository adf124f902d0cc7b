/**
 * What only the frame can see of a page that gets in its way: keys that stop coming in the middle of a word,
 * and something drawn over it.
 * @module
 */
import type { FrameMessage } from '../page/port.ts';

/** How long something must lie over the frame before it counts, in milliseconds. */
const coverSpan = 600;

/** The visibility half of IntersectionObserver, where the browser has it (Chrome). */
interface VisibilityOptions extends IntersectionObserverInit {
  trackVisibility: true;
  delay: number;
}
interface VisibilityEntry extends IntersectionObserverEntry {
  readonly isVisible?: boolean;
}

/** Reports when the keyboard left, and how soon after a key; a Tab or Escape is the person's own doing. */
function watchKeys(tell: (message: FrameMessage) => void): void {
  let keyAt: number | null = null;
  addEventListener(
    'keydown',
    ({ key, isTrusted }) => {
      if (isTrusted) keyAt = key === 'Tab' || key === 'Escape' ? null : performance.now();
    },
    { capture: true },
  );
  addEventListener('blur', () => {
    tell({ kind: 'blur', sinceKey: keyAt === null ? null : performance.now() - keyAt });
    keyAt = null;
  });
}

/** Reports when the browser cannot vouch for the frame being seen whole. It errs on the side of reporting. */
function watchCover(tell: (message: FrameMessage) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const options: VisibilityOptions = { threshold: [0, 1], trackVisibility: true, delay: 100 };
  new IntersectionObserver((entries) => {
    const seen = (entries.at(-1) as VisibilityEntry | undefined)?.isVisible;
    if (seen === undefined) return;
    clearTimeout(timer);
    if (!seen) {
      timer = setTimeout(() => {
        if (document.visibilityState === 'visible') tell({ kind: 'covered' });
      }, coverSpan);
    }
  }, options).observe(document.documentElement);
}

/** Starts watching, for the life of the document. */
export function guardFrame(tell: (message: FrameMessage) => void): void {
  watchKeys(tell);
  watchCover(tell);
}
