/**
 * What is different between the panel and the sealed box in a page: where it is, how it begins, and what its
 * surroundings may tell it.
 * @module
 */
import { browser } from '../browser.ts';
import type { Interference } from '../messaging.ts';
import { panelMark } from '../panel.ts';
import { guardFrame } from './frame-guard.ts';
import { awaitLink, type FrameLink } from './frame-link.ts';

export interface Surface {
  /** Origin of the page around a frame; null for the panel. */
  readonly site: string | null;
  readonly windowId: number;
  setLayout(open: boolean, height: number): void;
  close(): void;
}

/** Puts the keyboard into the composer, which may only be being drawn. */
function focusComposer(): void {
  const focus = () => {
    const area = document.querySelector('textarea');
    area?.focus();
    return area !== null;
  };
  if (focus()) return;
  const drawn = new MutationObserver(() => {
    if (focus()) drawn.disconnect();
  });
  drawn.observe(document.body, { childList: true, subtree: true });
}

function frameSurface(link: FrameLink, onInterference: (what: Interference) => void): Surface {
  guardFrame((message) => link.tell(message));
  link.listen((message) => {
    if (message.kind === 'interference') onInterference(message.what);
    if (message.kind === 'focus') focusComposer();
  });
  return {
    site: link.site,
    windowId: link.windowId,
    setLayout: (open, height) => link.tell({ kind: 'layout', open, height }),
    close: () => link.tell({ kind: 'close' }),
  };
}

/** Resolves when the surface may come to life: at once for the panel, with its token for a frame. */
export async function openSurface(
  kind: 'panel' | 'frame',
  onInterference: (what: Interference) => void,
): Promise<Surface> {
  if (kind === 'frame') return frameSurface(await awaitLink(), onInterference);
  const { id = -1 } = await browser.windows.getCurrent();
  // The background asks the browser which panels are open, and learns no more of each than its address.
  history.replaceState(null, '', panelMark(id));
  return { site: null, windowId: id, setLayout() {}, close() {} };
}
