/** Makes elements of a page's nodes, in the visitor's browser. @module */
import type { ViewNode } from './nodes.ts';

const SVG = 'http://www.w3.org/2000/svg';

export function toElement({ name, isSvg, attributes, children }: ViewNode): Element {
  const element = isSvg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.map((child) => (typeof child === 'string' ? child : toElement(child))));
  return element;
}

/** An element of the page by its id, which must be there. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return element;
}

/** Saves bytes as a file. */
export function save(name: string, type: string, bytes: Uint8Array): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes.slice()], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
