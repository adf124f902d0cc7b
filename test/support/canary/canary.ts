/**
 * Words that occur nowhere else in the world, and the search for them in whatever form a program may have written
 * them down: as they are, in UTF-16, in hex, in Base64, in a URL, in JSON.
 * @module
 */
import { closeSync, lstatSync, openSync, readdirSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';

export interface Find {
  where: string;
  form: string;
}

/** Base64 of text in the middle of other text: what is the same whatever comes before and after it. */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

const urlSafe = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_');
const percent = (bytes: Buffer, digits: (text: string) => string) =>
  [...bytes].map((byte) => `%${digits(byte.toString(16).padStart(2, '0'))}`).join('');
const escaped = (text: string) =>
  [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const same = (text: string) => text;
const upper = (text: string) => text.toUpperCase();

function formsOf(mark: string): [form: string, bytes: Buffer][] {
  const bytes = Buffer.from(mark);
  const wide = Buffer.from(mark, 'utf16le');
  const texts: [string, string][] = [
    ['as it is', mark],
    ['in capitals', upper(mark)],
    ['backwards', [...mark].reverse().join('')],
    ['in hex', bytes.toString('hex')],
    ['in hex capitals', upper(bytes.toString('hex'))],
    ['percent-encoded', percent(bytes, same)],
    ['percent-encoded in capitals', percent(bytes, upper)],
    ['in JSON escapes', escaped(mark)],
    ...[0, 1, 2].flatMap((before): [string, string][] => {
      const plain = base64Within(bytes, before);
      return [
        [`in Base64 (${before})`, plain],
        [`in URL-safe Base64 (${before})`, urlSafe(plain)],
        [`in Base64 of UTF-16 (${before})`, base64Within(wide, before)],
      ];
    }),
  ];
  return [
    ...texts.map(([form, text]): [string, Buffer] => [form, Buffer.from(text)]),
    ['in UTF-16', wide],
    ['in UTF-16, big-endian', Buffer.from(wide).swap16()],
  ];
}

const PIECE = 1 << 24;

/** All canaries of one run: they share a mark, by which any of them is found. */
export class Canaries {
  readonly mark: string;
  readonly #forms: [form: string, bytes: Buffer][];
  #next = 0;
  /** Bytes and files that were searched. */
  searched = { files: 0, bytes: 0 };

  constructor() {
    const random = Buffer.from(crypto.getRandomValues(new Uint8Array(9))).toString('hex');
    this.mark = `kanari${random}`;
    this.#forms = formsOf(this.mark);
  }

  get made(): number {
    return this.#next;
  }

  /** A canary that no other prompt has, with letters around it that are written differently in other encodings. */
  next(): string {
    return `è/ ${this.mark}x${this.#next++}x "ß`;
  }

  /** Every form that `bytes` hold. */
  search(where: string, bytes: Uint8Array | string): Find[] {
    const buffer =
      typeof bytes === 'string'
        ? Buffer.from(bytes)
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.searched.bytes += buffer.length;
    return this.#forms.filter(([, form]) => buffer.includes(form)).map(([form]) => ({ where, form }));
  }

  /** Searches a file, a large one in pieces that overlap. */
  searchFile(path: string): Find[] {
    const longest = Math.max(...this.#forms.map(([, { length }]) => length));
    const file = openSync(path, 'r');
    this.searched.files++;
    const found = new Map<string, Find>();
    try {
      const buffer = Buffer.allocUnsafe(PIECE);
      let kept = 0;
      for (;;) {
        const read = readSync(file, buffer, kept, PIECE - kept, null);
        if (read === 0) return [...found.values()];
        const piece = buffer.subarray(0, kept + read);
        for (const find of this.search(path, piece)) found.set(find.form, find);
        kept = Math.min(longest, piece.length);
        piece.copyWithin(0, piece.length - kept);
      }
    } finally {
      closeSync(file);
    }
  }

  /** Searches every file below a folder that changed since `since` (ms), and the names of all of them. */
  searchTree(folder: string, since = 0, skip: readonly string[] = []): Find[] {
    return readdirSync(folder).flatMap((name): Find[] => {
      const path = join(folder, name);
      const named = this.search(`the name ${path}`, name);
      const stats: Stats | undefined = lstatSync(path, { throwIfNoEntry: false });
      if (stats === undefined || skip.includes(path)) return named;
      if (stats.isDirectory()) return [...named, ...this.searchTree(path, since, skip)];
      if (!stats.isFile() || Math.max(stats.mtimeMs, stats.ctimeMs) < since) return named;
      return [...named, ...this.searchFile(path)];
    });
  }
}
