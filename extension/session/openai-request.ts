/**
 * Requests of a page's own chat, as the sealed turn carries them. The page wrote them; they are parsed here and
 * refused where something in them would be dropped silently.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import { MAX_PLAINTEXT_BYTES } from '../../protocol/session/sizes.ts';
import { encodeTurnRequest, type TurnRequest } from '../../protocol/session/turn-request.ts';
import { readMap } from '../../protocol/shape.ts';
import type { ApiError } from './openai-reply.ts';

export interface PageChat {
  readonly request: TurnRequest;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

function refuse(cause: unknown): ApiError {
  const code = cause instanceof CodedError ? cause.code : 'WAX_EXT_REQUEST';
  return { status: 400, code, message: 'The request is not one that the sealed service takes' };
}

/**
 * Reads the JSON text of a chat completion request. A model that the service does not have is replaced by its
 * first one, since pages name models of the API that they were made for; the answer names the one that made it.
 * @returns what to refuse the request with, where it cannot be taken
 */
export function readPageChat(text: string, models: readonly string[]): PageChat | ApiError {
  try {
    const body = readMap(parseJson(text, { bytes: MAX_PLAINTEXT_BYTES, floats: true }), 'body');
    const stream = body.stream === true;
    const options = body.stream_options;
    const includeUsage =
      options !== null &&
      typeof options === 'object' &&
      !Array.isArray(options) &&
      options.include_usage === true;
    const { stream: _stream, stream_options: _options, ...rest } = body;
    const named = models.find((model) => model === body.model) ?? models[0] ?? null;
    const request: TurnRequest = {
      op: 'chat',
      mode: stream ? 'steady' : 'block',
      body: { ...(rest as { [key: string]: JsonValue }), model: named },
    };
    // Unknown fields are refused by name of the rule, before anything is sealed.
    encodeTurnRequest(request);
    return { request, stream, includeUsage };
  } catch (cause) {
    return refuse(cause);
  }
}
