/**
 * Makes whole transparency logs in memory, to order: publishers, witnesses, entries good and bad,
 * checkpoints cosigned by whom and when you like, the trust domain that goes with it, and a `fetch` that
 * serves it. Everything is deterministic: the same calls give the same bytes.
 *
 *     const log = await LogBuilder.create();            // entry 0 is the policy: 2 of 3 publishers
 *     const { index } = await log.release({ version: 2 });
 *     await log.revoke(index);
 *     await log.publish({ at: START + HOUR });           // checkpoint by the log and all witnesses
 *     const { state } = await syncLog({ domain: log.domain(), state: null, fetch: log.fetch, now: ... });
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64, toHex, utf8 } from '../../protocol/bytes.ts';
import type { JsonValue } from '../../protocol/json.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import { type EnvelopeSigner, encodeEnvelope, signPayload } from '../../protocol/log/dsse.ts';
import type { ReleaseFields } from '../../protocol/log/kinds/release.ts';
import { type NoteSigner, signerFromSeed, signNote } from '../../protocol/log/signer.ts';
import { formatStatement, type KnownKind, type StatementOf } from '../../protocol/log/statement.ts';
import { encodeEntryBundle, parseTilePath } from '../../protocol/log/tiles.ts';
import { Frontier, hashLeaf, hashNode, rootAt } from '../../protocol/log/tree.ts';
import { parseTrustDomain, type TrustDomain } from '../../protocol/policy.ts';
import { nativeEnvelopeSigner } from './native-signer.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** When test logs begin: 22 November 2026, 14:00 UTC. */
export const START = Date.UTC(2026, 10, 22, 14);

/** A 32-byte seed that follows from a label. Test keys are worthless by design. */
export function testSeed(label: string): Uint8Array {
  return sha256(utf8(`waxseal test key: ${label}`));
}

/** A hex digest that follows from a label. */
export function testDigest(label: string, bytes: 32 | 48 = 32): string {
  const hex = toHex(sha256(utf8(`waxseal test digest: ${label}`)));
  return (hex + hex).slice(0, 2 * bytes);
}

export interface LogOptions {
  /** Distinguishes the keys of two logs; the same seed gives the same keys, so a fork is a second builder. */
  seed?: string;
  origin?: string;
  url?: string;
  at?: number;
  /** Number of publishers and how many of them an approval needs. */
  publishers?: number;
  threshold?: number;
  witnesses?: number;
  quorum?: number;
  /** What they are called, where a person will read it. */
  names?: { publishers?: string[]; witnesses?: string[] };
}

export interface EntryOptions {
  /** Who signs, by number; the threshold unless said (one for a status). */
  by?: number[];
  /** Any of the common fields, to make entries that must not count. */
  log?: string;
  policy?: string | null;
  notBefore?: number;
  critical?: boolean;
}

export interface AddedEntry {
  index: number;
  bytes: Uint8Array;
  entrySha256: string;
  statementSha256: string;
}

export interface PublishOptions {
  /** Time of the cosignatures, in milliseconds; the log's own time unless said. */
  at?: number;
  /** Which witnesses cosign, by number; or each one's own time. All at `at` unless said. */
  by?: number[];
  times?: { [witness: number]: number };
  /** Size of the checkpoint; everything unless said. */
  size?: number;
  /** A root that is not this tree's. */
  root?: Uint8Array;
  /** The log's own signature. */
  signer?: NoteSigner;
}

/** What differs between two statements of a kind. */
type Fields<K extends KnownKind> = Omit<StatementOf<K>, 'kind' | 'log' | 'policy' | 'notBefore' | 'critical'>;

/** Fields of a release that approves the simulator for `https://enclave.example`. */
export function releaseFields(at: number, changes: Partial<ReleaseFields> = {}): ReleaseFields {
  return {
    expires: at + 60 * DAY,
    product: 'waxseal-demo',
    version: 1,
    retiresOlderAfterHours: 168,
    measurements: {
      'sev-snp-simulated': [{ shape: '1 vCPU', registers: { launchDigest: testDigest('launch', 48) } }],
    },
    configSha256: testDigest('config'),
    models: [{ id: 'tiny', sha256: testDigest('model') }],
    services: ['https://enclave.example'],
    wire: { tickMs: 50, recordBytes: 512, maxRecords: 1024 },
    source: { repository: 'https://example.org/waxseal', commit: testDigest('commit').slice(0, 40) },
    build: { recipe: 'image/build.ts', sha256: testDigest('recipe') },
    ...changes,
  };
}

export class LogBuilder {
  readonly origin: string;
  readonly url: string;
  readonly signer: NoteSigner;
  readonly publishers: EnvelopeSigner[];
  readonly witnesses: NoteSigner[];
  readonly quorum: number;
  readonly entries: Uint8Array[] = [];
  /** The log's own time: where the next entry's `notBefore` and the next cosignatures are, unless said. */
  now: number;
  threshold: number;
  /** Newest published checkpoint. */
  checkpoint = '';
  readonly #publisherNames: string[];
  #policy: string | null = null;
  #genesis = '';
  readonly #hashes: Uint8Array[][] = [[]];

