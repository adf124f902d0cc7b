/**
 * C2SP tlog-policy: a text file of logs, witnesses, groups of them, and the quorum that makes a checkpoint valid.
 * The file is read as bytes: what is not ASCII is opaque, so names are kept as one character for each byte.
 * @module
 */
import { equalBytes, parseUtf8, utf8 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import type { TrustDomain } from '../policy.ts';
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { type Cosignature, verifyCosignatures } from './cosignature.ts';
import { logError } from './errors.ts';
import { parseNote, parseVerifierKey, type SignatureType, signaturesBy, type VerifierKey } from './note.ts';

interface PolicyLog {
  key: VerifierKey;
  url: string | null;
}

interface PolicyWitness extends PolicyLog {
  name: string;
}

interface PolicyGroup {
  name: string;
  /** How many of the members must have witnessed a checkpoint. */
  threshold: number;
  /** Names of witnesses and of groups that stand before this one. */
  members: string[];
}

export interface TlogPolicy {
  logs: PolicyLog[];
  witnesses: PolicyWitness[];
  /** In the order of the file: none refers to one that follows it. */
  groups: PolicyGroup[];
  /** Name of a witness or group, or `none`. */
  quorum: string;
}

/** Predefined: no cosignature is needed. */
const NONE = 'none';
const MAX_BYTES = 256 * 1024;
const MAX_LINES = 4096;

const wrong = (detail: string, cause?: unknown) =>
  logError('WAX_LOG_POLICY', detail, cause === undefined ? undefined : { cause });

/** One character for each byte, and back. */
const toOctets = (bytes: Uint8Array) => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};
const fromOctets = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

function hasForbiddenByte(bytes: Uint8Array): boolean {
  return bytes.some((byte) => (byte < 0x20 && byte !== 0x09 && byte !== 0x0a) || byte === 0x7f);
}

/** Everything that a file has said so far. */
class PolicyReader {
  readonly policy: TlogPolicy = { logs: [], witnesses: [], groups: [], quorum: '' };
  readonly #names = new Set<string>();
  readonly #members = new Set<string>();

  line([word = '', ...items]: string[]): void {
    if (word === 'log') this.#log(items);
    else if (word === 'witness') this.#witness(items);
    else if (word === 'group') this.#group(items);
    else if (word === 'quorum') this.#quorum(items);
    else throw wrong('unknown word');
  }

  #log([key, url, ...rest]: string[]): void {
    if (key === undefined || rest.length > 0) throw wrong('a log has a key, and perhaps an address');
    this.policy.logs.push(this.#keyed(key, url, 1, this.policy.logs));
  }

  #witness([name, key, url, ...rest]: string[]): void {
    if (name === undefined || key === undefined || rest.length > 0)
      throw wrong('a witness has a name and a key, and perhaps an address');
    const keyed = this.#keyed(key, url, 4, this.policy.witnesses);
    this.#define(name);
    this.policy.witnesses.push({ name, ...keyed });
  }

  /** Keys are the same if the public key is, whatever they are called. */
  #keyed(vkey: string, url: string | undefined, type: SignatureType, known: readonly PolicyLog[]): PolicyLog {
    const key = parseVerifierKey(parseUtf8(fromOctets(vkey)));
    if (key.type !== type) throw wrong(`a key of type ${key.type} where type ${type} is needed`);
    if (known.some((one) => equalBytes(one.key.publicKey, key.publicKey)))
      throw wrong('a public key stands twice');
    return { key, url: url === undefined ? null : parseUtf8(fromOctets(url)) };
  }

  #group([name, count, ...members]: string[]): void {
    if (name === undefined || count === undefined || members.length === 0)
      throw wrong('a group has a name, a threshold and members');
    for (const member of members) {
      if (!this.#names.has(member)) throw wrong('a member that no line before defines');
      if (this.#members.has(member)) throw wrong('a member of two groups, or twice of one');
      this.#members.add(member);
    }
    this.#define(name);
    this.policy.groups.push({ name, threshold: readThreshold(count, members.length), members });
  }

  #define(name: string): void {
    if (name === NONE || this.#names.has(name)) throw wrong('a name that is defined already');
    this.#names.add(name);
  }

  #quorum([name, ...rest]: string[]): void {
    if (name === undefined || rest.length > 0) throw wrong('a quorum has one name');
    if (this.policy.quorum !== '') throw wrong('two quorums');
    if (name !== NONE && !this.#names.has(name)) throw wrong('a quorum that no line before defines');
    this.policy.quorum = name;
  }
}

