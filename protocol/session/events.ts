/**
 * The event stream (wire-format.md B7): what the DATA payloads of a reply, joined, consist of.
 * @module
 */
import { concatBytes, u8, u16, utf8 } from '../bytes.ts';
import { CodedError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { readHex, readInteger, readObject, readOneOf, readString } from '../shape.ts';
import { sessionError } from './errors.ts';

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls';

/** What closes a reply: why it ended, and which model made it. */
export interface Summary {
  finish_reason: FinishReason;
  model: string;
  /** Hex SHA-256, one of those in the runtime statement. */
  modelSha256: string;
  usage: Usage;
}

/** Part of a call that the model wants made; `arguments` is a piece of JSON text. */
interface ToolCallDelta {
  index: number;
  id?: string;
  name?: string;
  arguments?: string;
}

export type StreamEvent =
  | { kind: 'text'; text: string }
  | { kind: 'reasoning'; text: string }
  | { kind: 'tool-call'; call: ToolCallDelta }
  | { kind: 'result'; bytes: Uint8Array }
  | { kind: 'summary'; summary: Summary };

const KINDS = { text: 1, reasoning: 2, 'tool-call': 3, result: 4, summary: 5 } as const;
const HEADER_BYTES = 3;
const MOST_BYTES = 0xffff;

/** Cuts at `MOST_BYTES` or, in text, at the last code point boundary before it. */
function* pieces(bytes: Uint8Array, isText: boolean): Generator<Uint8Array> {
  let start = 0;
  do {
    let end = Math.min(bytes.length, start + MOST_BYTES);
    while (isText && end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--;
    yield bytes.subarray(start, end);
    start = end;
  } while (start < bytes.length);
}

function payloadOf(event: StreamEvent): Uint8Array {
  switch (event.kind) {
    case 'text':
    case 'reasoning':
      return utf8(event.text);
    case 'tool-call':
      return utf8(JSON.stringify(event.call));
    case 'result':
      return event.bytes;
    case 'summary':
      return utf8(JSON.stringify(event.summary));
  }
}

/** Bytes of an event; text and results that are longer than one event may be become several. */
export function encodeEvent(event: StreamEvent): Uint8Array {
  const payload = payloadOf(event);
  const isText = event.kind === 'text' || event.kind === 'reasoning';
  if (payload.length > MOST_BYTES && !isText && event.kind !== 'result') {
    throw sessionError('WAX_SESSION_EVENT', `${event.kind} of ${payload.length} bytes`);
  }
  const kind = u8(KINDS[event.kind]);
  return concatBytes(...[...pieces(payload, isText)].flatMap((piece) => [kind, u16(piece.length), piece]));
}

// Unlike parseUtf8, this keeps a byte order mark: in the middle of a text it is a character like others.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readText(payload: Uint8Array): string {
  try {
    return decoder.decode(payload);
  } catch {
    throw sessionError('WAX_SESSION_EVENT', 'text is not whole code points of UTF-8');
  }
}

function readToolCall(payload: Uint8Array): ToolCallDelta {
  const call = readObject(parseJson(payload), 'tool call', ['index'], ['id', 'name', 'arguments']);
  const text = (value: typeof call.id, path: string) =>
    value === '' ? '' : readString(value, path, { most: MOST_BYTES });
  return {
    index: readInteger(call.index, 'index', 0, 255),
    ...(call.id !== undefined && { id: text(call.id, 'id') }),
    ...(call.name !== undefined && { name: text(call.name, 'name') }),
    ...(call.arguments !== undefined && { arguments: text(call.arguments, 'arguments') }),
  };
}

function readSummary(payload: Uint8Array): Summary {
  const fields = readObject(parseJson(payload), 'summary', [
    'finish_reason',
    'model',
    'modelSha256',
    'usage',
  ]);
  const usage = readObject(fields.usage, 'usage', ['prompt_tokens', 'completion_tokens', 'total_tokens']);
  return {
    finish_reason: readOneOf(fields.finish_reason, 'finish_reason', ['stop', 'length', 'tool_calls']),
    model: readString(fields.model, 'model', { most: 128 }),
    modelSha256: readHex(fields.modelSha256, 'modelSha256', 32),
    usage: {
      prompt_tokens: readInteger(usage.prompt_tokens, 'prompt_tokens'),
      completion_tokens: readInteger(usage.completion_tokens, 'completion_tokens'),
      total_tokens: readInteger(usage.total_tokens, 'total_tokens'),
    },
  };
}

function parseEvent(kind: number, payload: Uint8Array): StreamEvent {
  switch (kind) {
    case KINDS.text:
      return { kind: 'text', text: readText(payload) };
    case KINDS.reasoning:
      return { kind: 'reasoning', text: readText(payload) };
    case KINDS['tool-call']:
      return { kind: 'tool-call', call: readToolCall(payload) };
    case KINDS.result:
      return { kind: 'result', bytes: payload.slice() };
    case KINDS.summary:
      return { kind: 'summary', summary: readSummary(payload) };
    default:
      throw sessionError('WAX_SESSION_EVENT', `unknown kind ${kind}`);
  }
}

/** Client side: takes the stream in any pieces, gives whole events, and is strict about all of them. */
export class EventParser {
  #held: Uint8Array = new Uint8Array();
  #summary: Summary | null = null;

  /** The closing summary, once it has come. */
  get summary(): Summary | null {
    return this.#summary;
  }

  /** Adds bytes and gives the events that they complete. */
  push(bytes: Uint8Array): StreamEvent[] {
    this.#held = concatBytes(this.#held, bytes);
    const events: StreamEvent[] = [];
    let at = 0;
    while (this.#held.length - at >= HEADER_BYTES) {
      const [kind, high, low] = this.#held.subarray(at, at + HEADER_BYTES) as unknown as [
        number,
        number,
        number,
      ];
      const end = at + HEADER_BYTES + 256 * high + low;
      if (end > this.#held.length) break;
      events.push(this.#take(kind, this.#held.subarray(at + HEADER_BYTES, end)));
      at = end;
    }
    this.#held = this.#held.slice(at);
    if (this.#summary !== null && this.#held.length > 0) this.#tooLate();
    return events;
  }

  #tooLate(): never {
    throw sessionError('WAX_SESSION_EVENT', 'something follows the summary');
  }

  #take(kind: number, payload: Uint8Array): StreamEvent {
    if (this.#summary !== null) this.#tooLate();
    let event: StreamEvent;
    try {
      event = parseEvent(kind, payload);
    } catch (cause) {
      if (!(cause instanceof CodedError) || cause.code === 'WAX_SESSION_EVENT') throw cause;
      throw sessionError('WAX_SESSION_EVENT', cause.code, { cause });
    }
    if (event.kind === 'summary') this.#summary = event.summary;
    return event;
  }

  /** Says that the content is complete: on an event boundary, with its summary. */
  finish(): Summary {
    if (this.#held.length > 0) throw sessionError('WAX_SESSION_EVENT', 'the last event is cut off');
    if (this.#summary === null) throw sessionError('WAX_SESSION_EVENT', 'no summary');
    return this.#summary;
  }
}
