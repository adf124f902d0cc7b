import { wavySealPath } from './wavy-seal.ts';

/** Colour family of a state. Never alone: the outline and the word say the same. */
type Tone = 'seal' | 'warn' | 'alarm' | 'sim' | 'ink' | 'muted';

const filledSeal = wavySealPath();
const hollowSeal = wavySealPath(0.92);
const ringSeal = wavySealPath(0.9);
const diamond =
  'M10.4 1.7a2.26 2.26 0 0 1 3.2 0L22.3 10.4a2.26 2.26 0 0 1 0 3.2L13.6 22.3a2.26 2.26 0 0 1-3.2 0L1.7 13.6a2.26 2.26 0 0 1 0-3.2Z';
const octagon = 'M8 1.8H16L22.2 8V16L16 22.2H8L1.8 16V8Z';
const dashedSquare =
  'M2.6 7.4V6.1a3.5 3.5 0 0 1 3.5-3.5h1.3M16.6 2.6h1.3a3.5 3.5 0 0 1 3.5 3.5v1.3M21.4 16.6v1.3a3.5 3.5 0 0 1-3.5 3.5h-1.3M7.4 21.4H6.1a3.5 3.5 0 0 1-3.5-3.5v-1.3M10.5 2.6h3M10.5 21.4h3M2.6 10.5v3M21.4 10.5v3';

type Outline = 'seal' | 'hollow' | 'ring' | 'broken-ring' | 'diamond' | 'octagon' | 'dashed';

interface Drawing {
  readonly outline: Outline;
  readonly tone: Tone;
  /** Stroked path of the glyph, and its width. */
  readonly glyph?: readonly [d: string, width: number];
}

const tick = 'M7.6 12.3l3 3l5.8-6.4';

/** One drawing for each state: the outline tells how serious, the glyph tells which (LOOKS 3). */
export const stateDrawings = {
  sealed: { outline: 'seal', tone: 'seal', glyph: [tick, 2] },
  grace: { outline: 'seal', tone: 'seal', glyph: ['M7 11l2.6 2.6l5-5.6', 2] },
  imported: { outline: 'hollow', tone: 'seal', glyph: [tick, 2] },
  setup: { outline: 'hollow', tone: 'ink', glyph: ['M12 8v8M8 12h8', 2] },
  none: { outline: 'hollow', tone: 'muted' },
  adapter: { outline: 'hollow', tone: 'ink', glyph: ['M8 9.8L10 14.6L12 10.7L14 14.6L16 9.8', 1.9] },
  checking: { outline: 'ring', tone: 'ink' },
  todo: { outline: 'ring', tone: 'muted' },
  busy: { outline: 'ring', tone: 'ink', glyph: ['M12 7.6V12l3 1.9', 2] },
  partial: { outline: 'ring', tone: 'ink' },
  reach: { outline: 'broken-ring', tone: 'ink', glyph: ['M12 8.5v4.2M12 15.9v.2', 2.2] },
  unclear: {
    outline: 'broken-ring',
    tone: 'ink',
    glyph: ['M9.6 9.4a2.5 2.5 0 1 1 3.7 2.2c-.8.5-1.3 1-1.3 1.9M12 16.5v.1', 2],
  },
  stale: { outline: 'diamond', tone: 'warn', glyph: ['M15.8 9.6a4.5 4.5 0 1 0 .7 3.4M16.2 6.9v3h-3', 2] },
  log: { outline: 'diamond', tone: 'warn', glyph: ['M8 8.5h8M8 12h8M8 15.5h3.5', 2] },
  papers: {
    outline: 'diamond',
    tone: 'warn',
    glyph: ['M9 7h4.2L15.4 9.2V17H9ZM11 12.2h2.6M11 14.6h2.6', 1.7],
  },
  update: { outline: 'diamond', tone: 'warn', glyph: ['M12 16.7V7.8M8.4 11.2L12 7.5l3.6 3.7', 2] },
  clock: { outline: 'diamond', tone: 'warn', glyph: ['M12 7.2V12l3.2 2', 2] },
  page: { outline: 'diamond', tone: 'warn', glyph: ['M8.2 9.2h5.4v5.4H8.2Z', 1.7] },
  warn: { outline: 'diamond', tone: 'warn', glyph: ['M12 7v6.2M12 16.6v.2', 2.4] },
  failed: { outline: 'octagon', tone: 'alarm', glyph: ['M8.5 8.5l7 7M15.5 8.5l-7 7', 2.4] },
  fork: {
    outline: 'octagon',
    tone: 'alarm',
    glyph: [
      'M12 17.6V13.4C12 11 8 11.3 8 7.4M12 13.4C12 11 16 11.3 16 7.4M6.3 8.6L8 6.7l1.7 1.9M14.3 8.6L16 6.7l1.7 1.9',
      1.9,
    ],
  },
  sim: {
    outline: 'dashed',
    tone: 'sim',
    glyph: [
      'M14.8 9.2c-.5-1.2-1.6-1.7-2.8-1.7c-1.6 0-2.9.8-2.9 2.2c0 3.2 6 1.4 6 4.7c0 1.5-1.4 2.3-3 2.3c-1.4 0-2.6-.6-3.1-1.9',
      1.9,
    ],
  },
} as const satisfies Record<string, Drawing>;