function readThreshold(text: string, members: number): number {
  if (text === 'any') return 1;
  if (text === 'all') return members;
  const count = Number(text);
  if (!/^[1-9][0-9]{0,5}$/.test(text) || count > members)
    throw wrong('a threshold from 1 to the members is needed');
  return count;
}

/** Reads a policy file. Throws WAX_LOG_POLICY; signature types other than 1 for logs and 4 for witnesses too. */
export function parseTlogPolicy(bytes: Uint8Array): TlogPolicy {
  if (bytes.length > MAX_BYTES) throw wrong('too long');
  if (hasForbiddenByte(bytes)) throw wrong('a control character');
  const lines = toOctets(bytes).split('\n');
  // Whatever was cut off would mean something else: "group g 1 a" is the start of "group g 1 a b".
  if (lines.pop() !== '') throw wrong('the last line has no end');
  if (lines.length > MAX_LINES) throw wrong('too many lines');
  const reader = new PolicyReader();
  for (const [index, line] of lines.entries()) {
    const items = line.split(/[ \t]+/).filter((item) => item !== '');
    if (items.length === 0 || items[0]?.startsWith('#')) continue;
    try {
      reader.line(items);
    } catch (cause) {
      if (!(cause instanceof CodedError)) throw cause;
      throw wrong(`line ${index + 1}: ${cause.detail}`, cause);
    }
  }
  if (reader.policy.quorum === '') throw wrong('no quorum');
  return reader.policy;
}

/** Whether the witnesses of these names (as the policy has them) are the quorum. */
export function isQuorum({ groups, quorum }: TlogPolicy, cosigners: Iterable<string>): boolean {
  if (quorum === NONE) return true;
  const witnessed = new Set(cosigners);
  for (const { name, threshold, members } of groups) {
    if (members.filter((member) => witnessed.has(member)).length >= threshold) witnessed.add(name);
  }
  return witnessed.has(quorum);
}

/** What two quorums may have in common, and how few witnesses one takes, for a witness or group. */
interface Reach {
  least: number;
  /** Whether two quorums can do without a witness in common. */
  isSplit: boolean;
}

/** Each name is a member of one group at most, so no witness counts in two of them. */
function reachOf({ witnesses, groups, quorum }: TlogPolicy): Reach {
  if (quorum === NONE) return { least: 0, isSplit: true };
  const reach = new Map<string, Reach>(witnesses.map(({ name }) => [name, { least: 1, isSplit: false }]));
  for (const { name, threshold, members } of groups) {
    const inside = members.map((member) => reach.get(member) ?? { least: 1, isSplit: false });
    const fewest = inside.map(({ least }) => least).sort((a, b) => a - b);
    // A member that can be split is there for both sides; any other for one of them.
    const places = inside.length + inside.filter(({ isSplit }) => isSplit).length;
    reach.set(name, {
      least: fewest.slice(0, threshold).reduce((sum, least) => sum + least, 0),
      isSplit: places >= 2 * threshold,
    });
  }
  return reach.get(quorum) ?? { least: 1, isSplit: false };
}

/** The number of witnesses in the smallest quorum. */
export const leastQuorum = (policy: TlogPolicy): number => reachOf(policy).least;

/** Whether any two quorums have a witness in common: else a log could show two trees, each with a quorum. */
export const quorumsIntersect = (policy: TlogPolicy): boolean => !reachOf(policy).isSplit;

