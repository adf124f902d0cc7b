/**
 * A clock that a test can move on, for pages of either browser: it runs as the real one does, until `fastForward(ms)`
 * makes it later. Timers that are due by then come at once, each once, as after a computer has slept.
 */
export const fakeClock = `{
  const { Date: RealDate, performance, setTimeout: begin, clearTimeout: end } = window;
  const realNow = performance.now.bind(performance);
  const waiting = new Map();
  let ahead = 0;
  let last = 0;
  const now = () => RealDate.now() + ahead;

  window.Date = class Date extends RealDate {
    constructor(...parts) {
      super(...(parts.length === 0 ? [now()] : parts));
    }
    static now() {
      return now();
    }
  };
  performance.now = () => realNow() + ahead;

  const arm = (id, one) => {
    one.due = now() + one.after;
    one.timer = begin.call(window, () => fire(id), one.after);
  };
  const fire = (id) => {
    const one = waiting.get(id);
    if (one === undefined) return;
    end.call(window, one.timer);
    if (one.again) arm(id, one);
    else waiting.delete(id);
    one.act();
  };
  const timer = (again) => (act, after = 0, ...given) => {
    last += 1;
    const one = { act: () => act(...given), after: Math.max(0, Number(after) || 0), again };
    waiting.set(last, one);
    arm(last, one);
    return last;
  };
  window.setTimeout = timer(false);
  window.setInterval = timer(true);
  window.clearTimeout = window.clearInterval = (id) => {
    end.call(window, waiting.get(id)?.timer);
    waiting.delete(id);
  };
  window.fastForward = (ms) => {
    ahead += ms;
    const due = [...waiting].filter(([, one]) => one.due <= now()).sort(([, a], [, b]) => a.due - b.due);
    for (const [id] of due) fire(id);
  };
}`;