export type StateIconName = keyof typeof stateDrawings;

function OutlineShape({ name }: { name: StateIconName }) {
  switch (stateDrawings[name].outline) {
    case 'seal':
      return <path d={filledSeal} fill="currentColor" />;
    case 'hollow':
      return <path d={name === 'imported' ? hollowSeal : ringSeal} class="icon-line" stroke-width="1.85" />;
    case 'diamond':
      return <path d={diamond} fill="currentColor" />;
    case 'octagon':
      return <path d={octagon} fill="currentColor" />;
    case 'dashed':
      return <path d={dashedSquare} class="icon-line" stroke-width="2.2" />;
    case 'broken-ring':
      return (
        <path d="M6.3 5a9 9 0 0 0 .4 14.3M17.7 19a9 9 0 0 0-.4-14.3" class="icon-line" stroke-width="2.4" />
      );
    case 'ring':
      return <Ring name={name} />;
  }
}

function Ring({ name }: { name: StateIconName }) {
  if (name === 'checking') {
    return (
      <>
        <circle cx="12" cy="12" r="9" class="icon-track" stroke-width="2.6" />
        <path d="M12 3A9 9 0 1 1 3.5 9" class="icon-line icon-turning" stroke-width="2.6" />
      </>
    );
  }
  if (name === 'todo') return <circle cx="12" cy="12" r="8.6" class="icon-line" stroke-width="1.8" />;
  return (
    <>
      <circle cx="12" cy="12" r="9" class="icon-line" stroke-width="2.2" />
      {name === 'partial' && <path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor" />}
    </>
  );
}

/** The icon of a state. Hidden from screen readers: the word beside it carries the news. */
export function StateIcon({ name, size = 24 }: { name: StateIconName; size?: number }) {
  const drawing: Drawing = stateDrawings[name];
  const solid = ['seal', 'diamond', 'octagon'].includes(drawing.outline);
  return (
    <svg
      class={`state-icon tone-${drawing.tone}`}
      data-outline={drawing.outline}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <OutlineShape name={name} />
      {name === 'grace' && (
        <path d="M18.5 13.2L24.3 19L18.5 24.8L12.7 19Z" class="icon-patch" stroke-width="1.5" />
      )}
      {drawing.glyph && (
        <path
          d={drawing.glyph[0]}
          class={solid ? 'icon-line icon-on' : 'icon-line'}
          stroke-width={drawing.glyph[1]}
        />
      )}
      {name === 'page' && (
        <path d="M11 11.8h5.2V17H11Z" class="icon-line icon-on icon-on-fill" stroke-width="1.7" />
      )}
    </svg>
  );
}
