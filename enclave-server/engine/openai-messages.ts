/**
 * What the server and an engine with OpenAI's API tell each other. Requests are built from what the server has
 * read itself, never from the client's object; answers are read as a stranger's.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import { readArray, readInteger, readMap, readString } from '../../protocol/shape.ts';
import type { ChatJob, ChatMessage, Embeddings, Tool, ToolCall } from './engine.ts';
import { engineError } from './errors.ts';
import { unitVector } from './vectors.ts';

function messageOf(message: ChatMessage): object {
  if (message.role === 'tool') {
    return { role: 'tool', content: message.content, tool_call_id: message.callId };
  }
  if (!('toolCalls' in message)) return { role: message.role, content: message.content };
  const calls = message.toolCalls.map(({ id, name, arguments: given }) => {
    return { id, type: 'function', function: { name, arguments: given } };
  });
  return { role: 'assistant', content: message.content === '' ? null : message.content, tool_calls: calls };
}

/** The tools that may be called; one that is named is the only one, which every engine understands. */
export function callableTools({ tools = [], toolChoice = 'none' }: ChatJob): readonly Tool[] {
  if (typeof toolChoice === 'object') return tools.filter(({ name }) => name === toolChoice.name);
  return toolChoice === 'none' ? [] : tools;
}

function toolsOf(job: ChatJob): object {
  const tools = callableTools(job).map(({ name, description, parameters }) => {
    return { type: 'function', function: { name, ...(description !== '' && { description }), parameters } };
  });
  if (tools.length === 0) return {};
  return { tools, tool_choice: job.toolChoice === 'auto' ? 'auto' : 'required', parallel_tool_calls: false };
}

function formatOf({ format = null }: ChatJob): object {
  if (format === null) return {};
  if (format.kind === 'json') return { response_format: { type: 'json_object' } };
  const { name, schema } = format;
  return { response_format: { type: 'json_schema', json_schema: { name, schema, strict: true } } };
}

/** The request for one answer, which is always streamed. */
export function chatBody(job: ChatJob): object {
  return {
    model: job.model,
    messages: job.messages.map(messageOf),
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: job.maxTokens,
    temperature: job.temperature,
    top_p: job.topP,
    seed: job.seed,
    ...(job.stop.length > 0 && { stop: job.stop }),
    ...toolsOf(job),
    ...formatOf(job),
    // Of llama-server: what one session has said must not be kept to answer another one faster.
    cache_prompt: false,
  };
}

/** What one chunk of an answer says; absent where it says nothing of it. */
export interface ChatChunk {
  text?: string;
  reasoning?: string;
  calls: { index: number; name: string; arguments: string }[];
  finish?: string;
  usage?: { promptTokens: number; completionTokens: number };
}

const LONGEST_CHUNK = 1 << 20;
const MOST_CALLS = 64;

/** Reads JSON with `read`; whatever is wrong with it is WAX_ENGINE_MESSAGE, without a word of it. */
function reading<Result>(text: string, most: number, read: (value: JsonValue) => Result): Result {
  try {
    return read(parseJson(text, { bytes: most, floats: true }));
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw engineError('WAX_ENGINE_MESSAGE');
  }
}

const textIn = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

function readCall(value: JsonValue, path: string) {
  const call = readMap(value, path);
  const called = readMap(call.function, path);
  return {
    index: readInteger(call.index ?? 0, path, 0, MOST_CALLS - 1),
    name: textIn(called.name),
    arguments: textIn(called.arguments),
  };
}

export function parseChunk(text: string): ChatChunk {
  return reading(text, LONGEST_CHUNK, (value) => {
    // An error in the midst of a stream has neither: the answer then ends without a reason, and has failed.
    const { choices, usage } = readMap(value, 'chunk');
    const [choice = null] = readArray(choices ?? [], 'choices', readMap, { most: 1 });
    const delta = choice === null ? null : readMap(choice.delta ?? null, 'delta');
    const chunk: ChatChunk = {
      calls: readArray(delta?.tool_calls ?? [], 'tool_calls', readCall, { most: MOST_CALLS }),
    };
    if (typeof delta?.content === 'string') chunk.text = delta.content;
    if (typeof delta?.reasoning_content === 'string') chunk.reasoning = delta.reasoning_content;
    if (typeof choice?.finish_reason === 'string') chunk.finish = choice.finish_reason;
    if (usage !== undefined && usage !== null) {
      const { prompt_tokens: prompt, completion_tokens: completion } = readMap(usage, 'usage');
      chunk.usage = {
        promptTokens: readInteger(prompt, 'prompt_tokens'),
        completionTokens: readInteger(completion, 'completion_tokens'),
      };
    }
    return chunk;
  });
}

const LONGEST_ARGUMENTS = 65_536;

/** Puts calls together from their pieces. */
export class CallPieces {
  readonly #calls = new Map<number, ToolCall>();

  add({ index, name, arguments: piece }: ChatChunk['calls'][number]): void {
    const before = this.#calls.get(index) ?? { name: '', arguments: '' };
    const call = { name: before.name + name, arguments: before.arguments + piece };
    if (call.arguments.length > LONGEST_ARGUMENTS) throw engineError('WAX_ENGINE_MESSAGE');
    this.#calls.set(index, call);
  }

  /** The calls, all of them of tools that may be called. */
  end(tools: readonly Tool[]): ToolCall[] {
    const calls = [...this.#calls.values()];
    const known = calls.every((call) => tools.some(({ name }) => name === call.name));
    if (!known) throw engineError('WAX_ENGINE_MESSAGE');
    return calls;
  }
}

/** What a refusal of the engine means for the turn. */
export function refusalOf(status: number, text: string): CodedError {
  if (status === 429 || status === 503) return engineError('WAX_ENGINE_BUSY');
  if (status !== 400) return engineError('WAX_ENGINE_FAILED');
  const kind = reading(text, 65_536, (value) => {
    const { type, code } = readMap(readMap(value, 'answer').error, 'error');
    return `${textIn(type)} ${textIn(code)}`;
  });
  return engineError(/context/.test(kind) ? 'WAX_ENGINE_TOO_LONG' : 'WAX_ENGINE_FORMAT');
}

/** The ids of a list of models. */
export function parseModelIds(text: string): string[] {
  return reading(text, LONGEST_CHUNK, (value) =>
    readArray(readMap(value, 'answer').data, 'data', (model, path) =>
      readString(readMap(model, path).id, path),
    ),
  );
}

export const LONGEST_EMBEDDINGS = 1 << 24;
const MOST_DIMENSIONS = 16_384;

function readVector(value: JsonValue, path: string): Float32Array {
  const numbers = readArray(
    readMap(value, path).embedding,
    path,
    (entry) => {
      if (typeof entry !== 'number') throw engineError('WAX_ENGINE_MESSAGE');
      return entry;
    },
    { least: 1, most: MOST_DIMENSIONS },
  );
  return unitVector(numbers);
}

/** Reads the vectors of `count` texts. */
export function parseEmbeddings(text: string, count: number): Embeddings {
  return reading(text, LONGEST_EMBEDDINGS, (value) => {
    const { data, usage } = readMap(value, 'answer');
    const vectors = readArray(data, 'data', readVector, { least: count, most: count });
    return { vectors, promptTokens: readInteger(readMap(usage, 'usage').prompt_tokens, 'prompt_tokens') };
  });
}
