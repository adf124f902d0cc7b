/**
 * Files that never change, each in memory once however many take it at the same time: a thousand slow readers of a
 * bundle would otherwise hold a thousand copies of it.
 */
export class SharedFiles {
  readonly #files = new Map<string, WeakRef<Uint8Array>>();
  readonly #gone = new FinalizationRegistry<string>((path) => {
    if (this.#files.get(path)?.deref() === undefined) this.#files.delete(path);
  });

  /** The file as somebody else holds it at the moment, or as it is read now. */
  async read(path: string, read: (path: string) => Promise<Uint8Array>): Promise<Uint8Array> {
    const held = this.#files.get(path)?.deref();
    if (held) return held;
    const bytes = await read(path);
    // Another one may have read it in the meantime.
    const shared = this.#files.get(path)?.deref();
    if (shared) return shared;
    this.#files.set(path, new WeakRef(bytes));
    this.#gone.register(bytes, path);
    return bytes;
  }
}
