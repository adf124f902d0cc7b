/**
 * What a page has put into the browser's top layer, where it can lie over the sealed box without catching a
 * click, and so without being found at any point of it.
 * @module
 */
import { browser } from '../browser.ts';

interface Opener {
  openOrClosedShadowRoot?: ShadowRoot | null;
}

/** The shadow root of an element, closed ones too; pages hide things there. */
function shadowRootOf(element: Element): ShadowRoot | null {
  if (__WAXSEAL_BROWSER__ === 'firefox') return (element as Opener).openOrClosedShadowRoot ?? null;
  return element instanceof HTMLElement ? browser.dom.openOrClosedShadowRoot(element) : null;
}

function collect(root: Document | ShadowRoot, found: Element[]): void {
  found.push(...root.querySelectorAll(':popover-open, :modal, :fullscreen'));
  for (const element of root.querySelectorAll('*')) {
    const shadow = shadowRootOf(element);
    if (shadow) collect(shadow, found);
  }
}

/** Elements of the top layer that overlap `own`, which is one of them. */
export function overlapping(own: Element): Element[] {
  const box = own.getBoundingClientRect();
  const found: Element[] = [];
  collect(document, found);
  return found.filter((element) => {
    if (element === own) return false;
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return left < box.right && right > box.left && top < box.bottom && bottom > box.top;
  });
}
