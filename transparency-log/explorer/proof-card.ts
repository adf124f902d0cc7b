import { toHex } from '../../protocol/bytes.ts';
import { hashLeaf, verifyInclusion } from '../../protocol/log/tree.ts';
import { mark, markShapes, pictogram } from './icons.ts';
import { h, svg, type ViewNode } from './nodes.ts';
import type { Inclusion } from './source.ts';
import { formatNumber, groupHex, plural, shortHex } from './words.ts';

/** Steps that fit in the picture, and where its root is. */
const DRAWN = 6;
const ROOT_X = 260;

export interface Proven extends Inclusion {
  index: number;
  bytes: Uint8Array;
  /** How many witnesses signed the root. */
  witnesses: number;
}

/** The time that it takes to verify the proof, in milliseconds; throws if it leads to another root. */
export function timeProof({ index, bytes, proof, size, root }: Proven): number {
  const startedAt = performance.now();
  verifyInclusion({ index, size, leafHash: hashLeaf(bytes), proof, root });
  return Math.max(1, Math.round(performance.now() - startedAt));
}

/** What the card says of a proof that was verified here. */
export const verifiedIn = (took: number) => [mark('passed', 16), `verified in ${took} ms`];

/**
 * The inclusion proof, drawn, and open to be checked.
 * @param isChecked whether this is the browser of the person who reads it
 */
export function proofCard(proven: Proven, isChecked: boolean): ViewNode {
  const { proof, root } = proven;
  const rootText = shortHex(toHex(root));
  return h(
    'section',
    { class: 'card proof' },
    h(
      'div',
      { class: 'proof-head' },
      h('h2', {}, 'Proof that it is in the log'),
      h(
        'span',
        { class: 'pill', role: 'status' },
        ...(isChecked ? verifiedIn(timeProof(proven)) : [mark('open', 16), 'not checked here']),
      ),
    ),
    h(
      'p',
      { class: 'sub' },
      'Start from this entry, combine it with its neighbours step by step, and you must arrive at the root everyone else sees.',
    ),
    picture(proven),
    h('p', { class: 'sub ruled' }, shortened(proof.length)),
    h('p', { class: 'digest' }, isChecked ? `root ${rootText} = root ${rootText}` : `root ${rootText}`),
    h(
      'div',
      { class: 'proof-actions' },
      isChecked
        ? h(
            'button',
            { class: 'button', type: 'button', 'data-does': 'check-again' },
            pictogram('again', 18),
            'Check again',
          )
        : null,
      h(
        'details',
        {},
        h('summary', {}, `Show all ${plural(proof.length, 'hash', 'hashes')}`),
        h(
          'ol',
          { class: 'hashes' },
          ...proof.map((hash) => h('li', { class: 'digest' }, groupHex(toHex(hash)))),
        ),
      ),
    ),
  );
}

function shortened(steps: number): string {
  if (steps === 0) return 'It is the only entry, so its hash is the root.';
  return steps > DRAWN
    ? `Picture shortened: the real path has ${steps} steps.`
    : `The whole path: ${plural(steps, 'step')}.`;
}

/** Whether the node is the left child at each step from the leaf up, as far as the proof has steps. */
function sides(index: number, size: number): boolean[] {
  const isLeft: boolean[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    let half = 1;
    while (2 * half < end - start) half *= 2;
    const left = index < start + half;
    isLeft.push(left);
    if (left) end = start + half;
    else start += half;
  }
  return isLeft;
}

function picture({ index, size, witnesses }: Proven): ViewNode {
  const turns = sides(index, size);
  const drawn = turns.length > DRAWN ? [...turns.slice(0, DRAWN - 2), ...turns.slice(-2)] : turns;
  const [dx, dy] = [38, 50];
  // From the root down: the path goes to the side where the entry is, its neighbour to the other.
  let [x, y] = [ROOT_X, 24];
  const lines: ViewNode[] = [];
  const nodes: ViewNode[] = [];
  for (const isLeft of drawn) {
    const step = isLeft ? -1 : 1;
    const [next, neighbour] = [x + step * dx, x - step * dx * 0.8];
    lines.push(edge(x, y, neighbour, y + dy, 'edge-neighbour'), edge(x, y, next, y + dy, 'edge-path'));
    nodes.push(
      svg('rect', {
        x: String(neighbour - 9),
        y: String(y + dy - 9),
        width: '18',
        height: '18',
        rx: '5',
        class: 'node-neighbour',
      }),
    );
    nodes.push(svg('circle', { cx: String(next), cy: String(y + dy), r: '7', class: 'node-path' }));
    [x, y] = [next, y + dy];
  }
  const badge = (cx: number, cy: number, scale: number) =>
    svg(
      'g',
      { transform: `translate(${cx - 12 * scale} ${cy - 12 * scale}) scale(${scale})` },
      markShapes('passed'),
    );
  const signed = `signed by the log and ${plural(witnesses, 'witness', 'witnesses')}`;
  return svg(
    'svg',
    {
      class: 'tree',
      viewBox: `0 0 520 ${y + 44}`,
      role: 'img',
      'aria-label': `A path of ${turns.length} steps from this entry to the root`,
    },
    ...lines,
    ...nodes,
    badge(ROOT_X, 24, 1.25),
    badge(x, y, 1.1),
    svg(
      'text',
      { x: '288', y: '20', class: 'chart-strong' },
      `Root of ${size === 1 ? 'the one entry' : `all ${formatNumber(size)} entries`}`,
    ),
    svg('text', { x: '288', y: '37', class: 'chart-word' }, signed),
    svg(
      'text',
      { x: String(x), y: String(y + 34), 'text-anchor': 'middle', class: 'chart-strong' },
      `This entry, ${formatNumber(index)}`,
    ),
    ...legend(x, y),
  );
}

/** Beside the end of the path, on the side that it leaves free. */
function legend(x: number, bottom: number): ViewNode[] {
  if (bottom < 150) return [];
  const left = x < ROOT_X ? 351 : 6;
  const item = (shape: ViewNode, y: number, words: string) => [
    shape,
    svg('text', { x: String(left + 31), y: String(y + 4), class: 'chart-word' }, words),
  ];
  const neighbour = { x: String(left), y: String(bottom - 83), width: '18', height: '18', rx: '5' };
  return [
    ...item(svg('rect', { ...neighbour, class: 'node-neighbour' }), bottom - 74, 'a neighbour in the tree'),
    ...item(
      svg('circle', { cx: String(left + 9), cy: String(bottom - 38), r: '7', class: 'node-path' }),
      bottom - 38,
      'on the way to the root',
    ),
  ];
}

const edge = (x1: number, y1: number, x2: number, y2: number, kind: string) =>
  svg('line', { x1: String(x1), y1: String(y1), x2: String(x2), y2: String(y2), class: kind });
