/**
 * The OpenAI chat completion request inside the seal: known fields only, all of them bounded. The engine gets
 * what is rebuilt from them, never the client's object.
 * @module
 */

import { CodedError } from '../protocol/errors.ts';
import type { JsonValue } from '../protocol/json.ts';
import {
  readArray,
  readBoolean,
  readInteger,
  readMap,
  readObject,
  readOneOf,
  readString,
} from '../protocol/shape.ts';
import { readFormat, readParallel, readToolChoice, readTools } from './chat-tools.ts';
import type { AnswerFormat, ChatMessage, Tool, ToolChoice } from './engine/engine.ts';
import { roles } from './engine/template.ts';
import { TurnRefusal } from './refusal.ts';

export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  /** Null: as many as the model may give. */
  maxTokens: number | null;
  temperature: number;
  topP: number;
  stop: string[];
  seed: number | null;
  tools: Tool[];
  toolChoice: ToolChoice;
  /** Null for plain text. */
  format: AnswerFormat | null;
}

const KNOWN = [
  'model',
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'seed',
  'n',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
] as const;

const MOST_MESSAGES = 1024;
const MOST_STOPS = 4;
const LONGEST_STOP = 64;
const MOST_TOKENS = 1_048_576;

function readNumber(value: JsonValue | undefined, least: number, most: number, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'number' || value < least || value > most) throw new TurnRefusal('bad-request');
  return value;
}

/** Content is text, or the list of text parts that some libraries send. */
function readContent(value: JsonValue, path: string): string {
  if (typeof value === 'string') return value;
  const parts = readArray(
    value,
    path,
    (part, partPath) => {
      const { type, text } = readObject(part, partPath, ['type', 'text']);
      readOneOf(type, `${partPath}.type`, ['text']);
      if (typeof text !== 'string') throw new TurnRefusal('bad-request');
      return text;
    },
    { least: 1, most: 64 },
  );
  return parts.join('');
}

const MOST_CALLS = 64;
const LONGEST_ARGUMENTS = 65_536;

function readCall(value: JsonValue, path: string) {
  const call = readObject(value, path, ['id', 'type', 'function']);
  readOneOf(call.type, `${path}.type`, ['function']);
  const { name, arguments: given } = readObject(call.function, path, ['name', 'arguments']);
  return {
    id: readString(call.id, `${path}.id`, { most: 128 }),
    name: readString(name, `${path}.name`, { most: 64 }),
    arguments: given === '' ? '' : readString(given, `${path}.arguments`, { most: LONGEST_ARGUMENTS }),
  };
}

/** What libraries hand back in the assistant's message because they got it there; nothing is in them here. */
const EMPTY = ['refusal', 'audio', 'annotations', 'function_call'] as const;

const isEmpty = (value: JsonValue | undefined): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

function readMessage(value: JsonValue, path: string): ChatMessage {
  const optional = ['content', 'tool_calls', 'tool_call_id', 'reasoning_content', ...EMPTY] as const;
  const message = readObject(value, path, ['role'], optional);
  const role = readOneOf(message.role, `${path}.role`, [...roles, 'developer', 'tool']);
  const { content, tool_calls: calls, tool_call_id: id, reasoning_content: reasoning } = message;
  if (
    (calls !== undefined && calls !== null && role !== 'assistant') ||
    (id !== undefined) !== (role === 'tool') ||
    // What a model has thought aloud is not put before it again: that is what such models are made for.
    (!isEmpty(reasoning) && (role !== 'assistant' || typeof reasoning !== 'string')) ||
    EMPTY.some((field) => !isEmpty(message[field]))
  ) {
    throw new TurnRefusal('bad-request');
  }
  if (role === 'tool') {
    return { role, content: readContent(content ?? null, path), callId: readString(id, path, { most: 128 }) };
  }
  if (role === 'assistant' && calls !== undefined && calls !== null) {
    const toolCalls = readArray(calls, `${path}.tool_calls`, readCall, { least: 1, most: MOST_CALLS });
    return {
      role,
      content: content === undefined || content === null ? '' : readContent(content, path),
      toolCalls,
    };
  }
  // Newer models call the system's messages the developer's.
  return {
    role: role === 'developer' ? 'system' : role,
    content: readContent(content ?? null, `${path}.content`),
  };
}

function readStop(value: JsonValue | undefined): string[] {
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  return readArray(list, 'stop', (stop, path) => readString(stop, path, { most: LONGEST_STOP }), {
    most: MOST_STOPS,
  });
}

function readLimit(max: JsonValue | undefined, maxCompletion: JsonValue | undefined): number | null {
  const given = [max, maxCompletion].filter((value) => value !== undefined && value !== null);
  const limits = given.map((value) => readInteger(value, 'max_tokens', 1, MOST_TOKENS));
  return limits.length === 0 ? null : Math.min(...limits);
}

function readChat(value: JsonValue): ChatRequest {
  const known: readonly string[] = KNOWN;
  if (Object.keys(readMap(value, 'body')).some((key) => !known.includes(key))) {
    throw new TurnRefusal('parameter-refused');
  }
  const body = readObject(value, 'body', ['model', 'messages'], KNOWN);
  if (body.n !== undefined && body.n !== null && body.n !== 1) throw new TurnRefusal('parameter-refused');
  // Whether the client streams is said by the mode of the request; these two are for its library only.
  if (body.stream !== undefined && body.stream !== null) readBoolean(body.stream, 'stream');
  if (body.stream_options !== undefined && body.stream_options !== null) {
    readObject(body.stream_options, 'stream_options', [], ['include_usage']);
  }
  readParallel(body.parallel_tool_calls);
  const tools = readTools(body.tools);
  return {
    tools,
    toolChoice: readToolChoice(body.tool_choice, tools),
    format: readFormat(body.response_format),
    model: readString(body.model, 'model', { most: 128 }),
    messages: readArray(body.messages, 'messages', readMessage, { least: 1, most: MOST_MESSAGES }),
    maxTokens: readLimit(body.max_tokens, body.max_completion_tokens),
    temperature: readNumber(body.temperature, 0, 2, 1),
    topP: readNumber(body.top_p, 0, 1, 1),
    stop: readStop(body.stop),
    seed:
      body.seed === undefined || body.seed === null ? null : readInteger(body.seed, 'seed', 0, 0xffff_ffff),
  };
}

/** Reads the `body` of a chat request; throws TurnRefusal. */
export function parseChatRequest(value: JsonValue): ChatRequest {
  try {
    return readChat(value);
  } catch (error) {
    if (error instanceof CodedError) throw new TurnRefusal('bad-request');
    throw error;
  }
}
