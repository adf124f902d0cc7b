/**
 * A local endpoint that speaks OpenAI's API and seals: programs on this computer use it as they would use that
 * API, and nothing leaves but what was verified and sealed first. It keeps nothing and prints nothing.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AccessTokens } from '../../enclave-server/access.ts';
import type { ServiceMessage } from '../../extension/page/service-port.ts';
import type { ChatSession } from '../../extension/session/chat-session.ts';
import type { TurnEvent } from '../../extension/session/chat-status.ts';
import { ApiAnswer, refuse } from '../../extension/session/openai-answer.ts';
import { type ApiError, notVerified, turnApiError } from '../../extension/session/openai-errors.ts';
import { readApiCall } from '../../extension/session/openai-request.ts';
import { concatBytes } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import type { VerificationReport } from '../../protocol/report.ts';
import { MAX_PLAINTEXT_BYTES } from '../../protocol/session/sizes.ts';
import { guard } from './guard.ts';
import { Lanes } from './lanes.ts';

export interface LocalApiOptions {
  /** Opens a chat with the service. */
  open: () => ChatSession;
  /** Origin of the service. */
  service: string;
  /** Loopback port; 0 for any. */
  port: number;
  /** Keys that programs must give; null for none. */
  keys: AccessTokens;
  /** Requests at the same time, and how many more may wait: 8 and 64 unless said. */
  concurrent?: number;
  waiting?: number;
}

export interface LocalApi {
  /** Where programs find it, with `/v1`. */
  readonly url: string;
  close(): Promise<void>;
}

const MOST_CONNECTIONS = 256;
/** Text that may wait for a program that does not read its answer. */
const MOST_UNREAD = 8 * 1024 * 1024;

const apiError = (status: number, code: string, message: string): ApiError => {
  return { status, type: 'invalid_request_error', code, message };
};

const noSuchUrl = apiError(404, 'unknown_url', 'There is nothing at this address');
const wrongMethod = apiError(405, 'method_not_allowed', 'This address is not asked in this way');
const wrongType = apiError(415, 'unsupported_media_type', 'The body must be application/json');
const tooLarge = apiError(413, 'request_too_large', `The body is longer than ${MAX_PLAINTEXT_BYTES} bytes`);

const ENDPOINTS = new Map([
  ['/v1/chat/completions', 'chat'],
  ['/v1/embeddings', 'embeddings'],
] as const);
const MODELS = /^\/v1\/models(?:\/(.+))?$/;

/** The whole body, or null where it is too long. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_PLAINTEXT_BYTES) return null;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes: Uint8Array = part;
    size += bytes.length;
    if (size > MAX_PLAINTEXT_BYTES) return null;
    parts.push(bytes);
  }
  return concatBytes(...parts);
}

/** Hands the parts of an answer on to a connection. */
function writeTo(response: ServerResponse): (message: ServiceMessage) => void {
  return (message) => {
    if (response.destroyed) return;
    switch (message.kind) {
      case 'head':
        response.writeHead(message.status, message.headers);
        break;
      case 'text':
        response.write(message.text);
        if (response.writableLength > MOST_UNREAD) response.destroy();
        break;
      case 'end':
        response.end();
        break;
      case 'broken':
        // Without the end of the body, so that it cannot pass for whole; what was written still goes out.
        response.socket?.destroySoon();
    }
  };
}

/** The report of a service that has passed every check, at this moment or in this chat before; or why not. */
async function verified(chat: ChatSession): Promise<VerificationReport | ApiError> {
  if (chat.status.report?.verdict !== 'pass') await chat.check();
  const { report } = chat.status;
  return report?.verdict === 'pass' ? report : notVerified(chat.status);
}

