/**
 * The runtime statement (wire-format.md B2): what the enclave says about itself, hashed into the hardware
 * report. It is believed only as far as the report and a log release agree with it.
 * @module
 */
import { CodedError } from '../errors.ts';
import { type JsonValue, parseJson } from '../json.ts';
import { readArray, readHex, readInteger, readObject, readOneOf, readOrigin, readString } from '../shape.ts';
import { sessionError } from './errors.ts';
import { STEADY_COUNTS } from './sizes.ts';

interface StatedModel {
  id: string;
  /** Hex SHA-256 of the model file. */
  sha256: string;
  contextTokens: number;
  maxOutputTokens: number;
}

/** Shape of steady replies: a record of `recordBytes` every `tickMs`, `maxRecords` of them at most. */
export interface WireParameters {
  tickMs: number;
  recordBytes: number;
  maxRecords: number;
}

export interface RuntimeStatement {
  protocol: 'waxseal/1';
  /** Origin under which the operator runs this service. */
  service: string;
  configSha256: string;
  engine: string;
  accelerator: 'none';
  models: StatedModel[];
  wire: WireParameters;
}

const MODEL_KEYS = ['id', 'sha256', 'contextTokens', 'maxOutputTokens'] as const;
const KEYS = ['protocol', 'service', 'configSha256', 'engine', 'accelerator', 'models', 'wire'] as const;
/** Record header (type, length) and AEAD tag. */
const RECORD_OVERHEAD = 19;
/** Bytes of the event stream that one output token is reckoned to need. */
const BYTES_PER_TOKEN = 8;

function readModel(value: JsonValue, path: string): StatedModel {
  const model = readObject(value, path, MODEL_KEYS);
  return {
    id: readString(model.id, `${path}.id`, { most: 128 }),
    sha256: readHex(model.sha256, `${path}.sha256`, 32),
    contextTokens: readInteger(model.contextTokens, `${path}.contextTokens`, 1),
    maxOutputTokens: readInteger(model.maxOutputTokens, `${path}.maxOutputTokens`, 1),
  };
}

/** Wire parameters within the bounds of B2; releases carry the same three values. */
export function readWireParameters(value: JsonValue | undefined, path: string): WireParameters {
  const wire = readObject(value, path, ['tickMs', 'recordBytes', 'maxRecords']);
  const maxRecords = readInteger(wire.maxRecords, `${path}.maxRecords`);
  if (!STEADY_COUNTS.includes(maxRecords)) {
    throw sessionError('WAX_SESSION_STATEMENT', `${path}.maxRecords is not one of the counts of B7`);
  }
  return {
    tickMs: readInteger(wire.tickMs, `${path}.tickMs`, 20, 500),
    recordBytes: readInteger(wire.recordBytes, `${path}.recordBytes`, 64, 4096),
    maxRecords,
  };
}

function readStatement(value: JsonValue): RuntimeStatement {
  const fields = readObject(value, 'statement', KEYS);
  const statement: RuntimeStatement = {
    protocol: readOneOf(fields.protocol, 'protocol', ['waxseal/1']),
    service: readOrigin(fields.service, 'service'),
    configSha256: readHex(fields.configSha256, 'configSha256', 32),
    engine: readString(fields.engine, 'engine', { most: 256 }),
    // An accelerator would see the prompt and is covered by no check of this version.
    accelerator: readOneOf(fields.accelerator, 'accelerator', ['none']),
    models: readArray(fields.models, 'models', readModel, { least: 1, most: 16 }),
    wire: readWireParameters(fields.wire, 'wire'),
  };
  const { recordBytes, maxRecords } = statement.wire;
  const most = ((maxRecords - 2) * (recordBytes - RECORD_OVERHEAD)) / BYTES_PER_TOKEN;
  if (new Set(statement.models.map((model) => model.id)).size < statement.models.length) {
    throw sessionError('WAX_SESSION_STATEMENT', 'two models have the same id');
  }
  if (statement.models.some((model) => model.maxOutputTokens > most)) {
    throw sessionError('WAX_SESSION_STATEMENT', 'an answer of maxOutputTokens does not fit the records');
  }
  return statement;
}

/** Reads the statement strictly: every key required, none unknown, bounds of B2 enforced. */
export function parseRuntimeStatement(bytes: Uint8Array): RuntimeStatement {
  try {
    return readStatement(parseJson(bytes, { bytes: 16 * 1024 }));
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code === 'WAX_SESSION_STATEMENT') throw cause;
    throw sessionError('WAX_SESSION_STATEMENT', cause.detail, { cause });
  }
}
