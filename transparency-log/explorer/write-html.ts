/** Writes a page's nodes as HTML, on the server. @module */
import { type Html, html } from '../operator/html.ts';
import type { ViewNode } from './nodes.ts';

/** Elements of HTML that have no end tag. */
const VOID = ['input', 'link', 'meta'];

/** Every attribute and text is escaped; names come from our own sources. */
export function writeHtml(node: ViewNode | string): Html {
  if (typeof node === 'string') return html`${node}`;
  const { name, attributes, children } = node;
  const pairs = Object.entries(attributes).map(([key, value]) => html` ${key}="${value}"`);
  if (VOID.includes(name)) return html`<${name}${pairs}>`;
  return html`<${name}${pairs}>${children.map(writeHtml)}</${name}>`;
}
