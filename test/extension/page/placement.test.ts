import { describe, expect, it } from 'vitest';
import { placeBox } from '../../../extension/page/placement.ts';

const viewport = { width: 1200, height: 800 };
const folded = { open: false, height: 142 };

describe('placeBox', () => {
  it('lies over the page’s message box, bottom on bottom', () => {
    const anchor = { left: 300, top: 700, width: 640, height: 60 };
    expect(placeBox(viewport, anchor, folded)).toEqual({ left: 300, top: 618, width: 640, height: 142 });
  });

  it('grows upwards with what it has to say', () => {
    const anchor = { left: 300, top: 700, width: 640, height: 60 };
    expect(placeBox(viewport, anchor, { open: false, height: 260 })).toMatchObject({ top: 500, height: 260 });
  });

  it('goes to the lower right without a message box', () => {
    expect(placeBox(viewport, null, folded)).toEqual({ left: 538, top: 636, width: 640, height: 142 });
  });

  it('takes the right edge when open', () => {
    expect(placeBox(viewport, null, { open: true, height: 0 })).toEqual({
      left: 698,
      top: 22,
      width: 480,
      height: 756,
    });
  });

  it('stays inside the window, whatever the page says its message box is', () => {
    for (const anchor of [
      { left: -5000, top: -5000, width: 10, height: 10 },
      { left: 5000, top: 5000, width: 9000, height: 9000 },
    ]) {
      const box = placeBox(viewport, anchor, { open: false, height: 9000 });
      expect(box.left).toBeGreaterThanOrEqual(0);
      expect(box.top).toBeGreaterThanOrEqual(0);
      expect(box.left + box.width).toBeLessThanOrEqual(viewport.width);
      expect(box.top + box.height).toBeLessThanOrEqual(viewport.height);
    }
  });
});
