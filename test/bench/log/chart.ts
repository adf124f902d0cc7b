/** The figures of the log as an SVG picture: no scripts, no fonts of its own, light and dark in one file. */
import type { Submissions } from './submissions.ts';
import type { TreeFigures, TreeKind } from './trees.ts';

export interface LogFigures {
  trees: Record<TreeKind, TreeFigures>[];
  loads: Submissions[];
}

const STYLE = `
  :root { --paper: #FAFBFA; --line: #DDE2DF; --ink: #141A17; --ink-2: #47514C; --ink-3: #626D67; --seal: #0E6650; --warn: #8A5200 }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #0F1412; --line: #2C3531; --ink: #EDF1EF; --ink-2: #B6C0BB; --ink-3: #8F9B95; --seal: #62CBA9; --warn: #EDB54A }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink-2); font-variant-numeric: tabular-nums }
  .title { font-size: 15px; font-weight: 600; fill: var(--ink) }
  .small { font-size: 12px; fill: var(--ink-3) }
  .paper { fill: var(--paper) }
  .grid { stroke: var(--line); fill: none }
  .ours { stroke: var(--seal); fill: none; stroke-width: 2 }
  .ours-dot, .ours-name { fill: var(--seal) }
  .ours-name { font-weight: 600 }
  .theirs { stroke: var(--ink-3); fill: none; stroke-width: 2; stroke-dasharray: 6 4 }
  .theirs-dot { fill: var(--ink-3) }
  .goal { stroke: var(--warn); fill: none; stroke-dasharray: 2 3 }
  .goal-name { fill: var(--warn) }
`;

const [WIDTH, HEIGHT] = [960, 660];
/** The plot inside a panel. */
const PLOT = { left: 64, top: 44, width: 290, height: 204 };
const PANEL = { width: 480, height: 310 };

const text = (x: number, y: number, name: string, content: string, anchor = 'start') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" class="${name}" text-anchor="${anchor}">${content}</text>`;
const line = (x1: number, y1: number, x2: number, y2: number, name: string) =>
  `<path d="M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}" class="${name}"/>`;

/** Powers of ten that hold all values. */
function decades(values: readonly number[]): [number, number] {
  const [least, most] = [
    Math.floor(Math.log10(Math.min(...values))),
    Math.ceil(Math.log10(Math.max(...values))),
  ];
  return [least, Math.max(most, least + 1)];
}

interface Measure {
  title: string;
  key: 'append' | 'proof' | 'memory';
  show: (value: number) => string;
}

const micro = (value: number) =>
  value < 1000 ? `${value} µs` : value < 1e6 ? `${value / 1000} ms` : `${value / 1e6} s`;
const bytes = (value: number) => (value < 1e6 ? `${value / 1000} kB` : `${value / 1e6} MB`);
const MEASURES: Measure[] = [
  { title: 'One append with its new root', key: 'append', show: micro },
  { title: 'One inclusion proof', key: 'proof', show: micro },
  { title: 'Memory of the tree', key: 'memory', show: bytes },
];

