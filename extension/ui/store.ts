/** A value that views can watch. Listeners run at once, in the order they subscribed. */
export interface Observable<T> {
  current(): T;
  /** Calls `listener` after every change. Returns the way to stop. */
  subscribe(listener: () => void): () => void;
}

/** An observable with a setter, kept by whoever owns the state (a controller), never by a view. */
export class Store<T extends object> implements Observable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  current(): T {
    return this.#value;
  }

  /** Replaces the given fields and tells every listener. */
  update(change: Partial<T>): void {
    this.#value = { ...this.#value, ...change };
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
