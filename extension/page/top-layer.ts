/**
 * What a page has put into the browser's top layer. There it can lie over the sealed box without catching a click,
 * and so without being found at any point of it. Chrome tells the frame itself when it is not seen whole
 * (session/frame-guard.ts); Firefox does not, so there the page is searched.
 * @module
 */

interface Opener {
  readonly openOrClosedShadowRoot?: ShadowRoot | null;
}

type Root = Document | ShadowRoot;

function collect(root: Root, found: Element[]): void {
  found.push(...root.querySelectorAll(':popover-open, :modal, :fullscreen'));
  for (const element of root.querySelectorAll('*')) {
    // Closed ones too: pages hide things there.
    const { openOrClosedShadowRoot: shadow } = element as Opener;
    if (shadow) collect(shadow, found);
  }
}

/**
 * Whether an element of the top layer overlaps `own` of which nobody can tell that it lies below: it catches no
 * click in the middle of where both are.
 */
export function mayBeUnder(own: Element): boolean {
  const box = own.getBoundingClientRect();
  const found: Element[] = [];
  collect(document, found);
  return found.some((element) => {
    if (element === own) return false;
    const other = element.getBoundingClientRect();
    const [left, right] = [Math.max(box.left, other.left), Math.min(box.right, other.right)];
    const [top, bottom] = [Math.max(box.top, other.top), Math.min(box.bottom, other.bottom)];
    if (left >= right || top >= bottom) return false;
    const hit = (element.getRootNode() as Root).elementsFromPoint((left + right) / 2, (top + bottom) / 2);
    return !hit.some((one) => element.contains(one));
  });
}