/** Both trees over their size, both axes logarithmic. */
function treePanel(trees: LogFigures['trees'], { title, key, show }: Measure): string {
  const values = trees.flatMap(({ ours, merkletreejs }) => [ours[key], merkletreejs[key]]);
  const [least, most] = decades(values);
  const [first, last] = decades(trees.map(({ ours }) => ours.size));
  const x = (size: number) => PLOT.left + (PLOT.width * (Math.log10(size) - first)) / (last - first);
  const y = (value: number) => PLOT.top + (PLOT.height * (most - Math.log10(value))) / (most - least);
  const parts = [text(16, 24, 'title', title)];
  for (let power = least; power <= most; power++) {
    const at = y(10 ** power);
    parts.push(line(PLOT.left, at, PLOT.left + PLOT.width, at, 'grid'));
    parts.push(text(PLOT.left - 8, at + 4, 'small', show(10 ** power), 'end'));
  }
  for (const { ours } of trees)
    parts.push(
      text(x(ours.size), PLOT.top + PLOT.height + 20, 'small', ours.size.toLocaleString('en'), 'middle'),
    );
  const ends: [TreeKind, string, string][] = [
    ['ours', 'ours', 'Waxseal'],
    ['merkletreejs', 'theirs', 'merkletreejs'],
  ];
  const [a, b] = ends.map(([kind]) => y(trees.at(-1)?.[kind][key] ?? 1)) as [number, number];
  // Names of lines that end at the same height stand one above the other.
  const shift = Math.max(0, 16 - Math.abs(a - b)) / 2;
  for (const [kind, name, label] of ends) {
    const points = trees.map((tree) => [x(tree[kind].size), y(tree[kind][key])] as const);
    parts.push(
      `<path d="M${points.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join('L')}" class="${name}"/>`,
    );
    for (const [px, py] of points)
      parts.push(`<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="4" class="${name}-dot"/>`);
    const [px, py] = points.at(-1) ?? [0, 0];
    const isUpper = kind === 'ours' ? a <= b : b < a;
    parts.push(text(px + 10, py + 4 + (isUpper ? -shift : shift), `${name}-name`, label));
  }
  parts.push(
    text(PLOT.left + PLOT.width / 2, PLOT.top + PLOT.height + 40, 'small', 'entries in the tree', 'middle'),
  );
  return parts.join('\n');
}

/** How long submitters wait, from the half that is served first to all but one in a hundred. */
function loadPanel(loads: readonly Submissions[]): string {
  const most = 500 * Math.ceil(Math.max(1500, ...loads.map(({ p99 }) => p99)) / 500 + 0.2);
  const x = (ms: number) => PLOT.left + (PLOT.width * ms) / most;
  const parts = [text(16, 24, 'title', 'Submission to cosigned checkpoint, P50 to P99')];
  for (let ms = 0; ms <= most; ms += 500) {
    parts.push(line(x(ms), PLOT.top, x(ms), PLOT.top + PLOT.height, ms === 1500 ? 'goal' : 'grid'));
    if (most <= 3000 || ms % 1000 === 0)
      parts.push(text(x(ms), PLOT.top + PLOT.height + 20, 'small', `${ms / 1000} s`, 'middle'));
  }
  parts.push(text(x(1500), PLOT.top - 5, 'small goal-name', 'goal', 'middle'));
  for (const [index, { batch, rate, p50, p99 }] of loads.entries()) {
    const y = PLOT.top + (PLOT.height * (index + 0.6)) / loads.length;
    const rateText = `${rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')} a second`;
    parts.push(
      text(PLOT.left + 8, y - 14, 'ours-name', `${batch.toLocaleString('en')} at once: ${rateText}`),
    );
    parts.push(line(x(p50), y, x(p99), y, 'ours'));
    for (const ms of [p50, p99])
      parts.push(`<circle cx="${x(ms).toFixed(1)}" cy="${y.toFixed(1)}" r="4" class="ours-dot"/>`);
    parts.push(text(x(p99) + 10, y + 4, 'small', `${Math.round(p50)} to ${Math.round(p99)} ms`));
  }
  return parts.join('\n');
}

export function logChart({ trees, loads }: LogFigures): string {
  const panels = [loadPanel(loads), ...MEASURES.map((measure) => treePanel(trees, measure))];
  const placed = panels.map(
    (panel, index) =>
      `<g transform="translate(${PANEL.width * (index % 2)} ${20 + PANEL.height * Math.floor(index / 2)})">\n${panel}\n</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">
<title>The transparency log, measured</title>
<desc>Waiting time of submissions at three batch sizes; append, proof and memory of the log's tree and of merkletreejs from a thousand to a million entries.</desc>
<style>${STYLE}</style>
<rect width="${WIDTH}" height="${HEIGHT}" class="paper"/>
${placed.join('\n')}
</svg>
`;
}
