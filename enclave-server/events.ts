/**
 * The only things the server ever says about itself: a fixed list of events, and once a minute how often the
 * countable ones happened, rounded so that no line tells about one person. There is no logger, because a
 * logger prints whatever it is given.
 * @module
 */

/** Said when they happen; docs/operators.md says what each means. */
export const notices = [
  'stopping',
  'stopped',
  'failed',
  'engine-crashed',
  'engine-hung',
  'report-failed',
  'report-late',
] as const;
export type Notice = (typeof notices)[number];

/** Said once a minute, rounded. */
export const counted = [
  'offers',
  'offers-refused',
  'requests-refused',
  'turns',
  'turns-failed',
  'turns-shed',
  'readers-dropped',
  'connections-refused',
] as const;
export type Counted = (typeof counted)[number];

const MINUTE = 60_000;

/** 0, or the next of 10, 20, 50, 100, 200, 500 and so on. */
export function bucket(count: number): number {
  if (count === 0) return 0;
  for (let power = 10; ; power *= 10) {
    for (const step of [1, 2, 5]) if (count <= step * power) return step * power;
  }
}

const rounded = (counts: ReadonlyMap<Counted, number>): { [name: string]: number } =>
  Object.fromEntries(counted.map((event) => [event, bucket(counts.get(event) ?? 0)]));

export class EventList {
  readonly #sink: (line: string) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #counts = new Map<Counted, number>();
  readonly #all = new Map<Counted, number>();
  #totals = rounded(new Map());

  /** `sink` gets one line of JSON at a time. */
  constructor(sink: (line: string) => void) {
    this.#sink = sink;
    this.#timer = setInterval(() => this.summarise(), MINUTE).unref();
  }

  /** Said once, when offers can come. `url` is where the server listens. */
  listening(url: string): void {
    this.#sink(JSON.stringify({ event: 'listening', url }));
  }

  notice(event: Notice): void {
    this.#sink(JSON.stringify({ event }));
  }

  count(event: Counted): void {
    this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1);
  }

  /** Counts since the start as "at most" numbers, as they stood at the last whole minute. */
  get totals(): { [name: string]: number } {
    return this.#totals;
  }

  /** Says the counts since the last time as "at most" numbers; says nothing when nothing happened. */
  summarise(): void {
    if (this.#counts.size === 0) return;
    const atMost = rounded(this.#counts);
    for (const [event, count] of this.#counts) this.#all.set(event, (this.#all.get(event) ?? 0) + count);
    this.#totals = rounded(this.#all);
    this.#counts.clear();
    this.#sink(JSON.stringify({ event: 'minute', atMost }));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
