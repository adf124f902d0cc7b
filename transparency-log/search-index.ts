import Database from 'better-sqlite3';
import { parseBase64, toHex } from '../protocol/bytes.ts';
import { type JsonValue, parseJson } from '../protocol/json.ts';
import { keyId, parseEnvelope } from '../protocol/log/dsse.ts';
import { parseStatement } from '../protocol/log/statement.ts';
import { isWhole, wordsOf } from './explorer/query.ts';
import type { StoredEntry } from './storage/storage.ts';

export interface SearchQuery {
  /** Lower-case hex, 8 digits or more: the start of a platform measurement. */
  measurement?: string;
  /** Lower-case hex, 8 digits or more: the start of any other digest or commit in an entry, or of its own hash. */
  digest?: string;
  product?: string;
  version?: number;
  /** A publisher's name in a policy entry, or its key ID in hex. */
  publisher?: string;
  /** Lower-case hex: the start of any digest at all. */
  fingerprint?: string;
  /** Lower-case words that all have to be there: numbers as they are, of others the beginning. */
  words?: readonly string[];
  /** Only entries before this index. */
  before?: number;
  limit: number;
}

export interface SearchHit {
  index: number;
  kind: string;
  product: string | null;
  version: number | null;
  statementSha256: string;
}

type Field = 'measurement' | 'digest' | 'publisher' | 'word';

const SCHEMA = `
  CREATE TABLE hits (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, product TEXT, version INTEGER, statement TEXT NOT NULL);
  CREATE INDEX by_product ON hits (product, version);
  CREATE TABLE terms (field TEXT NOT NULL, term TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (field, term, position))
    WITHOUT ROWID;
`;

const DIGEST = /^[0-9a-f]{40,128}$/;

/** Every digest in a statement; what lies under "measurements" is a measurement. */
function* digestsIn(value: JsonValue, field: Field = 'digest'): Generator<[Field, string]> {
  if (typeof value === 'string') {
    if (DIGEST.test(value)) yield [field, value];
  } else if (Array.isArray(value)) {
    for (const item of value) yield* digestsIn(item, field);
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      yield* digestsIn(item, key === 'measurements' ? 'measurement' : field);
    }
  }
}

const asObject = (value: JsonValue | undefined): { [key: string]: JsonValue } =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};

/**
 * Finds entries for people. It is derived from the entries, lives in a temporary file that nobody else can open (it
 * takes a kilobyte or more an entry: too much for memory), and decides nothing: whoever uses a hit checks the entry
 * itself against the tree.
 */
export class SearchIndex {
  // SQLite's name for a database of that kind; it is gone when the process ends, however it ends.
  readonly #database = new Database('');
  readonly #insertHit: Database.Statement;
  readonly #insertTerm: Database.Statement;
  readonly #publisherNames = new Map<string, string>();
  /** Entries indexed so far. */
  size = 0;

  constructor() {
    this.#database.exec(SCHEMA);
    this.#insertHit = this.#database.prepare('INSERT INTO hits VALUES (?, ?, ?, ?, ?)');
    this.#insertTerm = this.#database.prepare('INSERT OR IGNORE INTO terms VALUES (?, ?, ?)');
  }

  /** Adds the next entries, in order. */
  add(entries: readonly StoredEntry[]): void {
    this.#database.transaction(() => {
      for (const entry of entries) this.#addOne(entry);
    })();
    this.size += entries.length;
  }

  #addOne({ index, entry, statement, kind }: StoredEntry): void {
    const envelope = parseEnvelope(entry);
    const body = asObject(parseJson(envelope.payload));
    const predicate = asObject(body.predicate);
    const product = typeof predicate.product === 'string' ? predicate.product : null;
    const version = typeof predicate.version === 'number' ? predicate.version : null;
    const hash = toHex(statement);
    this.#insertHit.run(index, kind, product, version, hash);

    if (kind === 'policy') this.#learnPublishers(predicate.publishers);
    const terms: [Field, string][] = [['digest', hash], ...digestsIn(body)];
    const signers: string[] = [];
    for (const { keyid } of envelope.signatures) {
      terms.push(['publisher', keyid]);
      const name = this.#publisherNames.get(keyid);
      if (name === undefined) continue;
      terms.push(['publisher', name.toLowerCase()]);
      signers.push(name);
    }
    const read = parseStatement(envelope.payload);
    for (const word of wordsOf({ statement: read, signers })) terms.push(['word', word]);
    for (const [field, term] of terms) this.#insertTerm.run(field, term, index);
  }

  #learnPublishers(publishers: JsonValue | undefined): void {
    if (!Array.isArray(publishers)) return;
    for (const publisher of publishers) {
      const { name, key } = asObject(publisher);
      if (typeof name === 'string' && typeof key === 'string')
        this.#publisherNames.set(keyId(parseBase64(key)), name);
    }
  }

  /** The newest hits first. */
  search(query: SearchQuery): SearchHit[] {
    const conditions: string[] = ['position < ?'];
    const values: (string | number)[] = [query.before ?? this.size];
    const require = (condition: string, ...bound: (string | number)[]) => {
      conditions.push(condition);
      values.push(...bound);
    };
    const withTerm = (test: string) => `position IN (SELECT position FROM terms WHERE field = ? AND ${test})`;
    /** All that begins with `start`, by the index: no text sorts after the last character. */
    const begins = (start: string): [string, string] => [start, `${start}\u{10ffff}`];
    const between = withTerm('term >= ? AND term < ?');
    for (const field of ['measurement', 'digest'] as const) {
      const start = query[field];
      if (start !== undefined) require(between, field, ...begins(start));
    }
    if (query.fingerprint !== undefined) {
      const both = ['measurement', ...begins(query.fingerprint), 'digest', ...begins(query.fingerprint)];
      require(`(${between} OR ${between})`, ...both);
    }
    for (const word of query.words ?? []) {
      if (isWhole(word)) require(withTerm('term = ?'), 'word', word);
      else require(between, 'word', ...begins(word));
    }
    if (query.publisher !== undefined) {
      require(withTerm('term = ?'), 'publisher', query.publisher.toLowerCase());
    }
    if (query.product !== undefined) require('product = ?', query.product);
    if (query.version !== undefined) require('version = ?', query.version);
    return this.#database
      .prepare<(string | number)[], SearchHit>(
        `SELECT position AS "index", kind, product, version, statement AS statementSha256
         FROM hits WHERE ${conditions.join(' AND ')} ORDER BY position DESC LIMIT ?`,
      )
      .all(...values, query.limit);
  }

  /** Terms of the newest entries, each once: what can be looked for. */
  newestTerms(field: 'measurement' | 'digest' | 'publisher', most: number): string[] {
    return this.#database
      .prepare<[string, number], { term: string }>(
        'SELECT term FROM terms WHERE field = ? GROUP BY term ORDER BY max(position) DESC, term LIMIT ?',
      )
      .all(field, most)
      .map(({ term }) => term);
  }

  /** Products of the newest entries, each once. */
  newestProducts(most: number): string[] {
    return this.#database
      .prepare<[number], { product: string }>(
        'SELECT product FROM hits WHERE product IS NOT NULL GROUP BY product ORDER BY max(position) DESC LIMIT ?',
      )
      .all(most)
      .map(({ product }) => product);
  }

  close(): void {
    this.#database.close();
  }
}
