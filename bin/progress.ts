/** A progress bar on standard error; nothing where that is not a terminal. */
export class ProgressBar {
  readonly #isShown = process.stderr.isTTY === true;

  show(label: string, done: number, total: number): void {
    if (!this.#isShown) return;
    const filled = Math.round((30 * done) / Math.max(total, 1));
    const bar = '#'.repeat(filled).padEnd(30, '.');
    process.stderr.write(`\r[${bar}] ${label} ${done}/${total}\u001b[K`);
  }

  /** Takes the bar off the screen. */
  clear(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K');
  }
}
