import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** Closes something small and open on Escape, on a click elsewhere, and when the keyboard goes elsewhere. */
export function useDismiss(open: boolean, inside: RefObject<HTMLElement | null>, close: () => void): void {
  // Before it is seen: an Escape right after would otherwise find nobody listening.
  useLayoutEffect(() => {
    if (!open) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') close();
    };
    const onElsewhere = (event: Event) => {
      if (event.target instanceof Node && inside.current?.contains(event.target) === false) close();
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener('pointerdown', onElsewhere);
    document.addEventListener('focusin', onElsewhere);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('pointerdown', onElsewhere);
      document.removeEventListener('focusin', onElsewhere);
    };
  }, [open, inside, close]);
}
