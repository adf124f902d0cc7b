import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/**
 * True only while this very document has the keyboard and it is inside `inside`. This alone lights the seal,
 * so it must be true at no other time, and must turn false at once (LOOKS 4.1).
 */
export function useTyping(inside: RefObject<HTMLElement | null>, report: (typing: boolean) => void): boolean {
  const [typing, setTyping] = useState(false);
  useLayoutEffect(() => {
    let last = false;
    const set = (next: boolean) => {
      if (next === last) return;
      last = next;
      setTyping(next);
      report(next);
    };
    const look = () => set(document.hasFocus() && inside.current?.contains(document.activeElement) === true);
    const leave = (event: FocusEvent) => {
      if (!(event.relatedTarget instanceof Node)) set(false);
    };
    const lose = () => set(false);
    look();
    document.addEventListener('focusin', look);
    document.addEventListener('focusout', leave);
    window.addEventListener('focus', look);
    window.addEventListener('blur', lose);
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('focusin', look);
      document.removeEventListener('focusout', leave);
      window.removeEventListener('focus', look);
      window.removeEventListener('blur', lose);
      document.removeEventListener('visibilitychange', look);
      lose();
    };
  }, [inside, report]);
  return typing;
}