  private constructor(options: LogOptions) {
    const { seed = 'log', publishers = 3, witnesses = 3, names = {} } = options;
    this.#publisherNames = names.publishers ?? [];
    this.origin = options.origin ?? 'log.example/waxseal';
    this.url = options.url ?? 'https://log.example';
    this.now = options.at ?? START;
    this.threshold = options.threshold ?? 2;
    this.quorum = options.quorum ?? 2;
    this.signer = signerFromSeed(this.origin, 1, testSeed(seed));
    this.publishers = Array.from({ length: publishers }, (_, i) =>
      nativeEnvelopeSigner(testSeed(`publisher ${i}`)),
    );
    this.witnesses = Array.from({ length: witnesses }, (_, i) =>
      signerFromSeed(names.witnesses?.[i] ?? `witness-${i}.example`, 4, testSeed(`witness ${i}`)),
    );
  }

  /** A log with its first policy in place and published. */
  static async create(options: LogOptions = {}): Promise<LogBuilder> {
    const log = new LogBuilder(options);
    const publishers = log.publisherList();
    const first = await log.add('policy', { publishers, threshold: log.threshold });
    log.#genesis = first.entrySha256;
    await log.publish();
    return log;
  }

  /** Publishers `which` as a policy lists them. */
  publisherList(which: number[] = [...this.publishers.keys()]): { name: string; key: string }[] {
    return which.map((i) => ({
      name: this.#publisherNames[i] ?? `publisher-${i}`,
      key: toBase64(this.#publisher(i).publicKey),
    }));
  }

  /** Hex hash of the policy entry in force. */
  get policy(): string | null {
    return this.#policy;
  }

  get size(): number {
    return this.entries.length;
  }

  /** The bytes of an entry, signed, without adding it. */
  async entry<K extends KnownKind>(
    kind: K,
    fields: Fields<K>,
    options: EntryOptions = {},
  ): Promise<Uint8Array> {
    const statement = {
      kind,
      log: options.log ?? this.origin,
      policy: options.policy === undefined ? this.#policy : options.policy,
      notBefore: options.notBefore ?? this.now,
      critical: options.critical ?? true,
      ...fields,
    } as unknown as StatementOf<K>;
    const signers = options.by ?? [...Array(kind === 'status' ? 1 : this.threshold).keys()];
    return this.sign(formatStatement(statement), signers);
  }

  /** Any payload in an envelope signed by the publishers `by`. */
  async sign(payload: Uint8Array, by: number[]): Promise<Uint8Array> {
    const signers = by.map((i) => this.#publisher(i));
    return encodeEnvelope(await signPayload(payload, signers));
  }

  /** Adds an entry of any kind, authorised or not. */
  async add<K extends KnownKind>(
    kind: K,
    fields: Fields<K>,
    options: EntryOptions = {},
  ): Promise<AddedEntry> {
    const added = this.addBytes(await this.entry(kind, fields, options));
    if (kind === 'policy') {
      this.#policy = added.entrySha256;
      this.threshold = (fields as Fields<'policy'>).threshold;
    }
    return added;
  }

  /** Adds any bytes as an entry. */
  addBytes(bytes: Uint8Array): AddedEntry {
    this.entries.push(bytes);
    let index = this.entries.length - 1;
    let hash = hashLeaf(bytes);
    this.#level(0)[index] = hash;
    for (let level = 0; index % 2 === 1; level++) {
      hash = hashNode(this.hashAt(level, index - 1), hash);
      index = (index - 1) / 2;
      this.#level(level + 1)[index] = hash;
    }
    return {
      index: this.entries.length - 1,
      bytes,
      entrySha256: toHex(sha256(bytes)),
      statementSha256: statementHash(bytes),
    };
  }

  /** Adds entries that are nothing: they fill a log quickly, since nobody signs them. */
  fill(count: number): void {
    for (let i = 0; i < count; i++) this.addBytes(utf8(`filler ${this.size}`));
  }

  release(changes: Partial<ReleaseFields> = {}, options: EntryOptions = {}): Promise<AddedEntry> {
    return this.add('release', releaseFields(options.notBefore ?? this.now, changes), options);
  }

  revoke(
    index: number,
    options: EntryOptions & { action?: 'revoke' | 'supersede' } = {},
  ): Promise<AddedEntry> {
    const { action = 'revoke', ...rest } = options;
    const statementSha256 = statementHash(this.#entryAt(index));
    return this.add('status', { action, index, statementSha256, reason: 'test' }, rest);
  }

  /** An entry of a kind that nobody knows yet, signed by one publisher unless said. */
  unknown(critical: boolean, by: number[] = [0]): Promise<Uint8Array> {
    const notBefore = new Date(this.now).toISOString().replace('.000Z', 'Z');
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'something', digest: { sha256: testDigest('something') } }],
      predicateType: 'urn:waxseal:recall:v2',
      predicate: { log: this.origin, policy: this.#policy, notBefore, critical, more: [] },
    };
    return this.sign(utf8(JSON.stringify(statement)), by);
  }

  hashAt = (level: number, index: number): Uint8Array => {
    const hash = this.#level(level)[index];
    if (hash === undefined) throw new RangeError(`no hash at ${level}/${index}`);
    return hash;
  };

  root(size = this.size): Uint8Array {
    return rootAt(size, this.hashAt);
  }

  /** The frontier at a size. */
  frontier(size = this.size): Frontier {
    const frontier = Frontier.empty();
    for (const entry of this.entries.slice(0, size)) frontier.append(hashLeaf(entry));
    return frontier;
  }

  /** A signed and cosigned checkpoint, as text. */
  async sealCheckpoint(options: PublishOptions = {}): Promise<string> {
    const size = options.size ?? this.size;
    const text = formatCheckpoint({ origin: this.origin, size, root: options.root ?? this.root(size) });
    const at = options.at ?? this.now;
    const by = options.by ?? [...this.witnesses.keys()];
    const times = options.times ?? Object.fromEntries(by.map((i) => [i, at]));
    let note = `${text}\n${await signNote(text, options.signer ?? this.signer)}`;
    for (const [i, time] of Object.entries(times)) {
      const witness = this.witnesses[Number(i)];
      if (witness) note += await cosign(text, witness, Math.floor(time / 1000));
    }
    return note;
  }

  /** Seals a checkpoint and serves it from now on. */
  async publish(options: PublishOptions = {}): Promise<string> {
    if (options.at !== undefined) this.now = Math.max(this.now, options.at);
    this.checkpoint = await this.sealCheckpoint(options);
    return this.checkpoint;
  }

  /** The trust domain file of this log, pinned at size 1 unless changed. */
  domainFile(changes: { [key: string]: JsonValue } = {}): { [key: string]: JsonValue } {
    return {
      format: 'waxseal-trust-domain/1',
      name: 'Test domain',
      log: {
        origin: this.origin,
        url: this.url,
        key: this.signer.verifierKey.text,
        pin: { size: 1, root: toBase64(this.root(1)) },
      },
      witnesses: this.witnesses.map(({ verifierKey }, i) => ({
        name: `Witness ${i}`,
        operator: `Operator ${i}`,
        key: verifierKey.text,
      })),
      quorum: this.quorum,
      faulty: 0,
      policyEntry: this.#genesis,
      hardware: { 'sev-snp-simulated': {} },
      freshness: { cosignatureHours: 24, syncMinutes: 15 },
      enclaves: [
        { service: 'https://enclave.example', name: 'Fernhill', product: 'waxseal-demo', machines: false },
      ],
      ...changes,
    };
  }

  domain(changes: { [key: string]: JsonValue } = {}): TrustDomain {
    return parseTrustDomain(JSON.stringify(this.domainFile(changes)));
  }

  /** The file at a path of the log, such as `checkpoint` or `tile/entries/000`; null where there is none. */
  file(path: string): Uint8Array<ArrayBuffer> | null {
    if (path === 'checkpoint') return utf8(this.checkpoint);
    try {
      const { level, index, width } = parseTilePath(path);
      if (level === 'entries') {
        const entries = this.entries.slice(256 * index, 256 * index + width);
        return entries.length === width ? encodeEntryBundle(entries).slice() : null;
      }
      const hashes = Array.from({ length: width }, (_, i) => this.hashAt(8 * level, 256 * index + i));
      return Uint8Array.from(hashes.flatMap((hash) => [...hash]));
    } catch {
      return null;
    }
  }

  /** A `fetch` that knows only this log, and ranges that go to the end of a file. */
  fetch: typeof fetch = async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const body = url.startsWith(`${this.url}/`) ? this.file(url.slice(this.url.length + 1)) : null;
    if (body === null) return new Response(null, { status: 404 });
    const range = /^bytes=(\d+)-$/.exec(new Headers(init?.headers).get('range') ?? '');
    if (range === null) return new Response(body, { status: 200 });
    const start = Number(range[1]);
    const headers = { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` };
    return new Response(body.slice(start), { status: 206, headers });
  };

  #level(level: number): Uint8Array[] {
    this.#hashes[level] ??= [];
    return this.#hashes[level];
  }

  #publisher(i: number): EnvelopeSigner {
    const publisher = this.publishers[i];
    if (publisher === undefined) throw new RangeError(`no publisher ${i}`);
    return publisher;
  }

  #entryAt(index: number): Uint8Array {
    const entry = this.entries[index];
    if (entry === undefined) throw new RangeError(`no entry ${index}`);
    return entry;
  }
}

/** Hex SHA-256 of an entry's payload; empty for bytes that are no envelope. */
function statementHash(entry: Uint8Array): string {
  const payload = /"payload":"([^"]*)"/.exec(Buffer.from(entry).toString('utf8'))?.[1];
  return payload === undefined ? '' : toHex(sha256(Buffer.from(payload, 'base64')));
}
