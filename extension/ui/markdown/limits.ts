/** Bounds for text that a model wrote. Beyond them it is shown as plain text: never dropped, never markup. */

/** Characters of one answer that are read as Markdown. */
export const longestAnswer = 60_000;
/** Characters of one unfinished block that are read again at each update while an answer arrives. */
export const longestOpenBlock = 12_000;
/** Nesting of quotes, lists and emphasis that is drawn. */
export const deepest = 24;
/** Characters of a code block that are coloured. */
export const longestColoured = 20_000;

/** Runs of markers that nest deeper than `deepest` allows; a parser would recurse through each of them. */
const nestsTooDeep = new RegExp(`(?:[>*+-][ \\t]*|\\d{1,9}[.)][ \\t]+){${deepest},}`, 'm');
/** Openers in a row that a parser would have to match up, with cost that grows faster than their number. */
const bracketStorm = /[[!]{64,}|[*_~]{256,}|`{256,}/;

/** True for text that must not reach the parser at all. */
export function isHostile(text: string): boolean {
  return nestsTooDeep.test(text) || bracketStorm.test(text);
}
