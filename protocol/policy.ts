/**
 * Trust domains: one log, who watches it, which hardware counts, and the enclaves that the log vouches for.
 * The built-in one and imported ones are kept apart and never merged.
 * @module
 */
import { type HardwarePolicy, parseHardwarePolicy } from './attestation/policy.ts';
import { parseBase64, toBase64, toHex } from './bytes.ts';
import { CodedError } from './errors.ts';
import { type JsonValue, parseJson } from './json.ts';
import { parseVerifierKey, type SignatureType, type VerifierKey } from './log/note.ts';
import { policyError } from './policy-errors.ts';
import {
  readArray,
  readBoolean,
  readHex,
  readInteger,
  readMap,
  readObject,
  readOneOf,
  readOrigin,
  readString,
} from './shape.ts';

interface Witness {
  name: string;
  /** Who runs it, for people. */
  operator: string;
  key: VerifierKey;
}

/** Who carries requests to an enclave, so that its operator sees the relay's address only. */
interface Relay {
  /** Origin of the relay. */
  url: string;
  /** Who runs it, for people. */
  operator: string;
}

export interface Enclave {
  /** Origin under which the enclave is reached. */
  service: string;
  name: string;
  /** Product whose releases may run there. */
  product: string;
  /** Whether its machine has to be in the log as well. */
  machines: boolean;
  /** Where it is named, there is no way around it. */
  relay?: Relay;
}

export interface TrustDomain {
  format: 'waxseal-trust-domain/1';
  name: string;
  log: {
    origin: string;
    /** Where its files are. */
    url: string;
    key: VerifierKey;
    /** A size and root that the log has to contain. */
    pin: { size: number; root: Uint8Array };
  };
  witnesses: Witness[];
  /** How many witnesses must have cosigned (k), and how many may be dishonest (f): 2k > n + f. */
  quorum: number;
  faulty: number;
  /** Hex SHA-256 of the bytes of the log's entry 0, its first policy. */
  policyEntry: string;
  /** Hardware that counts; a type that is not here is refused. */
  hardware: HardwarePolicy;
  /** The same as it stands in the file, where what has its default may be left out. */
  hardwareFile: { [key: string]: JsonValue };
  freshness: {
    /** Oldest cosignatures to seal under. */
    cosignatureHours: number;
    /** How often an open view syncs the log. */
    syncMinutes: number;
  };
  enclaves: Enclave[];
}

const FORMAT = 'waxseal-trust-domain/1';
const MAX_BYTES = 64 * 1024;

function readKey(value: JsonValue | undefined, path: string, type: SignatureType): VerifierKey {
  const text = readString(value, path, { most: 512 });
  let key: VerifierKey;
  try {
    key = parseVerifierKey(text);
  } catch (cause) {
    throw policyError('WAX_POLICY_KEY', path, { cause });
  }
  if (key.type !== type) throw policyError('WAX_POLICY_KEY', `${path} has type ${key.type}, not ${type}`);
  return key;
}

function readLog(value: JsonValue | undefined): TrustDomain['log'] {
  const log = readObject(value, 'log', ['origin', 'url', 'key', 'pin']);
  const pin = readObject(log.pin, 'log.pin', ['size', 'root']);
  return {
    origin: readString(log.origin, 'log.origin', { most: 253 }),
    url: readOrigin(log.url, 'log.url'),
    key: readKey(log.key, 'log.key', 1),
    pin: {
      size: readInteger(pin.size, 'log.pin.size', 1),
      root: parseBase64(readString(pin.root, 'log.pin.root'), 32),
    },
  };
}

function readWitness(value: JsonValue, path: string): Witness {
  const { name, operator, key } = readObject(value, path, ['name', 'operator', 'key']);
  return {
    name: readString(name, `${path}.name`, { most: 64 }),
    operator: readString(operator, `${path}.operator`, { most: 128 }),
    key: readKey(key, `${path}.key`, 4),
  };
}

function readRelay(value: JsonValue, path: string): Relay {
  const { url, operator } = readObject(value, path, ['url', 'operator']);
  return {
    url: readOrigin(url, `${path}.url`),
    operator: readString(operator, `${path}.operator`, { most: 128 }),
  };
}

function readEnclave(value: JsonValue, path: string): Enclave {
  const keys = ['service', 'name', 'product', 'machines'] as const;
  const { service, name, product, machines, relay } = readObject(value, path, keys, ['relay']);
  return {
    service: readOrigin(service, `${path}.service`),
    name: readString(name, `${path}.name`, { most: 64 }),
    product: readString(product, `${path}.product`, { most: 64 }),
    machines: readBoolean(machines, `${path}.machines`),
    ...(relay !== undefined && { relay: readRelay(relay, `${path}.relay`) }),
  };
}

