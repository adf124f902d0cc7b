import { MARKS, type Mark, type MarkName } from '../shapes.ts';
import { svg, type ViewNode } from './nodes.ts';

export type { MarkName } from '../shapes.ts';

/** Pictograms of things, in a box of 20. */
const PICTOGRAMS = {
  search: 'M8.8 3.8a5 5 0 1 1 0 10a5 5 0 1 1 0-10ZM12.5 12.5l4 4',
  chevron: 'M7.5 5l5 5l-5 5',
  save: 'M10 3.5v9M6.2 9L10 12.7L13.8 9M4 16h12',
  again: 'M15.5 8A6 6 0 1 0 16 11.5M15.8 4v4h-4',
  chip: 'M5.5 5.5h9v9h-9zM8 8h4v4H8zM8 2.5v3M12 2.5v3M8 14.5v3M12 14.5v3M2.5 8h3M2.5 12h3M14.5 8h3M14.5 12h3',
  sign: 'M3 16.5h14M5 13.5C6.5 8 9 3.5 10.5 4.2C12.5 5.2 7.5 12 6.5 12.5C8 10 10.5 8.5 10.5 10c0 1-1 2.5 0 2.5c1.5 0 1.5-2 2.5-2c.8 0 .3 1.8 1.3 1.8h2.2',
};
export type PictogramName = keyof typeof PICTOGRAMS;

const stroke = (d: string, width: number, className = '') =>
  svg('path', {
    d,
    class: className,
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': String(width),
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  });

/** The drawing of a mark, to be placed in a larger one. */
export function markShapes(name: MarkName): ViewNode {
  const mark: Mark = MARKS[name];
  return svg(
    'g',
    { class: mark.tone },
    mark.filled ? svg('path', { d: mark.filled, fill: 'currentColor' }) : null,
    mark.outline ? stroke(mark.outline, mark.width) : null,
    mark.glyph ? stroke(mark.glyph, mark.width, mark.filled ? 'on-mark' : '') : null,
  );
}

/** A state mark. The word beside it carries the meaning to those who cannot see it. */
export function mark(name: MarkName, size: number): ViewNode {
  const box = { viewBox: '0 0 24 24', width: String(size), height: String(size) };
  return svg('svg', { ...box, class: 'mark', 'aria-hidden': 'true' }, markShapes(name));
}

export function pictogram(name: PictogramName, size = 20): ViewNode {
  const box = { viewBox: '0 0 20 20', width: String(size), height: String(size) };
  return svg('svg', { ...box, class: 'pictogram', 'aria-hidden': 'true' }, stroke(PICTOGRAMS[name], 1.6));
}
