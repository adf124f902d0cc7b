/**
 * Tools for a model that only knows text: what it is told about them, and which of its answers are calls. The
 * words around are part of the measured code, like the chat template is part of the configuration.
 * @module
 */
import { parseJson } from '../../protocol/json.ts';
import { readMap } from '../../protocol/shape.ts';
import type { Schema } from '../json-schema.ts';
import type { AnswerFormat, ChatJob, ChatMessage, Tool, ToolCall } from './engine.ts';
import type { PlainJob } from './messages.ts';
import type { Message } from './template.ts';

function describeTools(tools: readonly Tool[], must: boolean): Message {
  const lines = tools.map(({ name, description, parameters }) =>
    JSON.stringify({ name, ...(description !== '' && { description }), parameters }),
  );
  const call = 'answer with one JSON object {"name": …, "arguments": {…}} and nothing else';
  return {
    role: 'system',
    content: [
      'These functions can be called:',
      ...lines,
      must ? `Call one of them: ${call}.` : `To call one of them, ${call}.`,
    ].join('\n'),
  };
}

/** Calls and their results as plain messages. */
function plainMessage(message: ChatMessage): Message {
  if (message.role === 'tool') {
    return { role: 'user', content: `Result of ${message.callId}:\n${message.content}` };
  }
  if (!('toolCalls' in message)) return message;
  const calls = message.toolCalls.map(
    (call) => `{"name": ${JSON.stringify(call.name)}, "arguments": ${call.arguments}}`,
  );
  return { role: 'assistant', content: [message.content, ...calls].filter((line) => line !== '').join('\n') };
}

const callSchema = ({ name, parameters }: Tool): Schema => ({
  type: 'object',
  properties: { name: { const: name }, arguments: parameters },
  required: ['name', 'arguments'],
  additionalProperties: false,
});

function grammarOf(format: AnswerFormat | null, forced: readonly Tool[]): PlainJob['grammar'] {
  const [only] = forced;
  if (only) return forced.length === 1 ? callSchema(only) : { oneOf: forced.map(callSchema) };
  return format === null || format.kind === 'json' ? (format?.kind ?? null) : format.schema;
}

/** The call that a text is, or null. */
function callIn(text: string, tools: readonly Tool[]): ToolCall | null {
  try {
    const call = readMap(parseJson(text.trim(), { floats: true, depth: 32 }), 'call');
    const { name, arguments: given } = call;
    if (Object.keys(call).length !== 2 || !tools.some((tool) => tool.name === name)) return null;
    return { name: String(name), arguments: JSON.stringify(readMap(given, 'arguments')) };
  } catch {
    return null;
  }
}

/** One job of an engine of text: its plain form, and its text with the calls taken out. */
export class ToolText {
  readonly plain: PlainJob;
  readonly #onText: (text: string) => void;
  readonly #callable: readonly Tool[];
  /** What may still turn out to be a call; null from when it cannot. */
  #held: string | null;

  constructor(job: ChatJob, onText: (text: string) => void) {
    const { tools = [], toolChoice = 'none', format = null, messages, ...rest } = job;
    this.#onText = onText;
    this.#callable =
      typeof toolChoice === 'object'
        ? tools.filter(({ name }) => name === toolChoice.name)
        : tools.filter(() => toolChoice !== 'none');
    const must = toolChoice === 'required' || typeof toolChoice === 'object';
    this.#held = this.#callable.length > 0 ? '' : null;
    const described = this.#callable.length > 0 ? [describeTools(this.#callable, must)] : [];
    this.plain = {
      ...rest,
      messages: [...described, ...messages.map(plainMessage)],
      grammar: grammarOf(format, must ? this.#callable : []),
    };
  }

  push(piece: string): void {
    if (this.#held === null) {
      this.#onText(piece);
      return;
    }
    this.#held += piece;
    const start = this.#held.trimStart();
    if (start === '' || start.startsWith('{')) return;
    this.#onText(this.#held);
    this.#held = null;
  }

  /** At the end of the answer: the call that it was, or nothing after the text was handed on. */
  end(): { toolCalls?: ToolCall[] } {
    const text = this.#held ?? '';
    this.#held = null;
    if (text === '') return {};
    const call = callIn(text, this.#callable);
    if (call) return { toolCalls: [call] };
    this.#onText(text);
    return {};
  }
}
