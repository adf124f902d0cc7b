/** The answer to one request in the form of OpenAI's API, on its way to whoever asked. @module */
import { concatBytes } from '../../protocol/bytes.ts';
import type { ServiceMessage } from '../page/service-port.ts';
import type { ChatStatus, TurnEvent, TurnResult } from './chat-status.ts';
import {
  type ApiError,
  cutOff,
  errorBody,
  errorHeaders,
  resultApiError,
  turnApiError,
} from './openai-errors.ts';
import { type AnswerName, ChunkWriter, completionBody, errorEvent } from './openai-reply.ts';
import type { ApiCall } from './openai-request.ts';

type Post = (message: ServiceMessage) => void;

/** Who answers, for the label of each answer. */
interface Answerer {
  readonly origin: string;
  readonly simulated: boolean;
}

/** Answers with an error; `label` is `not-sent` unless something was. */
export function refuse(post: Post, error: ApiError, label = 'not-sent'): void {
  post({ kind: 'head', status: error.status, headers: errorHeaders(error, label) });
  post({ kind: 'text', text: errorBody(error) });
  post({ kind: 'end' });
}

/** Writes an answer as its events come. Each says in its headers how it came about. */
export class ApiAnswer {
  readonly #call: ApiCall;
  #answerer: Answerer;
  readonly #post: Post;
  readonly #name: AnswerName = { id: `chatcmpl-${crypto.randomUUID()}`, at: Date.now() };
  readonly #chunks: ChunkWriter;
  readonly #result: Uint8Array[] = [];
  #begun = false;
  #ended = false;

  constructor(call: ApiCall, answerer: Answerer, post: Post) {
    this.#call = call;
    this.#answerer = answerer;
    this.#post = post;
    const { includeUsage, request } = call;
    this.#chunks = new ChunkWriter({ ...this.#name, model: String(request.body.model), includeUsage });
  }

  get #label(): string {
    return this.#answerer.simulated ? 'simulated' : 'sealed';
  }

  #begin(type: string): void {
    if (this.#begun) return;
    this.#begun = true;
    const headers = {
      'content-type': type,
      'cache-control': 'no-store',
      'x-waxseal': this.#label,
      'x-waxseal-service': this.#answerer.origin,
    };
    this.#post({ kind: 'head', status: 200, headers });
  }

  #end(): void {
    this.#ended = true;
    this.#post({ kind: 'end' });
  }

  #refuse(error: ApiError, label: string): void {
    this.#ended = true;
    refuse(this.#post, error, label);
  }

  /** The result of a block, as one body; one that is no JSON is as good as none. */
  #body(): string | null {
    const bytes = concatBytes(...this.#result);
    try {
      if (this.#call.request.op === 'chat') return completionBody(bytes, this.#name);
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return null;
    }
  }

  take(event: TurnEvent): void {
    if (event.kind === 'session') {
      this.#answerer = { ...this.#answerer, simulated: event.report.simulated };
    }
    if (this.#ended || event.kind === 'session' || event.kind === 'sealed') return;
    if (event.kind === 'error' && !this.#begun) {
      this.#refuse(turnApiError(event.error, event.retryAfterS), this.#label);
    } else if (this.#call.stream) {
      const text = this.#chunks.write(event);
      if (text !== '') {
        this.#begin('text/event-stream');
        this.#post({ kind: 'text', text });
      }
      if (event.kind === 'end' || event.kind === 'error') this.#end();
    } else if (event.kind === 'result') this.#result.push(event.bytes);
    else if (event.kind === 'end') this.#finish(this.#body());
  }

  #finish(text: string | null): void {
    if (text === null) this.#refuse(cutOff, this.#label);
    else {
      this.#begin('application/json');
      this.#post({ kind: 'text', text });
      this.#end();
    }
  }

  /** What is left to say once the turn is over. */
  close(result: TurnResult, status: ChatStatus): void {
    if (this.#ended) return;
    const error = resultApiError(result, status);
    if (this.#begun) {
      this.#ended = true;
      this.#post({ kind: 'text', text: errorEvent(error) });
      this.#post({ kind: 'broken', message: error.message });
    } else this.#refuse(error, result.sent ? this.#label : 'not-sent');
  }
}
