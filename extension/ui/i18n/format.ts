/** Times and digests as people read them, in the language of the copy. Times are milliseconds since 1970. */
import { locale } from './messages.ts';

/** `22 Nov 2026` */
export function formatDate(at: number): string {
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short', year: 'numeric' }).format(at);
}

/** `14:01` */
export function formatTime(at: number): string {
  return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit' }).format(at);
}

/** `22 Nov 2026, 14:01` */
export function formatMoment(at: number): string {
  return `${formatDate(at)}, ${formatTime(at)}`;
}

const units: readonly [unit: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', ms: number][] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

function largestUnit(ms: number) {
  for (const [unit, size] of units) {
    // A minute short of a year is a year to a person.
    if (ms >= size * 0.98) return { unit, n: Math.max(1, Math.floor(ms / size + 0.02)) };
  }
  return { unit: 'second', n: 0 } as const;
}

/** `6 minutes ago`, for a time in the past. */
export function formatAgo(at: number, now: number): string {
  const { unit, n } = largestUnit(Math.max(0, now - at));
  const text = new Intl.RelativeTimeFormat(locale(), { numeric: n === 0 ? 'auto' : 'always' }).format(
    -n,
    unit,
  );
  // Hebrew data say one day in words, and once more as a number in brackets.
  return text.replace(/ \(1\)$/, '');
}

/** `1 year`, for a length of time in milliseconds. */
export function formatSpan(ms: number): string {
  const { unit, n } = largestUnit(Math.abs(ms));
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(n);
}

/** `6.2 seconds` or `2 minutes`: how long something took, in milliseconds. */
export function formatTook(ms: number): string {
  if (ms >= 100_000) return formatSpan(ms);
  const digits = ms < 9_950 ? 1 : 0;
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'short',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(ms / 1_000);
}

/** `12 kB`, a length in bytes. */
export function formatBytes(bytes: number): string {
  const kilo = bytes >= 1_000;
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: kilo ? 'kilobyte' : 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: bytes < 10_000 && kilo ? 1 : 0,
  }).format(kilo ? bytes / 1_000 : bytes);
}

/** A list in the language's way: `a, b and c`. */
export function formatList(items: readonly string[]): string {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(items);
}

/** Hex in groups of eight, so that two people can compare it aloud. */
export function groupHex(hex: string): string {
  return hex.replace(/(.{8})(?=.)/g, '$1 ');
}

/** First two groups of four and the last: `9c41 e07a … 5b20`. */
export function shortHex(hex: string): string {
  return hex.length <= 16 ? hex : `${hex.slice(0, 4)} ${hex.slice(4, 8)} … ${hex.slice(-4)}`;
}