function readFreshness(value: JsonValue | undefined): TrustDomain['freshness'] {
  const freshness = readObject(value, 'freshness', ['cosignatureHours', 'syncMinutes']);
  return {
    cosignatureHours: readInteger(freshness.cosignatureHours, 'freshness.cosignatureHours', 1, 24 * 7),
    syncMinutes: readInteger(freshness.syncMinutes, 'freshness.syncMinutes', 1, 24 * 60),
  };
}

function requireDistinct(
  texts: readonly string[],
  code: 'WAX_POLICY_KEY' | 'WAX_POLICY_DUPLICATE',
  what: string,
) {
  if (new Set(texts).size < texts.length) throw policyError(code, what);
}

/** Any two quorums must share a witness that is honest, or one log could show two trees, each with a quorum. */
function requireIntersection({ witnesses, quorum, faulty }: TrustDomain): void {
  if (quorum > witnesses.length || 2 * quorum <= witnesses.length + faulty) {
    throw policyError('WAX_POLICY_QUORUM', `${quorum} of ${witnesses.length}, ${faulty} faulty`);
  }
}

/** A relay at the address of a service would see both who asks and what is asked: it would hide nobody. */
function requireOtherRelays({ enclaves }: TrustDomain): void {
  const services = enclaves.map(({ service }) => service);
  for (const { relay } of enclaves)
    if (relay && services.includes(relay.url)) throw policyError('WAX_POLICY_RELAY', relay.url);
}

function readTrustDomain(value: JsonValue): TrustDomain {
  const fields = readObject(value, 'domain', [
    'format',
    'name',
    'log',
    'witnesses',
    'quorum',
    'faulty',
    'policyEntry',
    'hardware',
    'freshness',
    'enclaves',
  ]);
  const domain: TrustDomain = {
    format: readOneOf(fields.format, 'format', [FORMAT]),
    name: readString(fields.name, 'name', { most: 64 }),
    log: readLog(fields.log),
    witnesses: readArray(fields.witnesses, 'witnesses', readWitness, { least: 1, most: 32 }),
    quorum: readInteger(fields.quorum, 'quorum', 1),
    faulty: readInteger(fields.faulty, 'faulty', 0),
    policyEntry: readHex(fields.policyEntry, 'policyEntry', 32),
    hardware: parseHardwarePolicy(fields.hardware),
    hardwareFile: readMap(fields.hardware, 'hardware'),
    freshness: readFreshness(fields.freshness),
    enclaves: readArray(fields.enclaves, 'enclaves', readEnclave, { most: 64 }),
  };
  requireIntersection(domain);
  const keys = [domain.log.key, ...domain.witnesses.map(({ key }) => key)];
  requireDistinct(
    keys.map(({ publicKey }) => toHex(publicKey)),
    'WAX_POLICY_KEY',
    'one key in two roles',
  );
  // Cosignatures are told apart by key name.
  requireDistinct(
    keys.map(({ name }) => name),
    'WAX_POLICY_DUPLICATE',
    'key names',
  );
  requireDistinct(
    domain.witnesses.map(({ name }) => name),
    'WAX_POLICY_DUPLICATE',
    'witnesses',
  );
  requireDistinct(
    domain.enclaves.map(({ service }) => service),
    'WAX_POLICY_DUPLICATE',
    'services',
  );
  requireOtherRelays(domain);
  return domain;
}

/**
 * Reads a trust domain strictly: every key required but an enclave's relay, none unknown, at most 64 KiB.
 * @throws WAX_POLICY_*
 */
export function parseTrustDomain(input: Uint8Array | string): TrustDomain {
  try {
    return readTrustDomain(parseJson(input, { depth: 8, bytes: MAX_BYTES }));
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code.startsWith('WAX_POLICY_')) throw cause;
    throw policyError('WAX_POLICY_FORM', cause.detail, { cause });
  }
}

/** The file of a trust domain; `parseTrustDomain` reads it back. */
export function formatTrustDomain(domain: TrustDomain): string {
  const { log, witnesses } = domain;
  const file = {
    format: domain.format,
    name: domain.name,
    log: {
      origin: log.origin,
      url: log.url,
      key: log.key.text,
      pin: { size: log.pin.size, root: toBase64(log.pin.root) },
    },
    witnesses: witnesses.map(({ name, operator, key }) => ({ name, operator, key: key.text })),
    quorum: domain.quorum,
    faulty: domain.faulty,
    policyEntry: domain.policyEntry,
    hardware: domain.hardwareFile,
    freshness: domain.freshness,
    enclaves: domain.enclaves,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}
