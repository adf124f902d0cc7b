/** State marks as drawings in a box of 24, for pages that are made in the browser and on the server. @module */

/** The outline that means "all checks passed": eleven soft lobes with a slow wobble, in a box of 24. */
function wavyOutline(): string {
  const points: string[] = [];
  for (let step = 0; step < 96; step++) {
    const t = (step / 96) * 2 * Math.PI;
    const theta = t + Math.PI / 2;
    const wobble = 0.022 * Math.sin(3 * t + 0.7) + 0.014 * Math.sin(5 * t + 2);
    const radius = 10.2 * (1 + 0.05 * Math.cos(11 * theta) + wobble);
    const [x, y] = [12 + radius * Math.sin(t), 12 - radius * Math.cos(t)];
    points.push(`${x.toFixed(2)} ${y.toFixed(2)}`);
  }
  return `M${points.join('L')}Z`;
}

const WAVY = wavyOutline();
const DIAMOND =
  'M10.4 1.7a2.26 2.26 0 0 1 3.2 0L22.3 10.4a2.26 2.26 0 0 1 0 3.2L13.6 22.3a2.26 2.26 0 0 1-3.2 0L1.7 13.6a2.26 2.26 0 0 1 0-3.2Z';
const DASHES =
  'M2.6 7.4V6.1a3.5 3.5 0 0 1 3.5-3.5h1.3M16.6 2.6h1.3a3.5 3.5 0 0 1 3.5 3.5v1.3M21.4 16.6v1.3a3.5 3.5 0 0 1-3.5 3.5h-1.3M7.4 21.4H6.1a3.5 3.5 0 0 1-3.5-3.5v-1.3M10.5 2.6h3M10.5 21.4h3M2.6 10.5v3M21.4 10.5v3';

export interface Mark {
  /** Class that gives the colour. */
  tone: string;
  filled?: string;
  outline?: string;
  /** Drawn over a filled outline, in the colour that goes with it; alone, in the mark's own. */
  glyph: string;
  width: number;
}

/** State marks: outline, glyph and colour say the same thing three times. The word beside them is the fourth. */
export const MARKS = {
  passed: { tone: 'tone-seal', filled: WAVY, glyph: 'M7.6 12.3l3 3l5.8-6.4', width: 2 },
  brand: { tone: 'tone-seal', filled: WAVY, glyph: 'M7.1 9L9.6 15.2L12 10.3L14.4 15.2L16.9 9', width: 1.7 },
  revoked: {
    tone: 'tone-quiet',
    outline: 'M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18Z',
    glyph: 'M6 18L18 6',
    width: 2.2,
  },
  open: {
    tone: 'tone-faint',
    outline: 'M12 3.4a8.6 8.6 0 1 1 0 17.2a8.6 8.6 0 1 1 0-17.2Z',
    glyph: '',
    width: 1.8,
  },
  checking: { tone: 'tone-quiet turning', outline: 'M12 3A9 9 0 1 1 3.5 9', glyph: '', width: 2.6 },
  paused: { tone: 'tone-warn', filled: DIAMOND, glyph: 'M12 7v6.2M12 16.6v.2', width: 2.4 },
  failed: {
    tone: 'tone-alarm',
    filled: 'M8 1.8H16L22.2 8V16L16 22.2H8L1.8 16V8Z',
    glyph: 'M8.5 8.5l7 7M15.5 8.5l-7 7',
    width: 2.4,
  },
  simulated: {
    tone: 'tone-sim',
    outline: DASHES,
    glyph:
      'M14.8 9.2c-.5-1.2-1.6-1.7-2.8-1.7c-1.6 0-2.9.8-2.9 2.2c0 3.2 6 1.4 6 4.7c0 1.5-1.4 2.3-3 2.3c-1.4 0-2.6-.6-3.1-1.9',
    width: 1.9,
  },
} satisfies Record<string, Mark>;
export type MarkName = keyof typeof MARKS;
