/**
 * Copy, looked up by key. The texts are the browser's own message files (`_locales`); this module only fills
 * their placeholders. In every message the placeholders are numbered in the alphabetical order of their names,
 * so that names are enough here and no catalogue has to be bundled (a test holds the files to that).
 * @module
 */
import type en from '../../public/_locales/en/messages.json';

type Catalogue = typeof en;
/** Every key of the English file. */
export type MessageKey = keyof Catalogue;
type Placeholders<K extends MessageKey> = Catalogue[K] extends { placeholders: infer P } ? keyof P : never;
/** Keys of messages without placeholders. */
export type PlainKey = { [K in MessageKey]: [Placeholders<K>] extends [never] ? K : never }[MessageKey];
/** Stems of messages that have a form for one and for other numbers. */
type CountKey = {
  [K in MessageKey]: K extends `${infer Stem}_other` ? Stem : never;
}[MessageKey];

type Values<K extends MessageKey> = { readonly [P in Placeholders<K>]: string | number };
type Arguments<K extends MessageKey> = [Placeholders<K>] extends [never] ? [] : [values: Values<K>];
type CountValues<S extends CountKey> = Omit<Values<`${S}_other` & MessageKey>, 'n'>;
type CountArguments<S extends CountKey> = [keyof CountValues<S>] extends [never]
  ? []
  : [values: CountValues<S>];

/** Where messages come from: `browser.i18n.getMessage` in the extension, a loaded file elsewhere. */
export interface MessageSource {
  readonly locale: string;
  readonly get: (key: string, substitutions: string[]) => string;
}

let source: MessageSource = { locale: 'en', get: (key) => key };

/** Chooses the source. Each page calls this once, before it renders. */
export function setMessageSource(next: MessageSource): void {
  source = next;
}

/** BCP 47 tag of the language the copy is in, for dates and numbers. */
export function locale(): string {
  return source.locale;
}

function fill(key: string, values: { readonly [name: string]: string | number }): string {
  const inOrder = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return source.get(
    key,
    inOrder.map(([, value]) => (typeof value === 'number' ? formatCount(value) : value)),
  );
}

/** The message, with its placeholders filled. Numbers are written as the language writes them. */
export function t<K extends MessageKey>(key: K, ...values: Arguments<K>): string {
  return fill(key, values[0] ?? {});
}

/** A message whose key is made from an id or a code at runtime, in whole; null where there is none of that name. */
export function find(key: string, values: { readonly [name: string]: string | number } = {}): string | null {
  const text = fill(key, values);
  return text === '' ? null : text;
}

/** The message for `n` things, in the right grammatical number. */
export function tn<S extends CountKey>(stem: S, n: number, ...values: CountArguments<S>): string {
  const form = new Intl.PluralRules(source.locale).select(n) === 'one' ? 'one' : 'other';
  return fill(`${stem}_${form}`, { ...values[0], n });
}

/** A whole number with the language's separators. */
export function formatCount(n: number): string {
  return new Intl.NumberFormat(source.locale).format(n);
}
