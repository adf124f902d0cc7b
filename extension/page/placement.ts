/** Where the sealed box lies in the window. Pure arithmetic in CSS pixels. @module */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const margin = 22;
const folded = { width: 640, least: 320, height: 142 };
const openWidth = 480;

const clamp = (value: number, least: number, most: number) =>
  Math.max(least, Math.min(value, Math.max(least, most)));

/** Folded: over the page's message box, or at the lower right without one. Open: along the right edge. */
export function placeBox(
  viewport: { width: number; height: number },
  anchor: Box | null,
  layout: { open: boolean; height: number },
): Box {
  const room = viewport.width - 2 * margin;
  if (layout.open) {
    const width = Math.min(openWidth, room);
    return {
      left: viewport.width - margin - width,
      top: margin,
      width,
      height: viewport.height - 2 * margin,
    };
  }
  const height = clamp(layout.height, folded.height, viewport.height - 2 * margin);
  const width = Math.min(anchor ? clamp(anchor.width, folded.least, folded.width) : folded.width, room);
  const left = anchor ? anchor.left + (anchor.width - width) / 2 : viewport.width - margin - width;
  const bottom = anchor ? anchor.top + anchor.height : viewport.height - margin;
  return {
    left: Math.round(clamp(left, margin, viewport.width - margin - width)),
    top: Math.round(clamp(bottom - height, margin, viewport.height - margin - height)),
    width: Math.round(width),
    height: Math.round(height),
  };
}
