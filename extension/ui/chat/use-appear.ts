import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/** Brings something into view when it appears, below a chat that may be long. */
export function useAppear(box: RefObject<HTMLElement | null>): void {
  useEffect(() => box.current?.scrollIntoView({ block: 'nearest' }), [box]);
}
