/** Makes elements. Text is only ever text: nothing here takes HTML. */

export type Child = Node | string | null;
type Attributes = Record<string, string | null>;

function fill(element: Element, attributes: Attributes, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(attributes))
    if (value !== null) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
}

export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  fill(element, attributes, children);
  return element;
}

export function svg(name: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  fill(element, attributes, children);
  return element;
}

/** An element of the page by its id, which must be there. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return element;
}

/** A button that saves bytes as a file. */
export function download(label: string, name: string, type: string, bytes: Uint8Array, ...icon: Child[]) {
  const button = h('button', { class: 'button', type: 'button' }, ...icon, label);
  button.addEventListener('click', () => {
    const url = URL.createObjectURL(new Blob([bytes.slice()], { type }));
    h('a', { href: url, download: name }).click();
    URL.revokeObjectURL(url);
  });
  return button;
}
