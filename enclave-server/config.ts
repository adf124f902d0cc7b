/**
 * The measured configuration: one JSON file that holds everything an operator can decide about the enclave.
 * Its SHA-256 is in the runtime statement and in the release, so a change to it is a new release.
 * @module
 */
import { createHash } from 'node:crypto';
import { utf8 } from '../protocol/bytes.ts';
import { CodedError } from '../protocol/errors.ts';
import { type JsonValue, parseJson } from '../protocol/json.ts';
import {
  parseRuntimeStatement,
  type RuntimeStatement,
  readWireParameters,
  type WireParameters,
} from '../protocol/session/runtime-statement.ts';
import { readArray, readInteger, readObject, readOneOf, readOrigin } from '../protocol/shape.ts';
import { enclaveError } from './errors.ts';
import { type EngineConfig, type ModelConfig, readEngine, readModel } from './model-config.ts';

/** Lifetimes and sizes that every session gets (wire-format.md B2). */
export interface SessionConfig {
  offerTtlS: number;
  sessionTtlS: number;
  idleS: number;
  maxTurns: number;
  maxRequestBytes: number;
}

/** How much the server takes on before it says that it is busy. */
export interface LimitConfig {
  pendingSessions: number;
  liveSessions: number;
  /** TCP connections at once. */
  connections: number;
  /** Bytes of all requests that are held at once. */
  requestBytes: number;
  queuedOffers: number;
  repliesUnderWay: number;
  /** Turns that wait for a place in the engine. */
  queuedTurns: number;
  /** Longest wait of a turn for a place in the engine. */
  queueMs: number;
  /** Longest wait for one hardware report. */
  reportMs: number;
  /** Longest time for a reply that is sent in one block. */
  blockMs: number;
  /** How long replies under way may go on when the server is told to end. */
  drainMs: number;
}

export interface EnclaveConfig {
  service: string;
  models: ModelConfig[];
  engine: EngineConfig;
  wire: WireParameters;
  session: SessionConfig;
  limits: LimitConfig;
  /** Hex SHA-256 of the file as read. */
  sha256: string;
  /** The runtime statement that follows from it. */
  statement: Uint8Array;
}

const ENGINE_NAMES = {
  llama: 'llama.cpp by node-llama-cpp',
  openai: 'an engine in the same enclave, on a local socket',
};

function readSession(value: JsonValue, path: string): SessionConfig {
  const keys = ['offerTtlS', 'sessionTtlS', 'idleS', 'maxTurns', 'maxRequestBytes'] as const;
  const session = readObject(value, path, keys);
  return {
    offerTtlS: readInteger(session.offerTtlS, `${path}.offerTtlS`, 30, 900),
    sessionTtlS: readInteger(session.sessionTtlS, `${path}.sessionTtlS`, 60, 3600),
    idleS: readInteger(session.idleS, `${path}.idleS`, 10, 600),
    maxTurns: readInteger(session.maxTurns, `${path}.maxTurns`, 1, 256),
    maxRequestBytes: readInteger(session.maxRequestBytes, `${path}.maxRequestBytes`, 8_192, 8_388_608),
  };
}

function readLimits(value: JsonValue, path: string): LimitConfig {
  const keys = [
    'pendingSessions',
    'liveSessions',
    'connections',
    'requestBytes',
    'queuedOffers',
    'repliesUnderWay',
    'queuedTurns',
    'queueMs',
    'reportMs',
    'blockMs',
    'drainMs',
  ] as const;
  const limits = readObject(value, path, keys);
  return {
    pendingSessions: readInteger(limits.pendingSessions, `${path}.pendingSessions`, 1, 1_000_000),
    liveSessions: readInteger(limits.liveSessions, `${path}.liveSessions`, 1, 100_000),
    connections: readInteger(limits.connections, `${path}.connections`, 1, 100_000),
    // One request of the largest size must fit.
    requestBytes: readInteger(limits.requestBytes, `${path}.requestBytes`, 8_388_608, 1_099_511_627_776),
    queuedOffers: readInteger(limits.queuedOffers, `${path}.queuedOffers`, 1, 65_536),
    repliesUnderWay: readInteger(limits.repliesUnderWay, `${path}.repliesUnderWay`, 1, 10_000),
    queuedTurns: readInteger(limits.queuedTurns, `${path}.queuedTurns`, 0, 10_000),
    queueMs: readInteger(limits.queueMs, `${path}.queueMs`, 0, 600_000),
    reportMs: readInteger(limits.reportMs, `${path}.reportMs`, 100, 60_000),
    blockMs: readInteger(limits.blockMs, `${path}.blockMs`, 1_000, 3_600_000),
    drainMs: readInteger(limits.drainMs, `${path}.drainMs`, 0, 3_600_000),
  };
}

function readConfig(value: JsonValue): Omit<EnclaveConfig, 'sha256' | 'statement'> {
  const keys = ['format', 'service', 'models', 'engine', 'wire', 'session', 'limits'] as const;
  const fields = readObject(value, 'config', keys);
  readOneOf(fields.format, 'format', ['waxseal-enclave/1']);
  const engine = readEngine(fields.engine, 'engine');
  return {
    service: readOrigin(fields.service, 'service'),
    models: readArray(fields.models, 'models', (model, path) => readModel(model, path, engine.kind), {
      least: 1,
      most: 16,
    }),
    engine,
    wire: readWireParameters(fields.wire, 'wire'),
    session: readSession(fields.session, 'session'),
    limits: readLimits(fields.limits, 'limits'),
  };
}

/** What the enclave states about itself, as bytes (wire-format.md B2). */
function formatStatement(config: Omit<EnclaveConfig, 'statement'>): Uint8Array {
  const statement: RuntimeStatement = {
    protocol: 'waxseal/1',
    service: config.service,
    configSha256: config.sha256,
    engine: ENGINE_NAMES[config.engine.kind],
    accelerator: 'none',
    models: config.models.map(({ id, sha256, contextTokens, maxOutputTokens }) => {
      return { id, sha256, contextTokens, maxOutputTokens };
    }),
    wire: config.wire,
  };
  return utf8(JSON.stringify(statement));
}

/** Reads the configuration file strictly: every key required, none unknown, every number in bounds. */
export function parseEnclaveConfig(bytes: Uint8Array): EnclaveConfig {
  try {
    const fields = readConfig(parseJson(bytes, { bytes: 65_536, depth: 8 }));
    const config = { ...fields, sha256: createHash('sha256').update(bytes).digest('hex') };
    const statement = formatStatement(config);
    // What a client would refuse must not get as far as a client: answers too long for the records, equal ids.
    parseRuntimeStatement(statement);
    return { ...config, statement };
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw enclaveError('WAX_ENCLAVE_CONFIG', cause.detail || cause.code, { cause });
  }
}
