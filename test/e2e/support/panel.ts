/** The chat view in the driven tab, as a person reads and uses it. */
import { expect } from 'vitest';
import type { VerificationReport } from '../../../protocol/report.ts';
import type { Driver } from '../../support/driver.ts';

const patient = { timeout: 30_000 };

export interface Panel {
  open(): Promise<void>;
  /** Waits until the verdict reads so. */
  word(word: RegExp | string): Promise<void>;
  /** Waits until a notice in the thread has that title. */
  notice(title: string): Promise<void>;
  /** Waits until the thread has so many whole answers. */
  answered(count: number): Promise<void>;
  type(words: string): Promise<void>;
  /** Types a prompt and sends it, as soon as sending is possible. */
  send(prompt: string): Promise<void>;
  /** Presses the button of the composer as soon as it sends. */
  pressSend(): Promise<void>;
  /** Presses the last button that has this text, as soon as there is one. */
  press(name: string): Promise<void>;
  draft(): Promise<unknown>;
  /** Texts of all that a selector finds. */
  texts(selector: string): Promise<string[]>;
  /** The report behind the verdict, as a person exports it; leaves the chain open. */
  exportReport(): Promise<VerificationReport>;
}

/** The panel in a tab of its own, which `open` shows. */
export function panelOf(driver: Driver): Panel {
  const texts = async (selector: string) =>
    (await driver.run(
      `return [...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.innerText)`,
    )) as string[];
  const someText = (selector: string, wanted: RegExp | string) =>
    expect.poll(async () => (await texts(selector)).join('\n'), patient).toMatch(wanted);
  const soon = (body: string) => expect.poll(() => driver.run(body), patient).toBe(true);
  const panel: Panel = {
    texts,
    open: () => driver.open(driver.address('sidepanel')),
    word: (word) => someText('.verdict-word', word),
    notice: (title) => someText('.notice-title', title),
    answered: (count) => expect.poll(async () => (await texts('.answer-tools')).length, patient).toBe(count),
    async type(words) {
      await soon(`return document.querySelector('textarea') !== null`);
      await driver.click('textarea', 'page');
      await driver.press(words);
    },
    async send(prompt) {
      await panel.type(prompt);
      await panel.pressSend();
    },
    async pressSend() {
      await soon(`return document.querySelector('button.send:enabled') !== null`);
      await driver.click('button.send:enabled', 'page');
    },
    press: (name) =>
      soon(`
        const found = [...document.querySelectorAll('button')].filter((one) => one.innerText === ${JSON.stringify(name)});
        found.at(-1)?.click();
        return found.length > 0;`),
    draft: () => driver.run(`return document.querySelector('textarea').value`),
    async exportReport() {
      await driver.click('button.verdict', 'page');
      const saved = await driver.run(`
        const { promise, resolve } = Promise.withResolvers();
        URL.createObjectURL = (blob) => { resolve(blob.text()); return ''; };
        HTMLAnchorElement.prototype.click = () => {};
        [...document.querySelectorAll('button')].find((one) => one.innerText === 'Export report').click();
        return promise;`);
      return JSON.parse(String(saved)) as VerificationReport;
    },
  };
  return panel;
}
