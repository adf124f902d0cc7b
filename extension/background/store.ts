/**
 * What the background keeps: trust domains that were imported, the state of each log, grants, settings.
 * It is the only writer. The state of a log is replaced only if it still has the size that the new state was
 * made from, so that two syncs side by side cannot bring an older log back.
 * @module
 */
import { parseJson } from '../../protocol/json.ts';
import type { Evidence } from '../../protocol/log/evidence.ts';
import { readInteger, readObject, readString } from '../../protocol/shape.ts';
import { extensionError } from '../errors.ts';
import { type Grant, parseGrant } from '../grants.ts';
import { parseSeen, type SeenRelease } from '../seen.ts';
import { defaultSettings, parseSettings, type Settings } from '../settings.ts';
import { type Database, seal, unseal } from './database.ts';

const limits = { bytes: 16 << 20, depth: 32 };

/** An imported trust domain, as the file said it. */
interface ImportedDomain {
  readonly name: string;
  readonly text: string;
  readonly importedAt: number;
}

/** State of a log in its encoded form, and the size it is compared by. */
interface StoredLog {
  readonly size: number;
  /** JSON text of what the log sync keeps. */
  readonly text: string;
}

export interface BackgroundStore {
  settings(): Promise<Settings>;
  changeSettings(change: Partial<Settings>): Promise<void>;
  grants(): Promise<Grant[]>;
  putGrant(grant: Grant): Promise<void>;
  removeGrant(site: string): Promise<void>;
  domains(): Promise<ImportedDomain[]>;
  /** Adds a domain; `accept` sees those that are there, in the same transaction, and throws to refuse. */
  addDomain(domain: ImportedDomain, accept: (there: readonly ImportedDomain[]) => void): Promise<void>;
  removeDomain(name: string): Promise<void>;
  /** Null where no state was ever kept. `log` is the key of a log, unique among trust domains. */
  log(log: string): Promise<StoredLog | null>;
  /** Keeps `next` if the stored size still is `expected` (null: nothing kept yet); `WAX_STORE_CONFLICT` if not. */
  replaceLog(log: string, expected: number | null, next: StoredLog): Promise<void>;
  /** Drops the state of a log, damaged or not. Only ever on a person's wish. */
  dropLog(log: string): Promise<void>;
  /** What showed that a log contradicts itself, the oldest first; it stays until a person dismisses it. */
  evidence(log: string): Promise<readonly Evidence[]>;
  /** Keeps evidence, unless the same is kept already. */
  addEvidence(log: string, evidence: Evidence): Promise<void>;
  dropEvidence(log: string, foundAt: string): Promise<void>;
  /** Notes the release that a service runs, and says what was noted last. */
  noteSeen(seen: SeenRelease): Promise<SeenRelease | null>;
  /** Deletes everything, what the logs once showed included. Only ever on a person's wish. */
  forget(): Promise<void>;
}

function parseDomain(text: string): ImportedDomain {
  const read = readObject(parseJson(text, limits), 'domain', ['name', 'text', 'importedAt']);
  return {
    name: readString(read.name, 'domain.name', { most: 64 }),
    text: readString(read.text, 'domain.text', { most: limits.bytes }),
    importedAt: readInteger(read.importedAt, 'domain.importedAt'),
  };
}

function parseLog(text: string): StoredLog {
  const read = readObject(parseJson(text, limits), 'log', ['size', 'text']);
  return {
    size: readInteger(read.size, 'log.size'),
    text: readString(read.text, 'log.text', { most: limits.bytes }),
  };
}

/** Kept for each log. */
const MOST_EVIDENCE = 8;

/** Written by this code, and the digest of the record was checked. */
const parseEvidenceList = (text: string) => parseJson(text, limits) as unknown as Evidence[];

/** What a piece of evidence is about: cosignatures are renewed all the time, signed trees are not. */
const contradiction = ({ kind, checkpoints }: Evidence) =>
  JSON.stringify([kind, ...checkpoints.map((note) => note.split('\n\n', 1)[0])]);

/** Text that matches its digest but not its form was written by another version: damaged as well. */
function decode<Value>(stored: unknown, parse: (text: string) => Value): Value | null {
  const text = unseal(stored);
  if (text === null) return null;
  try {
    return parse(text);
  } catch (cause) {
    throw extensionError('WAX_STORE_CORRUPT', '', { cause });
  }
}

const present = <Value>(value: Value | null): value is Value => value !== null;

/** The store over a database. */
export function createStore(database: Database): BackgroundStore {
  const decodeSettings = (stored: unknown) => decode(stored, (text) => parseSettings(parseJson(text)));
  return {
    async settings() {
      return decodeSettings(await database.read('settings', 'settings')) ?? defaultSettings;
    },
    changeSettings: (change) =>
      database.change('settings', 'settings', (current) =>
        seal(JSON.stringify({ ...(decodeSettings(current) ?? defaultSettings), ...change })),
      ),
    async grants() {
      const stored = await database.readAll('grants');
      return stored.map((one) => decode(one, (text) => parseGrant(parseJson(text)))).filter(present);
    },
    putGrant: (grant) => database.change('grants', grant.site, () => seal(JSON.stringify(grant))),
    removeGrant: (site) => database.change('grants', site, () => null),
    async domains() {
      return (await database.readAll('domains')).map((one) => decode(one, parseDomain)).filter(present);
    },
    addDomain: (domain, accept) =>
      database.insert('domains', domain.name, (all) => {
        const there = all.map((one) => decode(one, parseDomain)).filter(present);
        if (there.some(({ name }) => name === domain.name)) {
          throw extensionError('WAX_EXT_DOMAIN_EXISTS', domain.name);
        }
        accept(there);
        return seal(JSON.stringify(domain));
      }),
    removeDomain: (name) => database.change('domains', name, () => null),
    async log(log) {
      return decode(await database.read('logs', log), parseLog);
    },
    replaceLog: (log, expected, next) =>
      database.change('logs', log, (current) => {
        const size = decode(current, parseLog)?.size ?? null;
        if (size !== expected) throw extensionError('WAX_STORE_CONFLICT', `${size ?? 'none'} is stored`);
        return seal(JSON.stringify({ size: next.size, text: next.text }));
      }),
    dropLog: (log) => database.change('logs', log, () => null),
    async evidence(log) {
      return decode(await database.read('evidence', log), parseEvidenceList) ?? [];
    },
    addEvidence: (log, evidence) =>
      database.change('evidence', log, (current) => {
        const kept = decode(current, parseEvidenceList) ?? [];
        const isKnown = kept.some((one) => contradiction(one) === contradiction(evidence));
        // The first ones tell when it began; a log that goes on lying cannot fill the disk.
        const next = isKnown || kept.length >= MOST_EVIDENCE ? kept : [...kept, evidence];
        return seal(JSON.stringify(next));
      }),
    async noteSeen(seen) {
      let last: SeenRelease | null = null;
      await database.change('seen', seen.service, (current) => {
        last = decode(current, (text) => parseSeen(parseJson(text)));
        return seal(JSON.stringify(seen));
      });
      return last;
    },
    forget: () => database.clear(),
    dropEvidence: (log, foundAt) =>
      database.change('evidence', log, (current) => {
        const left = (decode(current, parseEvidenceList) ?? []).filter((one) => one.foundAt !== foundAt);
        return left.length === 0 ? null : seal(JSON.stringify(left));
      }),
  };
}