/** A part of a path as it was meant; null where it was not encoded as one. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

class Endpoint {
  readonly #options: LocalApiOptions;
  readonly #lanes: Lanes;
  port = 0;

  constructor(options: LocalApiOptions) {
    const { open, concurrent: most = 8, waiting = 64 } = options;
    this.#options = options;
    this.#lanes = new Lanes({ open, most, waiting });
    this.#lanes.ahead();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const post = writeTo(response);
    const gone = new AbortController();
    // Once all of the answer is handed over, its padding is read to the end, as if nobody had left.
    response.once('close', () => {
      if (!response.writableEnded) gone.abort();
    });
    try {
      const error = await this.#route(request, post, gone.signal);
      if (error) {
        // Nothing more is read from whoever is refused in the midst of a body.
        if (!request.complete) response.shouldKeepAlive = false;
        refuse(post, error);
      }
    } catch (cause) {
      if (gone.signal.aborted) return;
      if (response.headersSent) return void response.destroy();
      const code = cause instanceof CodedError ? cause.code : 'internal_error';
      refuse(post, { status: 500, type: 'waxseal_error', code, message: 'The request could not be sealed' });
    }
  }

  async #route(
    request: IncomingMessage,
    post: (message: ServiceMessage) => void,
    signal: AbortSignal,
  ): Promise<ApiError | null> {
    const refused = guard(request, this.port, this.#options.keys);
    if (refused) return refused;
    const path = request.url?.split('?', 1)[0] ?? '';
    const [isModels, model] = MODELS.exec(path) ?? [];
    if (isModels !== undefined) {
      if (request.method !== 'GET') return wrongMethod;
      return this.#with(signal, (chat) => this.#models(chat, model, post));
    }
    const op = ENDPOINTS.get(path as '/v1/embeddings');
    if (op === undefined) return noSuchUrl;
    if (request.method !== 'POST') return wrongMethod;
    if (!/^application\/json *(?:;|$)/i.test(request.headers['content-type'] ?? '')) return wrongType;
    const body = await readBody(request);
    if (body === null) return tooLarge;
    return this.#with(signal, (chat, free) => this.#turn(chat, op, body, post, signal, free));
  }

  /** Gives `use` a chat of its own until it calls `free` or ends. */
  async #with(
    signal: AbortSignal,
    use: (chat: ChatSession, free: () => void) => Promise<ApiError | null>,
  ): Promise<ApiError | null> {
    const taking = this.#lanes.take(signal);
    if (taking === null) return turnApiError('busy', 2);
    const chat = await taking;
    let free = () => {
      free = () => {};
      this.#lanes.free(chat);
    };
    try {
      return await use(chat, () => free());
    } finally {
      free();
    }
  }

  async #models(
    chat: ChatSession,
    wanted: string | undefined,
    post: (message: ServiceMessage) => void,
  ): Promise<ApiError | null> {
    const report = await verified(chat);
    if ('status' in report) return report;
    const created = Math.floor(Date.parse(report.checkedAt) / 1000);
    const data = report.models.map(({ id }) => ({ id, object: 'model', created, owned_by: 'waxseal' }));
    const one = wanted === undefined ? null : data.find(({ id }) => id === decoded(wanted));
    if (one === undefined) return { ...turnApiError('model-unknown'), param: 'model' };
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    post({ kind: 'head', status: 200, headers });
    post({ kind: 'text', text: JSON.stringify(one ?? { object: 'list', data }) });
    post({ kind: 'end' });
    return null;
  }

  async #turn(
    chat: ChatSession,
    op: 'chat' | 'embeddings',
    body: Uint8Array,
    post: (message: ServiceMessage) => void,
    signal: AbortSignal,
    free: () => void,
  ): Promise<ApiError | null> {
    const report = await verified(chat);
    if ('status' in report) return report;
    const names = report.models.map(({ id }) => id);
    const call = readApiCall(op, body, (named) => names.find((name) => name === named) ?? null);
    if ('status' in call) return call;
    const { simulated } = report;
    const answer = new ApiAnswer(call, { origin: this.#options.service, simulated }, post);
    const onEvent = (event: TurnEvent) => {
      answer.take(event);
      if (event.kind === 'sealed') this.#lanes.ahead();
      // The padding of the answer still comes; the next turn need not wait for it.
      if (event.kind === 'end' || event.kind === 'error') free();
    };
    const result = await chat.send(call.request, { signal, onEvent });
    answer.close(result, chat.status);
    return null;
  }

  close(): void {
    this.#lanes.close();
  }
}

/** Starts the endpoint on 127.0.0.1; rejects where the port is taken. */
export async function startLocalApi(options: LocalApiOptions): Promise<LocalApi> {
  const endpoint = new Endpoint(options);
  const server: Server = createServer(
    { requestTimeout: 60_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => void endpoint.answer(request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  endpoint.port = port;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      endpoint.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