/** The k of a policy that asks for k of all its witnesses, whichever; null for any other. */
export function plainThreshold({ witnesses, groups, quorum }: TlogPolicy): number | null {
  const [group, ...others] = groups;
  if (group === undefined) return witnesses.length === 1 && witnesses[0]?.name === quorum ? 1 : null;
  const isPlain = others.length === 0 && group.name === quorum && group.members.length === witnesses.length;
  return isPlain && group.members.every((name) => witnesses.some((witness) => witness.name === name))
    ? group.threshold
    : null;
}

/** What a policy found valid: the checkpoint, the log that signed it, and who cosigned it when. */
export interface ValidCheckpoint {
  checkpoint: Checkpoint;
  log: PolicyLog;
  /** By the witnesses' names in the policy. */
  cosignatures: Cosignature[];
}

/**
 * Proves that a checkpoint is valid under a policy: signed by the one of its logs whose name is the origin, and
 * cosigned by a quorum, at whatever time.
 * @throws WAX_LOG_UNSIGNED for a log that is not in the policy, WAX_LOG_QUORUM, and what notes are refused with
 */
export async function verifyUnderPolicy(noteText: string, policy: TlogPolicy): Promise<ValidCheckpoint> {
  const note = parseNote(noteText);
  const origin = note.text.slice(0, note.text.indexOf('\n'));
  // A log that changes its key has two under one name for a while.
  const logs = policy.logs.filter(({ key }) => key.name === origin);
  const signed = logs.find(({ key }) => signaturesBy(note, key).length > 0);
  if (signed === undefined) throw logError('WAX_LOG_UNSIGNED', 'by no log of the policy');
  const checkpoint = await verifyCheckpoint(noteText, signed.key);
  const cosignatures: Cosignature[] = [];
  for (const { name, key } of policy.witnesses) {
    for (const { at } of await verifyCosignatures(note, [key])) cosignatures.push({ name, at });
  }
  const cosigners = cosignatures.map(({ name }) => name);
  if (!isQuorum(policy, cosigners)) throw logError('WAX_LOG_QUORUM', `${cosigners.length} have`);
  return { checkpoint, log: signed, cosignatures };
}

/** The text of a policy file. Throws WAX_LOG_POLICY for what would not be read back. */
export function formatTlogPolicy({ logs, witnesses, groups, quorum }: TlogPolicy): Uint8Array {
  const keyed = ({ key, url }: PolicyLog) => toOctets(utf8(url === null ? key.text : `${key.text} ${url}`));
  const lines = [
    ...logs.map((log) => `log ${keyed(log)}`),
    ...witnesses.map((witness) => `witness ${witness.name} ${keyed(witness)}`),
    ...groups.map(({ name, threshold, members }) => `group ${name} ${threshold} ${members.join(' ')}`),
    `quorum ${quorum}`,
  ];
  const bytes = fromOctets(`${lines.join('\n')}\n`);
  parseTlogPolicy(bytes);
  return bytes;
}

/** A policy that asks for `threshold` of these witnesses, whichever; they are called as their keys are. */
export function plainPolicy(witnesses: readonly PolicyLog[], threshold: number): TlogPolicy {
  const named = witnesses.map(({ key, url }) => ({ name: toOctets(utf8(key.name)), key, url }));
  const members = named.map(({ name }) => name);
  let name = 'witnesses';
  while (members.includes(name)) name += '-quorum';
  return { logs: [], witnesses: named, groups: [{ name, threshold, members }], quorum: name };
}

/**
 * The log and the witnesses of a trust domain, for tools that know only C2SP. Hardware and ages have no place in it.
 * @param addresses where witnesses take submissions, by the names of their keys, for those of which it is known
 */
export function tlogPolicyOf(
  { log, witnesses, quorum }: TrustDomain,
  addresses: ReadonlyMap<string, string> = new Map(),
): TlogPolicy {
  if (log.key.name !== log.origin) throw wrong('the origin of the log is not the name of its key');
  const placed = witnesses.map(({ key }) => ({ key, url: addresses.get(key.name) ?? null }));
  return { ...plainPolicy(placed, quorum), logs: [{ key: log.key, url: log.url }] };
}
