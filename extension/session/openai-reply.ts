/**
 * The answers of the enclave in the form that clients of OpenAI's API expect: `chat.completion` objects pass as
 * they are, streams are rebuilt as server-sent events, refusals become error objects.
 * @module
 */
import type { ReplyEvent } from '../../protocol/session/reply-reader.ts';
import type { TurnError } from '../../protocol/session/turn-errors.ts';

/** An error that a client shows: HTTP status, and OpenAI's `error` object. */
export interface ApiError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const turnErrors: Record<TurnError, Omit<ApiError, 'code'>> = {
  busy: { status: 429, message: 'The service is busy' },
  'bad-request': { status: 400, message: 'The service does not understand the request' },
  'too-long': { status: 400, message: 'The conversation is longer than the model takes' },
  'model-unknown': { status: 404, message: 'The service has no such model' },
  'engine-failed': { status: 500, message: 'The model failed' },
  'parameter-refused': { status: 400, message: 'The service does not take a parameter of the request' },
  'session-over': { status: 503, message: 'The session is over' },
};

/** What a turn's own error means to a client of the API. */
export function turnApiError(error: TurnError): ApiError {
  return { ...turnErrors[error], code: error };
}

/** JSON text of an error. */
export function errorBody({ code, message }: ApiError): string {
  return JSON.stringify({
    error: { message: `Waxseal: ${message}`, type: 'waxseal_error', param: null, code },
  });
}

const event = (value: object | string) =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;

/** Writes the chunks of one streamed answer. */
export class ChunkWriter {
  readonly #head: { id: string; object: string; created: number; model: string };
  readonly #includeUsage: boolean;
  #begun = false;

  /** `at` in milliseconds since the epoch; `includeUsage` as in `stream_options.include_usage`. */
  constructor(options: { id: string; model: string; at: number; includeUsage: boolean }) {
    const { id, model, at, includeUsage } = options;
    this.#head = { id, object: 'chat.completion.chunk', created: Math.floor(at / 1000), model };
    this.#includeUsage = includeUsage;
  }

  #chunk(delta: object, finish: string | null = null): string {
    const role = this.#begun ? {} : { role: 'assistant', content: '' };
    this.#begun = true;
    const choice = { index: 0, delta: { ...role, ...delta }, logprobs: null, finish_reason: finish };
    return event({ ...this.#head, choices: [choice], ...(this.#includeUsage && { usage: null }) });
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
        const last = this.#includeUsage ? event({ ...this.#head, choices: [], usage }) : '';
        return this.#chunk({}, finish) + last + event('[DONE]');
      }
      case 'error':
        return event(errorBody(turnApiError(reply.error)));
      default:
        return '';
    }
  }
}
