/** The way through a page with the keyboard alone. */
import { expect } from 'vitest';
import type { Driver } from './driver.ts';

/** Counts what a pointer does to a page, from now on, in `window.pointers`. */
export const countPointers = `window.pointers = 0;
  for (const type of ['pointerdown', 'mousedown', 'touchstart']) addEventListener(type, () => window.pointers++, true);`;

export interface Focused {
  readonly name: string;
  readonly tag: string;
  /** It shows that it has the keyboard. */
  readonly shown: boolean;
}

const focused = `
  const element = document.activeElement;
  const name = element.getAttribute('aria-label') ?? (element.labels?.[0] ?? element).innerText ?? '';
  return { name: name.replace(/\\s+/g, ' ').trim(), tag: element.localName, shown: element.matches(':focus-visible') };`;

type Run = Driver['run'];

/** What has the keyboard, in the page or in what `run` runs in. */
export async function focusedIn(run: Run): Promise<Focused> {
  return (await run(focused)) as Focused;
}

/** Presses Tab until the keyboard is on the control of that name; everything on the way must show that it has it. */
export async function tabTo(
  driver: Driver,
  wanted: RegExp,
  { run = driver.run, key = '\t' }: { readonly run?: Run; readonly key?: '\t' | '⇤' } = {},
): Promise<string> {
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await driver.press(key);
    const { name: found, tag } = await focusedIn(run);
    if (tag === 'body' || tag === 'html') continue;
    await expect.poll(async () => (await focusedIn(run)).shown, { message: found }).toBe(true);
    // What scrolls takes the keyboard too, and its name would be all that is in it.
    if (/^(?:a|button|input|summary|textarea)$/.test(tag) && wanted.test(found)) return found;
    passed.push(found);
  }
  throw new Error(`the keyboard does not come to ${wanted}, but to ${passed.join(' | ')}`);
}
