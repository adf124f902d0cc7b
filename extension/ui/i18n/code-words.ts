import { find } from './messages.ts';

/** What an error code means, in the language of the copy; null for a code that nobody was expected to meet here. */
export function codeWords(code: string): string | null {
  return find(`code_${code}`);
}
