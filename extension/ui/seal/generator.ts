/**
 * The person's seal from its seed (LOOKS 4.2): eight shapes, eight waxes, sixteen pictures and four rims.
 * A page can copy how Waxseal looks; it cannot copy what it has never seen.
 * @module
 */

export const shapes = [
  'round',
  'scallop',
  'quatrefoil',
  'trefoil',
  'hexagon',
  'pillow',
  'shield',
  'almond',
] as const;
export const waxes = ['mulberry', 'copper', 'honey', 'moss', 'lagoon', 'cobalt', 'umber', 'slate'] as const;
export const pictures = [
  'moon',
  'sun',
  'anchor',
  'leaf',
  'fir',
  'peak',
  'boat',
  'fish',
  'bell',
  'star',
  'feather',
  'wave',
  'acorn',
  'cup',
  'swallow',
  'tulip',
] as const;
export const rims = ['plain', 'double', 'beads', 'rope'] as const;

export type Shape = (typeof shapes)[number];
export type Wax = (typeof waxes)[number];
export type Picture = (typeof pictures)[number];
export type Rim = (typeof rims)[number];

export interface Seal {
  readonly shape: Shape;
  readonly wax: Wax;
  readonly picture: Picture;
  readonly rim: Rim;
  /** Angles that give the edge its character: two waves and two places where wax ran over. Not identity. */
  readonly wobble: readonly [p1: number, p2: number, b1: number, b2: number];
}

function pick<T>(choices: readonly T[], byte: number): T {
  const choice = choices[byte % choices.length];
  if (choice === undefined) throw new RangeError('no choices');
  return choice;
}

/** The seal that the first eight bytes of a hash stand for. */
export function sealFromHash(hash: Uint8Array): Seal {
  const byte = (i: number): number => hash[i] ?? 0;
  const angle = (i: number): number => (byte(i) * 2 * Math.PI) / 256;
  return {
    shape: pick(shapes, byte(0)),
    wax: pick(waxes, byte(1)),
    picture: pick(pictures, byte(2)),
    rim: pick(rims, byte(3)),
    wobble: [angle(4), angle(5), angle(6), angle(7)],
  };
}

/** The seal of a seed of 16 bytes. */
export async function sealFromSeed(seed: Uint8Array): Promise<Seal> {
  const label = new TextEncoder().encode('waxseal mark v1');
  const input = new Uint8Array(label.length + seed.length);
  input.set(label);
  input.set(seed, label.length);
  return sealFromHash(new Uint8Array(await crypto.subtle.digest('SHA-256', input)));
}
