import { useEffect, useState } from 'preact/hooks';
import { type Seal, sealFromSeed } from './generator.ts';

/** The seal of a seed; null while it is worked out, and for no seed. */
export function useSeal(seed: Uint8Array | null): Seal | null {
  const [seal, setSeal] = useState<Seal | null>(null);
  useEffect(() => {
    let current = true;
    setSeal(null);
    if (seed !== null) sealFromSeed(seed).then((made) => current && setSeal(made));
    return () => {
      current = false;
    };
  }, [seed]);
  return seal;
}
