/**
 * The request inside the seal (wire-format.md B6): which operation, how the reply is to be carried, and the
 * OpenAI request object.
 * @module
 */
import { utf8 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import { type JsonValue, parseJson } from '../json.ts';
import { readMap, readObject, readOneOf } from '../shape.ts';
import { sessionError } from './errors.ts';
import { MAX_PLAINTEXT_BYTES, type Mode } from './sizes.ts';

/** Known fields of the request object, by operation. A field that is not here would be ignored silently. */
export const bodyFields = {
  chat: [
    'model',
    'messages',
    'stream',
    'stream_options',
    'temperature',
    'top_p',
    'max_tokens',
    'max_completion_tokens',
    'stop',
    'seed',
    'n',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
  ],
  embeddings: ['model', 'input', 'encoding_format', 'dimensions'],
  models: [],
} as const;

type Operation = keyof typeof bodyFields;
const OPERATIONS = Object.keys(bodyFields) as Operation[];

export interface TurnRequest {
  op: Operation;
  mode: Mode;
  /** The fields are known ones; their values are for the server to check. */
  body: { [key: string]: JsonValue };
}

/**
 * Most JSON values of a request. Text costs a parser next to nothing, and small values a great deal: eight
 * megabytes of them would hold up every other chat of a server.
 */
const MOST_VALUES = 65_536;
const LIMITS = { bytes: MAX_PLAINTEXT_BYTES, values: MOST_VALUES, floats: true };

function readTurnRequest(value: JsonValue): TurnRequest {
  const fields = readObject(value, 'request', ['op', 'mode', 'body']);
  const op = readOneOf(fields.op, 'op', OPERATIONS);
  const mode = readOneOf(fields.mode, 'mode', ['steady', 'block']);
  if (mode === 'steady' && op !== 'chat') throw sessionError('WAX_SESSION_REQUEST_BODY', `steady ${op}`);
  const body = readObject(fields.body, 'body', [], bodyFields[op]);
  return { op, mode, body: body as { [key: string]: JsonValue } };
}

/** Reads the JSON text of a request; unknown operations, modes and fields are refused. */
export function parseTurnRequest(json: Uint8Array): TurnRequest {
  try {
    return readTurnRequest(parseJson(json, LIMITS));
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code === 'WAX_SESSION_REQUEST_BODY') throw cause;
    // The detail of a parser could repeat a word of the prompt; its code cannot.
    throw sessionError('WAX_SESSION_REQUEST_BODY', cause.code);
  }
}

/** Writes the JSON text of a request, after the same checks. */
export function encodeTurnRequest(request: TurnRequest): Uint8Array {
  const json = utf8(JSON.stringify({ op: request.op, mode: request.mode, body: request.body }));
  parseTurnRequest(json);
  return json;
}

function modeOf(value: JsonValue): Mode {
  try {
    return readOneOf(readMap(value, 'request').mode, 'mode', ['steady', 'block']);
  } catch {
    return 'block';
  }
}

/**
 * Server side: the request, or null for what `parseTurnRequest` does not take, and how to carry the reply to it: a
 * refusal as it asked, if it did. Reads the text once; what was wrong with it stays unsaid.
 */
export function receiveTurnRequest(json: Uint8Array): { request: TurnRequest | null; mode: Mode } {
  let value: JsonValue = null;
  try {
    value = parseJson(json, LIMITS);
    const request = readTurnRequest(value);
    return { request, mode: request.mode };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { request: null, mode: modeOf(value) };
  }
}
