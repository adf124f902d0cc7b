/**
 * The answers of the enclave in the form that clients of OpenAI's API expect: results are completed by what only
 * the client's side knows, streams are rebuilt as server-sent events.
 * @module
 */
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import type { ReplyEvent } from '../../protocol/session/reply-reader.ts';
import { MAX_PLAINTEXT_BYTES } from '../../protocol/session/sizes.ts';
import { readMap } from '../../protocol/shape.ts';
import { type ApiError, errorBody, turnApiError } from './openai-errors.ts';

/** What names an answer; the enclave has neither a name for it nor a clock that one could believe. */
export interface AnswerName {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const seconds = (ms: number) => Math.floor(ms / 1000);

/**
 * The JSON text of a `chat.completion` object from the result of a block.
 * @throws CodedError where the result is not an object in JSON
 */
export function completionBody(result: Uint8Array, { id, at }: AnswerName): string {
  const body = readMap(parseJson(result, { bytes: MAX_PLAINTEXT_BYTES, floats: true }), 'completion');
  const named: { [key: string]: JsonValue } = { id, ...body, created: seconds(at) };
  return JSON.stringify(named);
}

const event = (text: string) => `data: ${text}\n\n`;

/** An error in the midst of a stream. */
export const errorEvent = (error: ApiError): string => event(errorBody(error));

/** Writes the chunks of one streamed answer. */
export class ChunkWriter {
  readonly #head: { id: string; object: string; created: number; model: string };
  readonly #includeUsage: boolean;
  #begun = false;

  /** `includeUsage` as in `stream_options.include_usage`. */
  constructor(options: AnswerName & { model: string; includeUsage: boolean }) {
    const { id, model, at, includeUsage } = options;
    this.#head = { id, object: 'chat.completion.chunk', created: seconds(at), model };
    this.#includeUsage = includeUsage;
  }

  #chunk(delta: object, finish: string | null = null): string {
    const role = this.#begun ? {} : { role: 'assistant', content: '' };
    this.#begun = true;
    const choice = { index: 0, delta: { ...role, ...delta }, logprobs: null, finish_reason: finish };
    return event(
      JSON.stringify({ ...this.#head, choices: [choice], ...(this.#includeUsage && { usage: null }) }),
    );
  }

  /** The server-sent events for one event of a reply; none for those that are not content. */
  write(reply: ReplyEvent): string {
    switch (reply.kind) {
      case 'text':
        return this.#chunk({ content: reply.text });
      case 'reasoning':
        return this.#chunk({ reasoning_content: reply.text });
      case 'tool-call': {
        const { index, id, name, arguments: text } = reply.call;
        const called = {
          ...(name !== undefined && { name }),
          ...(text !== undefined && { arguments: text }),
        };
        const call = { index, ...(id !== undefined && { id, type: 'function' }), function: called };
        return this.#chunk({ tool_calls: [call] });
      }
      case 'end': {
        const { finish_reason: finish, usage } = reply.summary;
        const last = this.#includeUsage ? event(JSON.stringify({ ...this.#head, choices: [], usage })) : '';
        return this.#chunk({}, finish) + last + event('[DONE]');
      }
      case 'error':
        return errorEvent(turnApiError(reply.error));
      default:
        return '';
    }
  }
}
