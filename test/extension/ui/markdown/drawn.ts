import type { ComponentChild, VNode } from 'preact';

/** What a tree of elements would put on the page: its words, its element names, and addresses of links. */
export interface Drawn {
  readonly text: string;
  readonly elements: readonly string[];
  readonly links: readonly string[];
  readonly depth: number;
}

const isElement = (node: ComponentChild): node is VNode =>
  typeof node === 'object' && node !== null && !Array.isArray(node) && 'props' in node;

/** Reads a tree without drawing it. Components count under their function's name. */
export function drawn(tree: ComponentChild | readonly ComponentChild[]): Drawn {
  const words: string[] = [];
  const elements: string[] = [];
  const links: string[] = [];
  let deepest = 0;
  const visit = (node: unknown, depth: number): void => {
    if (Array.isArray(node)) for (const one of node) visit(one, depth);
    else if (typeof node === 'string' || typeof node === 'number') words.push(String(node));
    else if (isElement(node as ComponentChild)) {
      const { type, props } = node as VNode<{ children?: unknown; href?: string; code?: string }>;
      deepest = Math.max(deepest, depth);
      elements.push(typeof type === 'string' ? type : type.name);
      if (props.href !== undefined) links.push(props.href);
      if (props.code !== undefined) words.push(props.code);
      visit(props.children, depth + 1);
    }
  };
  visit(tree, 1);
  return { text: words.join(''), elements, links, depth: deepest };
}
