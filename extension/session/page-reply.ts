/** The answer to one request of a page, on its way there. @module */
import type { ServiceMessage } from '../page/service-port.ts';
import type { ChatSession } from './chat-session.ts';
import type { TurnEvent, TurnResult } from './chat-status.ts';
import { type ApiError, ChunkWriter, errorBody, turnApiError } from './openai-reply.ts';
import type { PageChat } from './openai-request.ts';

type Post = (message: ServiceMessage) => void;

/** Who answers, for the label of each answer. */
interface Answerer {
  readonly origin: string;
  readonly simulated: boolean;
}

/** Why a page's request was not sent, in the words of its API. */
export function notVerified({ status }: ChatSession): ApiError {
  if (status.phase === 'unreachable') {
    const { code } = status.failure.error;
    return { status: 503, code, message: 'The service cannot be reached, so nothing was sent' };
  }
  const failed = status.report?.rows.find((row) => row.state === 'fail');
  const code = failed?.code ?? 'WAX_EXT_REFUSED';
  return { status: 403, code, message: 'A check of the service failed, so nothing was sent' };
}

/** Answers with an error; nothing was sealed or sent. */
export function refuse(post: Post, error: ApiError): void {
  const headers = { 'content-type': 'application/json', 'x-waxseal': 'not-sent' };
  post({ kind: 'head', status: error.status, headers });
  post({ kind: 'text', text: errorBody(error) });
  post({ kind: 'end' });
}

/** Writes an answer as its events come. Each says in its headers how it came about. */
export class PageReply {
  readonly #chat: PageChat;
  readonly #answerer: Answerer;
  readonly #post: Post;
  readonly #chunks: ChunkWriter;
  readonly #result: Uint8Array[] = [];
  #begun = false;
  #ended = false;

  constructor(chat: PageChat, answerer: Answerer, post: Post) {
    this.#chat = chat;
    this.#answerer = answerer;
    this.#post = post;
    const id = `chatcmpl-${crypto.randomUUID()}`;
    const { includeUsage, request } = chat;
    this.#chunks = new ChunkWriter({ id, model: String(request.body.model), at: Date.now(), includeUsage });
  }

  #begin(type: string): void {
    if (this.#begun) return;
    this.#begun = true;
    const headers = {
      'content-type': type,
      'cache-control': 'no-store',
      'x-waxseal': this.#answerer.simulated ? 'simulated' : 'sealed',
      'x-waxseal-service': this.#answerer.origin,
    };
    this.#post({ kind: 'head', status: 200, headers });
  }

  #end(): void {
    this.#ended = true;
    this.#post({ kind: 'end' });
  }

  take(event: TurnEvent): void {
    if (event.kind === 'session' || event.kind === 'sealed') return;
    if (event.kind === 'error' && !this.#begun) {
      this.#ended = true;
      refuse(this.#post, turnApiError(event.error));
    } else if (this.#chat.stream) {
      const text = this.#chunks.write(event);
      if (text !== '') {
        this.#begin('text/event-stream');
        this.#post({ kind: 'text', text });
      }
    } else if (event.kind === 'result') this.#result.push(event.bytes);
    else if (event.kind === 'end') {
      this.#begin('application/json');
      const decoder = new TextDecoder();
      for (const bytes of this.#result)
        this.#post({ kind: 'text', text: decoder.decode(bytes, { stream: true }) });
    }
    if (!this.#ended && (event.kind === 'end' || event.kind === 'error')) this.#end();
  }

  /** What is left to say once the turn is over. */
  close(result: TurnResult, session: ChatSession): void {
    if (this.#ended) return;
    const unsent = result.state === 'refused' || result.state === 'unreachable';
    if (!this.#begun && result.state === 'too-long') refuse(this.#post, turnApiError('too-long'));
    else if (!this.#begun && unsent) refuse(this.#post, notVerified(session));
    else this.#post({ kind: 'broken', message: 'The sealed answer was cut off' });
  }
}
