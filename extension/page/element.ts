/**
 * The element that carries the sealed box: randomly named, its root closed, in the top layer, and styled
 * property by property, since a page's policy may forbid style sheets. The page can find the element, but
 * neither its inside nor the frame in it.
 * @module
 */
import type { Box } from './placement.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz';

function randomName(): string {
  const picked = [...crypto.getRandomValues(new Uint8Array(12))].map(
    (byte) => letters[byte % letters.length],
  );
  return `${picked.slice(0, 6).join('')}-${picked.slice(6).join('')}`;
}

function style(element: HTMLElement, properties: Record<string, string>): void {
  element.style.setProperty('all', 'initial', 'important');
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value, 'important');
}

/** How much the page zooms what lies in its root element; the top layer does not escape it. */
export function zoomAround(element: Element): number {
  return element.parentElement?.currentCSSZoom || 1;
}

export interface Carrier {
  readonly element: HTMLElement;
  readonly frame: HTMLIFrameElement;
  /** Moves the box, and undoes what the page did to it. True if the page had changed anything. */
  restore(box: Box): boolean;
}

/** Builds the element with a frame that shows `address`. It is not yet in the document. */
export function buildCarrier(address: string): Carrier {
  const element = document.createElement(randomName());
  const frame = document.createElement('iframe');
  // Without it a page with COEP `require-corp` keeps the frame from loading.
  frame.setAttribute('credentialless', '');
  frame.setAttribute('allow', 'clipboard-write');
  frame.setAttribute('title', 'Waxseal');
  frame.src = address;
  style(frame, { display: 'block', width: '100%', height: '100%', border: '0', 'border-radius': '16px' });
  element.attachShadow({ mode: 'closed' }).append(frame);
  element.setAttribute('popover', 'manual');
  let written = '';
  let placed: Box | null = null;
  return {
    element,
    frame,
    restore(box) {
      const names = element.getAttributeNames();
      const foreign = names.some((name) => name !== 'popover' && name !== 'style');
      const changed =
        written !== '' &&
        (foreign || element.getAttribute('style') !== written || !names.includes('popover'));
      if (written !== '' && !changed && box === placed) return false;
      placed = box;
      for (const name of names) if (name !== 'popover' && name !== 'style') element.removeAttribute(name);
      if (element.getAttribute('popover') !== 'manual') element.setAttribute('popover', 'manual');
      style(element, {
        display: 'block',
        position: 'fixed',
        left: `${box.left}px`,
        top: `${box.top}px`,
        width: `${box.width}px`,
        height: `${box.height}px`,
        margin: '0',
        padding: '0',
        border: '0',
        'border-radius': '16px',
        'box-shadow': '0 2px 6px #0003, 0 18px 50px #0004',
        'z-index': '2147483647',
        zoom: String(1 / zoomAround(element)),
      });
      written = element.getAttribute('style') ?? '';
      return changed;
    },
  };
}
