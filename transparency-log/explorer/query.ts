/** What can be looked for in a log, the same on the server and in the visitor's browser. @module */
import { parseUtf8, toHex } from '../../protocol/bytes.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import type { JudgedEntry, VerifiedEntry } from '../../protocol/log/replay.ts';
import type { Statement } from '../../protocol/log/statement.ts';
import type { Query } from './source.ts';

const FINGERPRINT = /^[0-9a-f]{6,128}$/;
const MOST_CHARACTERS = 200;
const MOST_WORDS = 8;

/** What somebody typed; null if that is nothing. */
export function parseQuery(text: string): Query | null {
  const words = text.slice(0, MOST_CHARACTERS).toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const hex = words.join('');
  return FINGERPRINT.test(hex) && /\d/.test(hex)
    ? { fingerprint: hex }
    : { words: words.slice(0, MOST_WORDS) };
}

/** Names in a statement that people know. */
function namesIn(statement: Statement): string[] {
  switch (statement.kind) {
    case 'release':
      return [
        statement.product,
        String(statement.version),
        ...statement.services,
        ...statement.models.map(({ id }) => id),
        statement.source.repository,
      ];
    case 'extension-release':
      return [statement.browser, statement.version];
    case 'status':
      return [statement.action, `${statement.action}d`, statement.reason];
    case 'policy':
      return ['rules', ...statement.publishers.map(({ name }) => name)];
    case 'machine':
      return [statement.operator, statement.platform];
    case 'grace':
      return [statement.event, statement.platform];
    default:
      return [];
  }
}

/** Words by which an entry is found, in lower case: whole names, and their parts. */
export function wordsOf({ statement, signers }: Pick<VerifiedEntry, 'statement' | 'signers'>): Set<string> {
  const names = statement === null ? [] : [statement.kind, ...namesIn(statement), ...signers];
  return new Set(
    names.flatMap((name) => {
      const whole = name.toLowerCase().replace(/^https?:\/\//, '');
      return [...whole.split(/\s+/), ...whole.split(/[^\p{L}\p{N}]+/u)].filter(Boolean);
    }),
  );
}

/** A number is meant as it is written; of anything else the beginning is enough. */
export const isWhole = (word: string) => /^\d+$/.test(word);

/** Whether an entry has all the words. */
export function hasWords(judged: JudgedEntry, words: readonly string[]): boolean {
  const known = [...wordsOf(judged)];
  return words.every((word) => known.some((one) => (isWhole(word) ? one === word : one.startsWith(word))));
}

/** The digest of an entry that begins like this: one in its text, or that of its statement. */
export function digestLike(
  { statementSha256 }: JudgedEntry,
  bytes: Uint8Array,
  start: string,
): string | null {
  const inside = payloadOf(bytes).match(/(?<=")[0-9a-f]{40,128}(?=")/g) ?? [];
  return [...inside, statementSha256].find((digest) => digest?.startsWith(start)) ?? null;
}

function payloadOf(bytes: Uint8Array): string {
  try {
    return parseUtf8(parseEnvelope(bytes).payload);
  } catch {
    return toHex(bytes);
  }
}
