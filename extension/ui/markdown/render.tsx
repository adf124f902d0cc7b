/** Markdown trees to our own elements. There is no HTML stage: raw HTML is text, pictures are their words. */
import type { Definition, Nodes, Root, RootContent, Table } from 'mdast';
import type { ComponentChild, ComponentChildren } from 'preact';
import { t } from '../i18n/messages.ts';
import { CodeBlock } from './code-block.tsx';
import { deepest } from './limits.ts';
import { AnswerLink } from './link.tsx';

/** What a subtree is drawn with: how deep it is, and where references point to. */
interface Context {
  readonly depth: number;
  readonly definitions: ReadonlyMap<string, Definition>;
}

/** The words of a subtree, for what lies too deep to draw. Walks with its own stack, for hostile depth. */
function plainText(node: Nodes): string {
  const words: string[] = [];
  const stack: Nodes[] = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if ('value' in next) words.push(next.value);
    if ('children' in next) stack.push(...[...next.children].reverse());
  }
  return words.join('');
}

const leftOut = (alt: string | null | undefined): string => t('imageLeftOut', { alt: alt || '…' });

function list(node: Extract<Nodes, { type: 'list' }>, children: ComponentChildren): ComponentChild {
  return node.ordered ? <ol start={node.start ?? 1}>{children}</ol> : <ul>{children}</ul>;
}

function listItem(node: Extract<Nodes, { type: 'listItem' }>, children: ComponentChildren): ComponentChild {
  if (typeof node.checked !== 'boolean') return <li>{children}</li>;
  return (
    <li class="task">
      <span aria-hidden="true">{node.checked ? '☑' : '☐'}</span>
      <span class="visually-hidden">{node.checked ? t('yes') : t('no')}</span>
      <div>{children}</div>
    </li>
  );
}

function table(node: Table, context: Context): ComponentChild {
  const [head, ...rows] = node.children;
  const align = (i: number) => `cell-${node.align?.[i] ?? 'start'}`;
  return (
    <section class="table-scroll" aria-label={t('answerTable')}>
      <table>
        <thead>
          <tr>
            {head?.children.map((cell, i) => (
              <th class={align(i)}>{renderAll(cell.children, context)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.children.map((cell, i) => (
                <td class={align(i)}>{renderAll(cell.children, context)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** All of one rank: a model may begin anywhere, and a skipped rank would mislead a screen reader. */
function heading(depth: number, children: ComponentChildren): ComponentChild {
  return <h2 class={`answer-h${Math.min(depth, 3)}`}>{children}</h2>;
}

function renderAll(nodes: readonly Nodes[], { depth, definitions }: Context): ComponentChild[] {
  return nodes.map((node) => renderNode(node, { depth: depth + 1, definitions }));
}

function renderNode(node: Nodes, context: Context): ComponentChild {
  if (context.depth > deepest) return plainText(node);
  const inner = (): ComponentChild[] => ('children' in node ? renderAll(node.children, context) : []);
  switch (node.type) {
    case 'text':
    case 'html':
      return node.value;
    case 'paragraph':
      return <p>{inner()}</p>;
    case 'heading':
      return heading(node.depth, inner());
    case 'strong':
      return <strong>{inner()}</strong>;
    case 'emphasis':
      return <em>{inner()}</em>;
    case 'delete':
      return <del>{inner()}</del>;
    case 'inlineCode':
      return <code class="mono">{node.value}</code>;
    case 'code':
      return <CodeBlock code={node.value} language={node.lang ?? ''} />;
    case 'blockquote':
      return <blockquote>{inner()}</blockquote>;
    case 'list':
      return list(node, inner());
    case 'listItem':
      return listItem(node, inner());
    case 'table':
      return table(node, context);
    case 'break':
      return <br />;
    case 'thematicBreak':
      return <hr />;
    case 'link':
      return <AnswerLink href={node.url}>{inner()}</AnswerLink>;
    case 'linkReference': {
      const url = context.definitions.get(node.identifier)?.url;
      return url === undefined ? inner() : <AnswerLink href={url}>{inner()}</AnswerLink>;
    }
    case 'image':
    case 'imageReference':
      return leftOut(node.alt);
    case 'footnoteReference':
      return <sup>{node.label ?? node.identifier}</sup>;
    case 'footnoteDefinition':
      return (
        <div class="footnote">
          <sup>{node.label ?? node.identifier}</sup> <div>{inner()}</div>
        </div>
      );
    default:
      return null;
  }
}

function definitionsOf(root: Root): Map<string, Definition> {
  const found = new Map<string, Definition>();
  for (const node of root.children) {
    if (node.type === 'definition' && !found.has(node.identifier)) found.set(node.identifier, node);
  }
  return found;
}

/** Draws some top-level blocks of a tree. */
export function renderBlocks(root: Root, blocks: readonly RootContent[] = root.children): ComponentChild[] {
  const definitions = definitionsOf(root);
  return blocks.map((block) => renderNode(block, { depth: 0, definitions }));
}
