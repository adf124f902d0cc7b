/**
 * What only the frame can see of a page that gets in its way: keys that stop coming in the middle of a word,
 * and something drawn over it.
 * @module
 */
import type { FrameMessage } from '../page/port.ts';

/** Looks in a row at which something lies over the frame before it counts, and the pause between them. */
const unseenLooks = 3;
const lookPause = 300;

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

/**
 * Reports when the browser cannot vouch for the frame being seen whole. It is asked again before that counts:
 * a slow machine tells of a moment that is long over.
 */
function watchCover(tell: (message: FrameMessage) => void): void {
  const root = document.documentElement;
  const options: VisibilityOptions = { threshold: [0, 1], trackVisibility: true, delay: 100 };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unseen = 0;
  const observer = new IntersectionObserver((entries) => {
    const seen = (entries.at(-1) as VisibilityEntry | undefined)?.isVisible;
    if (seen === undefined) return;
    clearTimeout(timer);
    const hidden = document.visibilityState !== 'visible';
    unseen = seen || hidden ? 0 : unseen + 1;
    if (unseen >= unseenLooks) tell({ kind: 'covered' });
    else if (!seen) {
      timer = setTimeout(() => {
        // Observing anew makes the browser look now.
        observer.unobserve(root);
        observer.observe(root);
      }, lookPause);
    }
  }, options);
  observer.observe(root);
}

/** Starts watching, for the life of the document. */
export function guardFrame(tell: (message: FrameMessage) => void): void {
  watchKeys(tell);
  watchCover(tell);
}
