/**
 * A page as plain data: elements, attributes, text. The server writes it as HTML, the visitor's browser makes
 * elements of it, so that both show the same. Text is only ever text: nothing here takes HTML.
 * @module
 */

export interface ViewNode {
  readonly name: string;
  readonly isSvg: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (ViewNode | string)[];
}
export type Child = ViewNode | string | null;
type Attributes = Readonly<Record<string, string | null>>;

/** Characters that nobody sees, and that can make the text around them read otherwise. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What others wrote, with unseen characters spelled as JSON would. */
const visible = (text: string) =>
  text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

function make(name: string, isSvg: boolean, attributes: Attributes, children: readonly Child[]): ViewNode {
  const given = Object.entries(attributes).filter((pair): pair is [string, string] => pair[1] !== null);
  return {
    name,
    isSvg,
    attributes: Object.fromEntries(given.map(([key, value]) => [key, visible(value)])),
    children: children
      .filter((child) => child !== null)
      .map((child) => (typeof child === 'string' ? visible(child) : child)),
  };
}

/** An HTML element. An attribute that is null is left out, and so is a child. */
export const h = (name: string, attributes: Attributes = {}, ...children: Child[]): ViewNode =>
  make(name, false, attributes, children);

/** An SVG element. */
export const svg = (name: string, attributes: Attributes = {}, ...children: Child[]): ViewNode =>
  make(name, true, attributes, children);
