/** How long the sealed box takes to come to life, as the box and the page themselves see it. */
import type { Driver } from '../../support/driver.ts';

/** Notes when the box takes keys and when its check is over, in milliseconds since its frame began. */
export const measureBox = `
  const times = (globalThis.waxsealTimes = { origin: performance.timeOrigin });
  const look = () => {
    const area = document.querySelector('textarea');
    if (area && !area.readOnly && !area.disabled) times.writable ??= performance.now();
    if (document.body.textContent.includes('Simulated')) times.checked ??= performance.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  look();`;

export interface BoxStart {
  /** From the start of the frame to a text area that takes keys. */
  readonly writableMs: number;
  /** From the start of the frame to the verdict: log, offer, evidence and all. */
  readonly checkedMs: number;
  /** From the start of the page's own load to the text area; holds the pause that late pages get. */
  readonly sincePageMs: number;
  /** An empty frame of the same page, from its start to its load. */
  readonly emptyFrameMs: number;
}

interface Times {
  readonly origin: number;
  readonly writable: number;
  readonly checked?: number;
}

const emptyFrame = `
  const frame = document.createElement('iframe');
  frame.src = '/empty';
  const began = performance.now();
  const loaded = new Promise((done) => { frame.onload = done; });
  document.body.append(frame);
  await loaded;
  const took = performance.now() - began;
  frame.remove();
  return { took, origin: performance.timeOrigin };`;

/** Opens the page once more and waits until its box has been checked. */
export async function startBox(driver: Driver, url: string): Promise<BoxStart> {
  await driver.open(url);
  let times: Times | null = null;
  for (let tries = 0; times?.checked === undefined && tries < 400; tries++) {
    times = (await driver.runInBox('return globalThis.waxsealTimes').catch(() => null)) as Times | null;
    await new Promise((done) => setTimeout(done, 50));
  }
  if (times?.checked === undefined) throw new Error('the sealed box did not come');
  const page = (await driver.run(emptyFrame)) as { took: number; origin: number };
  await driver.closeTab();
  return {
    writableMs: times.writable,
    checkedMs: times.checked,
    sincePageMs: times.origin + times.writable - page.origin,
    emptyFrameMs: page.took,
  };
}
