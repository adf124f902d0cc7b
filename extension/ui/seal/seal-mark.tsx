import { useId, useMemo } from 'preact/hooks';
import type { Rim, Seal, Shape, Wax } from './generator.ts';
import { shapePath, waxPath } from './outline.ts';
import { picturePaths } from './pictures.ts';

interface Colours {
  readonly wax: string;
  readonly deep: string;
  readonly hi: string;
}

/** All waxes have the same luminance, and none is a colour of a state (LOOKS 4.2). The same in both themes. */
export const waxColours: Record<Wax, Colours> = {
  mulberry: { wax: '#A94B7C', deep: '#80305B', hi: '#C9729D' },
  copper: { wax: '#A65629', deep: '#7E3A0F', hi: '#C67B54' },
  honey: { wax: '#8B650F', deep: '#674700', hi: '#AB8946' },
  moss: { wax: '#61742B', deep: '#445312', hi: '#839656' },
  lagoon: { wax: '#187686', deep: '#005563', hi: '#4F98A7' },
  cobalt: { wax: '#3B69C3', deep: '#224A97', hi: '#618DE1' },
  umber: { wax: '#836656', deep: '#61493B', hi: '#A48879' },
  slate: { wax: '#5C6E7C', deep: '#40505B', hi: '#80909D' },
};

/** Below this size the mark is flat: gradients and rims would be mud. */
const flatBelow = 36;

function picturePlace(shape: Shape, flat: boolean): { scale: number; x: number; y: number } {
  const scale = shape === 'almond' ? 1.45 : shape === 'trefoil' ? 1.5 : flat ? 1.85 : 1.62;
  const down = shape === 'shield' ? -2 : shape === 'trefoil' ? 3 : 0;
  return { scale, x: 48 - 12 * scale, y: 48 - 12 * scale + down };
}

function PictureShape({
  seal,
  flat = false,
  dx = 0,
  dy = 0,
}: {
  seal: Seal;
  flat?: boolean;
  dx?: number;
  dy?: number;
}) {
  const { scale, x, y } = picturePlace(seal.shape, flat);
  return (
    <path
      d={picturePaths[seal.picture]}
      fill-rule="evenodd"
      transform={`translate(${(x + dx).toFixed(2)} ${(y + dy).toFixed(2)}) scale(${scale})`}
    />
  );
}

function RimLines({ rim, shape }: { rim: Rim; shape: Shape }) {
  const line = (scale: number, width: number, dash?: string, round = false) => (
    <path
      d={shapePath(shape, scale)}
      fill="none"
      stroke="#fff"
      stroke-opacity=".62"
      stroke-width={width}
      stroke-dasharray={dash}
      stroke-linecap={round ? 'round' : 'butt'}
    />
  );
  if (rim === 'plain') return line(0.77, 1.6);
  if (rim === 'double') {
    return (
      <>
        {line(0.8, 1.3)}
        {line(0.69, 1.1)}
      </>
    );
  }
  return rim === 'beads' ? line(0.8, 3, '0.1 5.6', true) : line(0.8, 2.6, '3.6 3.2');
}

function LitLarge({ seal, id }: { seal: Seal; id: string }) {
  const { wax, deep, hi } = waxColours[seal.wax];
  const edge = useMemo(() => waxPath(seal), [seal]);
  return (
    <>
      <defs>
        <radialGradient id={`${id}b`} cx=".34" cy=".26" r=".9">
          <stop offset="0" stop-color={hi} />
          <stop offset=".42" stop-color={wax} />
          <stop offset="1" stop-color={deep} />
        </radialGradient>
        <linearGradient id={`${id}r`} x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stop-color="#fff" stop-opacity=".75" />
          <stop offset=".45" stop-color="#fff" stop-opacity=".05" />
          <stop offset="1" stop-color="#000" stop-opacity=".3" />
        </linearGradient>
        <linearGradient id={`${id}i`} x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stop-color={deep} />
          <stop offset="1" stop-color={wax} />
        </linearGradient>
      </defs>
      <path d={edge} fill={deep} fill-opacity=".28" transform="translate(0 2.2)" />
      <path d={edge} fill={`url(#${id}b)`} class="seal-edge" />
      <path d={waxPath(seal, 0.97)} fill="none" stroke={`url(#${id}r)`} stroke-width="1.7" />
      <path d={shapePath(seal.shape, 0.77)} fill={`url(#${id}i)`} />
      <path d={shapePath(seal.shape, 0.77)} fill="none" stroke={deep} stroke-width="1.2" opacity=".8" />
      <RimLines rim={seal.rim} shape={seal.shape} />
      <g fill={deep}>
        <PictureShape seal={seal} dx={0.9} dy={1.3} />
      </g>
      <g fill="#fff" fill-opacity=".97">
        <PictureShape seal={seal} />
      </g>
    </>
  );
}

function LitFlat({ seal }: { seal: Seal }) {
  const { wax, deep } = waxColours[seal.wax];
  return (
    <>
      <path d={waxPath(seal)} fill={wax} stroke={deep} stroke-width="3" class="seal-edge" />
      <g fill="#fff">
        <PictureShape seal={seal} flat />
      </g>
    </>
  );
}

function Unlit({ shape, flat }: { shape: Shape; flat: boolean }) {
  return (
    <>
      <path
        d={shapePath(shape, 0.96)}
        class="seal-dashes"
        fill="none"
        stroke-width={flat ? 4 : 2.6}
        stroke-dasharray={flat ? '9 7' : '6.5 5'}
        stroke-linecap="round"
      />
      <path
        d="M41 34c4 0 7 1.5 7 4.5c0-3 3-4.5 7-4.5M48 38v20M41 62c4 0 7-1.5 7-4.5c0 3 3 4.5 7 4.5"
        class="seal-cursor"
        fill="none"
        stroke-width="3.4"
        stroke-linecap="round"
      />
    </>
  );
}

/**
 * The mark. Lit: solid wax with the person's picture. Unlit: only the outline and a text cursor. Hidden from
 * screen readers; the composer's description speaks its name.
 */
export function SealMark({ seal, lit, size }: { seal: Seal; lit: boolean; size: number }) {
  // One document can hold several marks, and gradients are found by id.
  const id = `seal${useId().replaceAll(/[^\w-]/g, '')}`;
  const flat = size < flatBelow;
  return (
    <svg
      class={lit ? 'seal-mark seal-lit' : 'seal-mark seal-unlit'}
      width={size}
      height={size}
      viewBox="0 0 96 96"
      aria-hidden="true"
      focusable="false"
    >
      {!lit && <Unlit shape={seal.shape} flat={flat} />}
      {lit && flat && <LitFlat seal={seal} />}
      {lit && !flat && <LitLarge seal={seal} id={id} />}
    </svg>
  );
}
