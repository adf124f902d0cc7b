/**
 * The search of a log is off the trust path: nobody relies on it to seal. People rely on it to find things, so
 * an audit builds the same index out of the entries that it has verified and asks the log the same questions.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64, toHex } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import type { LogIdentity } from '../../protocol/log/evidence.ts';
import { parseStatement } from '../../protocol/log/statement.ts';
import { readArray, readMap, readString } from '../../protocol/shape.ts';
import { type SearchHit, SearchIndex, type SearchQuery } from '../search-index.ts';
import type { StoredEntry } from '../storage/storage.ts';
import { auditError } from './errors.ts';
import { inOrder, type LogReader } from './log-reader.ts';

/** Questions of one kind, about the newest entries. */
const MOST = 32;
const PAGE = 100;
const PARALLEL = 8;

/** An entry as the index takes it; null for bytes that no log of ours would have indexed. */
function readEntry(index: number, entry: Uint8Array): StoredEntry | null {
  try {
    const { payload } = parseEnvelope(entry);
    const { kind } = parseStatement(payload);
    parseJson(payload);
    return { index, entry, kind, statement: sha256(payload), sequencedAt: 0 };
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

/** What the log says of itself to people; null for a log without our JSON interface. */
export async function readLogStatus(reader: LogReader): Promise<{ [key: string]: JsonValue } | null> {
  const status = await reader.json('api/v1/status');
  return status !== null && typeof status === 'object' && !Array.isArray(status) && 'policyEntry' in status
    ? status
    : null;
}

export class SearchCheck {
  readonly #index = new SearchIndex();
  #size = 0;
  /** The newest page of entries, to compare the list of entries with. */
  #newest: StoredEntry[] = [];

  /** Takes the next verified entries, in order. */
  add(entries: readonly Uint8Array[]): void {
    const read = entries.map((entry, offset) => readEntry(this.#size + offset, entry));
    const known = read.filter((entry) => entry !== null);
    this.#index.add(known);
    this.#size += entries.length;
    this.#newest = [...this.#newest, ...known].slice(-PAGE);
  }

  close(): void {
    this.#index.close();
  }

  /** Asks the log; returns the number of questions. Throws WAX_AUDIT_SEARCH for the first wrong answer. */
  async run(
    reader: LogReader,
    status: { [key: string]: JsonValue },
    { origin, key }: LogIdentity,
    policyEntry: string | null,
  ): Promise<number> {
    const identity = { origin, key: key.text, ...(policyEntry !== null && { policyEntry }) };
    for (const [name, known] of Object.entries(identity)) {
      if (status[name] !== known) throw auditError('WAX_AUDIT_SEARCH', `status names another ${name}`);
    }
    const list = await reader.json(`api/v1/entries?before=${this.#size}&limit=${PAGE}`);
    requireSame('the list of entries', listed(list), this.#newest.toReversed().map(describeEntry));
    let asked = 2;
    for await (const { path, query, answer } of inOrder(this.#questions(), PARALLEL, (next) =>
      ask(reader, next),
    )) {
      const expected = this.#index.search(query).map(describeHit);
      requireSame(path, hitsOf(answer), expected);
      asked += 1;
    }
    return asked;
  }

  #questions(): SearchQuery[] {
    const page = { before: this.#size, limit: PAGE };
    const about = (field: 'measurement' | 'digest' | 'publisher') =>
      this.#index.newestTerms(field, MOST).map((term) => ({ ...page, [field]: term }));
    const products = this.#index.newestProducts(MOST).map((product) => ({ ...page, product }));
    return [...products, ...about('measurement'), ...about('digest'), ...about('publisher')];
  }
}

async function ask(reader: LogReader, query: SearchQuery) {
  const words = Object.entries(query).map(([name, value]) => [name, String(value)]);
  const path = `api/v1/search?${new URLSearchParams(words)}`;
  return { path, query, answer: await reader.json(path) };
}

function requireSame(path: string, found: readonly string[] | null, expected: readonly string[]): void {
  if (found === null || JSON.stringify(found) !== JSON.stringify(expected)) {
    throw auditError('WAX_AUDIT_SEARCH', path);
  }
}

const describeEntry = ({ index, kind, entry, statement }: StoredEntry) =>
  [index, kind, toHex(statement), toBase64(entry)].join(' ');

const describeHit = ({ index, kind, product, version, statementSha256 }: SearchHit) =>
  JSON.stringify([index, kind, product, version, statementSha256]);

/** Lists as lines to compare; null for what has another form. */
function read(answer: JsonValue | null, key: string, line: (item: { [key: string]: JsonValue }) => string) {
  try {
    return readArray(readMap(answer, key)[key], key, (item, path) => line(readMap(item, path)));
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

const listed = (answer: JsonValue | null) =>
  read(answer, 'entries', ({ index, kind, statementSha256, entry }) =>
    [index, kind, statementSha256, readString(entry, 'entry', { most: 65_536 })].join(' '),
  );

const hitsOf = (answer: JsonValue | null) =>
  read(answer, 'hits', ({ index, kind, product, version, statementSha256 }) =>
    JSON.stringify([index, kind, product, version, statementSha256]),
  );
