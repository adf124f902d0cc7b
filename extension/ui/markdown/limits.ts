/** Bounds for text that a model wrote. Beyond them it is shown as plain text: never dropped, never markup. */

/** Characters of one answer that are read as Markdown. */
export const longestAnswer = 60_000;
/** Characters of one unfinished block that are read again at each update while an answer arrives. */
export const longestOpenBlock = 12_000;
/** Nesting of quotes, lists and emphasis that is drawn. */
export const deepest = 24;
/** Characters of a code block that are coloured. */
export const longestColoured = 20_000;

/** Runs of markers, and indented markers, that nest deeper than anybody would read. A parser recurses there. */
const nestsTooDeep = new RegExp(
  `(?:[>*+-][ \\t]*|\\d{1,9}[.)][ \\t]+){${deepest},}|^[ \\t]{64,}(?:[>*+-]|\\d+[.)])`,
  'm',
);

/**
 * Characters that a parser has to match up with each other, at a cost that grows with the square of their
 * number: how many of them one paragraph may hold, and the whole text.
 */
const pairing = /[*_~[\]!|`]/g;
const mostInParagraph = 1_500;
const mostInAll = 12_000;

const count = (text: string): number => text.match(pairing)?.length ?? 0;

/** True for text that must not reach the parser at all. */
export function isHostile(text: string): boolean {
  if (nestsTooDeep.test(text) || count(text) > mostInAll) return true;
  return text.split(/\n[ \t]*\n/).some((paragraph) => count(paragraph) > mostInParagraph);
}
