/** Whose port it is that a chat may come through. @module */
import { type Sender, siteOf } from '../../sender.ts';
import { movePort } from './move-port.ts';

/** What the panel knows of itself. */
export interface Here {
  /** `runtime.id`. */
  readonly id: string;
  /** `runtime.getURL('')` without the slash at the end. */
  readonly origin: string;
  readonly windowId: number;
}

interface Port {
  readonly name: string;
  readonly sender?: Sender | undefined;
}

/** Whether a port comes from a sealed box in a page of this window, by what the browser says of its other end. */
export function isBoxOf({ name, sender }: Port, { id, origin, windowId }: Here): boolean {
  return (
    name === movePort &&
    sender?.id === id &&
    sender.url?.split(/[?#]/)[0] === `${origin}/composer.html` &&
    sender.frameId !== 0 &&
    sender.tab?.windowId === windowId &&
    siteOf(sender.tab.url) !== null
  );
}
