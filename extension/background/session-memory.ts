/**
 * What must outlive the background's sleep but not the browser: frame tokens, redeemed frames, what views
 * reported. `storage.session` is closed to content scripts in both browsers unless opened to them.
 * @module
 */
import { browser } from '../browser.ts';

/** One value in `storage.session`, changed by one caller at a time. */
export interface SessionValue<Value> {
  read(): Promise<Value>;
  /** Changes are queued, so each sees the result of the one before. */
  change<Result>(decide: (current: Value) => [next: Value, result: Result]): Promise<Result>;
}

/** The value of that name; `initial` until something was kept. Only the background writes it. */
export function sessionValue<Value>(name: string, initial: Value): SessionValue<Value> {
  let queue: Promise<unknown> = Promise.resolve();
  const read = async () => ((await browser.storage.session.get(name))[name] as Value | undefined) ?? initial;
  return {
    read,
    change(decide) {
      const changed = queue.then(async () => {
        const [next, result] = decide(await read());
        await browser.storage.session.set({ [name]: next });
        return result;
      });
      queue = changed.catch(() => {});
      return changed;
    },
  };
}
