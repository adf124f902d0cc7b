import { type MarkName, markShapes, pictogram } from './icons.ts';
import { svg, type ViewNode } from './nodes.ts';
import type { Growth, GrowthEvent, GrowthStep } from './source.ts';
import { formatDate, formatNumber, formatTick } from './words.ts';

/** Drawn for one width or the other, so that its words keep their size. */
export type ChartWidth = 'wide' | 'narrow';
const WIDTHS = { wide: 760, narrow: 370 };
const HEIGHT = 296;
const PLOT = { left: 46, margin: 14, top: 36, bottom: 214 };
const ROWS = { approved: 234, other: 256, label: 284 };
/** Marks closer than this would cover each other. */
const LEAST_GAP = 20;
const TICKS = { wide: 6, narrow: 4 };

/** Up to five round numbers between `least` and `most`. */
function roundSteps(least: number, most: number): number[] {
  const rough = Math.max(1, (most - least) / 5);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const first = Math.ceil(least / step) * step;
  return Array.from({ length: Math.floor((most - first) / step) + 1 }, (_, index) => first + index * step);
}

const text = (x: number, y: number, words: string, anchor: string, strong = false) =>
  svg(
    'text',
    { x: String(x), y: String(y), 'text-anchor': anchor, class: strong ? 'chart-strong' : 'chart-word' },
    words,
  );

/** Times to write under the line: the beginnings of months where there are enough, or places at equal distances. */
function ticksBetween(begin: number, end: number, most: number): number[] {
  const from = new Date(begin);
  const months: number[] = [];
  for (let month = 1; ; month++) {
    const at = Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + month, 1);
    if (at > end) break;
    months.push(at);
  }
  const every = Math.ceil(months.length / most);
  if (months.length > 2) return months.filter((_, index) => index % every === 0);
  return Array.from({ length: most }, (_, tick) => begin + ((end - begin) * (tick + 0.5)) / most);
}

/** The line's points, one for each place on the screen. */
function linePoints(
  steps: readonly GrowthStep[],
  x: (at: number) => number,
  y: (count: number) => number,
): string[] {
  const points: string[] = [];
  for (const [index, { at, size }] of steps.entries()) {
    const next = steps[index + 1];
    // Of those that fall on one place the last one is drawn.
    if (next !== undefined && Math.round(x(next.at)) === Math.round(x(at))) continue;
    points.push(`${x(at).toFixed(1)} ${y(size).toFixed(1)}`);
  }
  return points;
}

/** Entries over time as a line, with what was approved, revoked and changed under it. */
export function drawChart({ begin: first, steps }: Growth, now: number, width: ChartWidth): ViewNode {
  const right = WIDTHS[width] - PLOT.margin;
  const begin = first ?? now;
  const { at: newest = now, size = 0 } = steps.at(-1) ?? {};
  const end = Math.max(now, newest, begin + 60_000);
  const least = Math.min(1, size);
  const x = (at: number) => PLOT.left + ((at - begin) / (end - begin)) * (right - PLOT.left);
  const y = (count: number) =>
    PLOT.bottom - ((count - least) / Math.max(1, size - least)) * (PLOT.bottom - PLOT.top);

  const grid = roundSteps(least, size).flatMap((count) => {
    const level = String(y(count));
    const at = { x1: String(PLOT.left), x2: String(right), y1: level, y2: level };
    return [
      svg('line', { ...at, class: 'chart-grid' }),
      text(PLOT.left - 8, y(count) + 4, formatNumber(count), 'end'),
    ];
  });
  const line = [...linePoints(steps, x, y), `${x(end).toFixed(1)} ${y(size).toFixed(1)}`];
  const ticks = ticksBetween(begin, end, TICKS[width]);
  const title = `The log grew to ${formatNumber(size)} entries since ${formatDate(begin)}`;
  return svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${WIDTHS[width]} ${HEIGHT}`, role: 'group', 'aria-label': title },
    ...grid,
    svg('path', { d: `M${line.join('L')}`, class: 'chart-line' }),
    svg('circle', { cx: String(x(end)), cy: String(y(size)), r: '4.5', class: 'chart-dot' }),
    text(right, y(size) - 14, `${formatNumber(size)} today`, 'end', true),
    ...marks(steps, x, y),
    ...ticks.map((at) => text(x(at), ROWS.label, formatTick(at, end - begin), 'middle')),
  );
}

const SHAPES: Record<GrowthEvent, { row: 'approved' | 'other'; shape: ViewNode; word: string }> = {
  approved: { row: 'approved', shape: small('passed'), word: 'approved' },
  simulated: { row: 'approved', shape: small('simulated'), word: 'approved' },
  takenBack: { row: 'other', shape: small('revoked'), word: 'took one back' },
  policy: { row: 'other', shape: pictogram('sign', 18), word: 'changed the rules' },
};

/** One mark for each approval, revocation and change of rules, as far as they fit; the newest go first. */
function marks(
  steps: readonly GrowthStep[],
  x: (at: number) => number,
  y: (count: number) => number,
): ViewNode[] {
  const shapes: ViewNode[] = [];
  const used = { approved: Number.POSITIVE_INFINITY, other: Number.POSITIVE_INFINITY };
  for (const { at, newest } of steps.toReversed()) {
    const place = x(at);
    const events = (Object.entries(newest) as [GrowthEvent, number][]).sort(([, a], [, b]) => b - a);
    for (const [event, index] of events) {
      const { row, shape, word } = SHAPES[event];
      if (used[row] - place < LEAST_GAP) continue;
      used[row] = place;
      if (event === 'takenBack') {
        const [from, to] = [y(index + 1), ROWS.other - 9];
        const ends = { x1: String(place), x2: String(place), y1: String(from), y2: String(to) };
        shapes.push(svg('line', { ...ends, class: 'chart-drop' }));
      }
      const name = `Entry ${formatNumber(index)} ${word}`;
      const link = svg('a', { href: `/entry/${index}`, 'aria-label': name }, shape);
      shapes.push(svg('g', { transform: `translate(${place - 8} ${ROWS[row] - 8})` }, link));
    }
  }
  return shapes;
}

function small(name: MarkName): ViewNode {
  return svg('g', { transform: 'scale(0.6667)' }, markShapes(name));
}
