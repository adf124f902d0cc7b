/** Outlines of seals as path data, in a 96 × 96 box (LOOKS 4.2). Angles run clockwise from the top. */
import type { Seal, Shape } from './generator.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

const points = 96;
const centre = 48;

/** Distance of `t` from the nearest of `n` axes, the first at `offset`. */
function fromAxis(t: number, n: number, offset = 0): number {
  const step = (2 * Math.PI) / n;
  const within = (((t - offset + step / 2) % step) + step) % step;
  return within - step / 2;
}

const lobe = (a: number, d: number, r: number): number =>
  d * Math.cos(a) + Math.sqrt(r * r - d * d * Math.sin(a) ** 2);

const radii: Record<Exclude<Shape, 'shield' | 'almond'>, (t: number) => number> = {
  round: () => 38,
  scallop: (t) => 38 * (1 + 0.052 * Math.cos(12 * t)),
  quatrefoil: (t) => lobe(fromAxis(t, 4), 19.5, 21.5),
  trefoil: (t) => lobe(fromAxis(t, 3), 18, 23.5),
  hexagon: (t) => (0.86 * 40 * Math.cos(Math.PI / 6)) / Math.cos(fromAxis(t, 6, Math.PI / 6)) + 0.14 * 38,
  pillow: (t) => 34.5 / (Math.abs(Math.cos(t)) ** 5 + Math.abs(Math.sin(t)) ** 5) ** 0.2,
};

type Curve = readonly [Point, Point, Point, Point];
const p = (x: number, y: number): Point => ({ x, y });

/** Right halves, from the top down; the left half is their mirror. */
const halves: Record<'shield' | 'almond', readonly Curve[]> = {
  shield: [
    [p(0, -37), p(14, -37), p(24, -35), p(34, -32)],
    [p(34, -32), p(37, -2), p(30, 26), p(0, 42)],
  ],
  almond: [
    [p(0, -45), p(20, -32), p(30, -16), p(30, 0)],
    [p(30, 0), p(30, 16), p(20, 32), p(0, 45)],
  ],
};

function onCurve([a, b, c, d]: Curve, s: number): Point {
  const u = 1 - s;
  const mix = (k: 'x' | 'y'): number =>
    u ** 3 * a[k] + 3 * u * u * s * b[k] + 3 * u * s * s * c[k] + s ** 3 * d[k];
  return p(mix('x'), mix('y'));
}

function halfPoints(shape: 'shield' | 'almond'): Point[] {
  const perCurve = points / 4;
  const right = halves[shape].flatMap((curve) =>
    Array.from({ length: perCurve }, (_, i) => onCurve(curve, i / perCurve)),
  );
  const tip = halves[shape].at(-1)?.[3] ?? p(0, 0);
  const left = right.slice(1).reverse();
  return [...right, tip, ...left.map(({ x, y }) => p(-x, y))];
}

function shapePoints(shape: Shape): Point[] {
  if (shape === 'shield' || shape === 'almond') return halfPoints(shape);
  return Array.from({ length: points }, (_, i) => {
    const t = (i / points) * 2 * Math.PI;
    const r = radii[shape](t);
    return p(r * Math.sin(t), -r * Math.cos(t));
  });
}

/** How far wax ran over the stamp's edge at a point, as a factor. */
function wobbleAt({ x, y }: Point, seal: Seal): number {
  const t = Math.atan2(x, -y);
  const [p1, p2, b1, b2] = seal.wobble;
  const calm = ['shield', 'almond', 'quatrefoil', 'trefoil'].includes(seal.shape);
  const bump = (at: number, width: number): number => Math.exp(-((fromAxis(t, 1, at) / width) ** 2));
  const ran = 0.05 * bump(b1, 0.24) + 0.032 * bump(b2, 0.2);
  return 1 + 0.014 * Math.sin(3 * t + p1) + 0.011 * Math.sin(5 * t + p2) + (calm ? 0.45 : 1) * ran;
}

const number = (value: number): string => String(Math.round(value * 10) / 10);

/** A closed Catmull-Rom curve through the points. */
function smooth(through: readonly Point[], shift: number): string {
  const n = through.length;
  const at = (i: number): Point => through[(i + n) % n] ?? p(0, 0);
  const write = ({ x, y }: Point): string => `${number(centre + x)} ${number(centre + y + shift)}`;
  const control = (i: number, sign: 1 | -1): Point => {
    const before = at(i - 1);
    const after = at(i + 1);
    return p(at(i).x + (sign * (after.x - before.x)) / 6, at(i).y + (sign * (after.y - before.y)) / 6);
  };
  const curves = through.map(
    (_, i) => `C${write(control(i, 1))} ${write(control(i + 1, -1))} ${write(at(i + 1))}`,
  );
  return `M${write(at(0))}${curves.join('')}Z`;
}

const drop = (shape: Shape): number => (shape === 'trefoil' ? 4 : 0);

/** The exact shape of the stamp. */
export function shapePath(shape: Shape, scale = 1): string {
  const scaled = shapePoints(shape).map(({ x, y }) => p(x * scale, y * scale));
  return smooth(scaled, drop(shape));
}

/** The edge of the wax, which ran over the stamp here and there. */
export function waxPath(seal: Seal, scale = 1): string {
  const ran = shapePoints(seal.shape).map((point) => {
    const factor = scale * wobbleAt(point, seal);
    return p(point.x * factor, point.y * factor);
  });
  return smooth(ran, drop(seal.shape));
}
