import { type Seal, sealFromSeed, shapes } from './generator.ts';

export interface OfferedSeal {
  readonly seed: Uint8Array;
  readonly seal: Seal;
}

/**
 * Eight new seals to choose from. No two share a shape or a picture, so nobody has to tell seals apart by
 * wax or rim.
 */
export async function offerSeals(): Promise<OfferedSeal[]> {
  const offered: OfferedSeal[] = [];
  while (offered.length < shapes.length) {
    const seed = crypto.getRandomValues(new Uint8Array(16));
    const seal = await sealFromSeed(seed);
    const alike = offered.some(
      (other) => other.seal.shape === seal.shape || other.seal.picture === seal.picture,
    );
    if (!alike) offered.push({ seed, seal });
  }
  return offered;
}

/** A fake of a seal for the lesson: the same picture and wax on another shape. */
export function fakeSeal(seal: Seal): Seal {
  const next = shapes[(shapes.indexOf(seal.shape) + shapes.length - 1) % shapes.length] ?? 'round';
  return { ...seal, shape: next, rim: seal.rim === 'double' ? 'beads' : 'double' };
}
