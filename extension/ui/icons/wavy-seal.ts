/** The wavy outline that means "sealed": eleven soft lobes with a slow wobble, in a 24 × 24 box (LOOKS 3). */

const points = 96;

function radius(t: number): number {
  const lobes = 0.05 * Math.cos(11 * (t + Math.PI / 2));
  return 10.2 * (1 + lobes + 0.022 * Math.sin(3 * t + 0.7) + 0.014 * Math.sin(5 * t + 2));
}

/** Path data of the outline, scaled about the centre. */
export function wavySealPath(scale = 1): string {
  const at = (i: number): string => {
    const t = (i / points) * 2 * Math.PI - Math.PI / 2;
    const r = radius(t) * scale;
    return `${(12 + r * Math.cos(t)).toFixed(2)} ${(12 + r * Math.sin(t)).toFixed(2)}`;
  };
  return `M${Array.from({ length: points }, (_, i) => at(i)).join('L')}Z`;
}
