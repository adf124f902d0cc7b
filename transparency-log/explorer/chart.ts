import { svg } from './dom.ts';
import { type MarkName, markShapes, pictogram } from './icons.ts';
import type { CheckedEntry, CheckedLog } from './load.ts';
import { approvedMark, formatNumber } from './words.ts';

/** Drawn for one width or the other, so that its words keep their size. */
export const narrowScreen = matchMedia('(max-width: 900px)');
const WIDTHS = { wide: 760, narrow: 370 };
const HEIGHT = 296;
const PLOT = { left: 46, margin: 14, top: 36, bottom: 214 };
const ROWS = { approved: 234, other: 256, label: 284 };
/** Marks closer than this would cover each other. */
const LEAST_GAP = 20;
const DAY = 86_400_000;
const TICKS = { wide: 6, narrow: 4 };

interface Point {
  at: number;
  entry: CheckedEntry;
}

/** Entries with their dates. A statement is dated by its signers, so the line never goes back. */
function timeline(log: CheckedLog): Point[] {
  let newest = 0;
  return log.entries.map((entry) => {
    newest = Math.max(newest, entry.judged.error === null ? (entry.judged.statement?.notBefore ?? 0) : 0);
    return { at: newest, entry };
  });
}

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

function labelFor(span: number): Intl.DateTimeFormat {
  if (span > 90 * DAY) return new Intl.DateTimeFormat('en-GB', { month: 'short' });
  if (span > 3 * DAY) return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/** Entries over time as a line, with what was approved, revoked and changed under it. */
export function drawChart(log: CheckedLog, now: number): SVGElement {
  const width = narrowScreen.matches ? 'narrow' : 'wide';
  const right = WIDTHS[width] - PLOT.margin;
  const points = timeline(log);
  const begin = points[0]?.at ?? now;
  const end = Math.max(now, points.at(-1)?.at ?? now, begin + 60_000);
  const size = log.checkpoint.size;
  const least = Math.min(1, size);
  const x = (at: number) => PLOT.left + ((at - begin) / (end - begin)) * (right - PLOT.left);
  const y = (count: number) =>
    PLOT.bottom - ((count - least) / Math.max(1, size - least)) * (PLOT.bottom - PLOT.top);

  const shapes: SVGElement[] = [];
  for (const count of roundSteps(least, size)) {
    const level = String(y(count));
    shapes.push(
      svg('line', {
        x1: String(PLOT.left),
        x2: String(right),
        y1: level,
        y2: level,
        class: 'chart-grid',
      }),
    );
    shapes.push(text(PLOT.left - 8, y(count) + 4, formatNumber(count), 'end'));
  }
  const line = points.map(({ at, entry }) => `${x(at).toFixed(1)} ${y(entry.index + 1).toFixed(1)}`);
  line.push(`${x(end).toFixed(1)} ${y(size).toFixed(1)}`);
  shapes.push(svg('path', { d: `M${line.join('L')}`, class: 'chart-line' }));
  shapes.push(svg('circle', { cx: String(x(end)), cy: String(y(size)), r: '4.5', class: 'chart-dot' }));
  shapes.push(text(right, y(size) - 14, `${formatNumber(size)} today`, 'end', true));
  shapes.push(...marks(points, x, y));

  const format = labelFor(end - begin);
  const labels = Array.from(
    { length: TICKS[width] },
    (_, tick) => begin + ((end - begin) * (tick + 0.5)) / TICKS[width],
  );
  shapes.push(...labels.map((at) => text(x(at), ROWS.label, format.format(at), 'middle')));

  const title = `The log grew to ${formatNumber(size)} entries since ${new Date(begin).toDateString()}`;
  return svg(
    'svg',
    { class: 'chart', viewBox: `0 0 ${WIDTHS[width]} ${HEIGHT}`, role: 'group', 'aria-label': title },
    ...shapes,
  );
}

/** One mark for each approval, revocation and change of rules, as far as they fit; the newest go first. */
function marks(
  points: readonly Point[],
  x: (at: number) => number,
  y: (count: number) => number,
): SVGElement[] {
  const shapes: SVGElement[] = [];
  const used = { approved: Number.POSITIVE_INFINITY, other: Number.POSITIVE_INFINITY };
  for (const { at, entry } of points.toReversed()) {
    const kind = entry.judged.error === null ? entry.judged.statement?.kind : undefined;
    const isApproval = kind === 'release' || kind === 'extension-release';
    if (!isApproval && kind !== 'status' && kind !== 'policy') continue;
    const row = isApproval ? 'approved' : 'other';
    const place = x(at);
    if (used[row] - place < LEAST_GAP) continue;
    used[row] = place;
    if (kind === 'status') {
      const [from, to] = [y(entry.index + 1), ROWS.other - 9];
      shapes.push(
        svg('line', {
          x1: String(place),
          x2: String(place),
          y1: String(from),
          y2: String(to),
          class: 'chart-drop',
        }),
      );
    }
    const shape =
      kind === 'policy'
        ? pictogram('sign', 18)
        : markOf(isApproval ? approvedMark(entry.judged.statement) : 'revoked');
    const link = svg('a', { href: `/entry/${entry.index}`, 'aria-label': `Entry ${entry.index}` }, shape);
    shapes.push(svg('g', { transform: `translate(${place - 8} ${ROWS[row] - 8})` }, link));
  }
  return shapes;
}

const markOf = (name: MarkName) => svg('g', { transform: 'scale(0.6667)' }, markShapes(name));
