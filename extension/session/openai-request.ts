/**
 * Requests in the form of OpenAI's API, as the sealed turn carries them. Somebody else's program wrote them; they
 * are parsed here and refused where something in them would be dropped silently.
 * @module
 */
import { CodedError } from '../../protocol/errors.ts';
import { type JsonValue, parseJson } from '../../protocol/json.ts';
import { MAX_PLAINTEXT_BYTES } from '../../protocol/session/sizes.ts';
import { bodyFields, encodeTurnRequest, type TurnRequest } from '../../protocol/session/turn-request.ts';
import { readMap } from '../../protocol/shape.ts';
import { type ApiError, turnApiError } from './openai-errors.ts';

export interface ApiCall {
  readonly request: TurnRequest;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

type Body = { [key: string]: JsonValue };

/** Settings at which a field asks for nothing: libraries send them, and leaving them out changes nothing. */
const NEUTRAL: { readonly [field: string]: JsonValue } = {
  frequency_penalty: 0,
  presence_penalty: 0,
  logprobs: false,
  store: false,
};

const fieldError = (param: string): ApiError => ({
  ...turnApiError('parameter-refused'),
  param,
  message: `The sealed service does not take "${param}"`,
});

function refusal(cause: unknown): ApiError {
  const code = cause instanceof CodedError ? cause.code : 'WAX_EXT_REQUEST';
  return {
    ...turnApiError('bad-request'),
    code,
    message: 'The request is not one that the sealed service takes',
  };
}

function isIn(object: JsonValue | undefined, field: string): boolean {
  return object !== null && typeof object === 'object' && !Array.isArray(object) && object[field] === true;
}

/** The first field that would be dropped, and that asks for something; null where there is none. */
function unknownField(known: readonly string[], body: Body): string | null {
  const asked = Object.entries(body).find(
    ([field, value]) => !known.includes(field) && value !== null && NEUTRAL[field] !== value,
  );
  return asked?.[0] ?? null;
}

/** Reads the JSON text of a request; what to refuse it with, where it cannot be taken. */
export function readApiCall(
  op: 'chat' | 'embeddings',
  text: string | Uint8Array,
  /** The model that is asked for, by what the request names; null where the service has none such. */
  choose: (named: JsonValue | undefined) => string | null,
): ApiCall | ApiError {
  try {
    const { stream_options: options, ...body } = readMap(
      parseJson(text, { bytes: MAX_PLAINTEXT_BYTES, floats: true }),
      'body',
    );
    const stream = op === 'chat' && body.stream === true;
    const known: readonly string[] = bodyFields[op];
    const unknown = unknownField(known, body);
    if (unknown !== null) return fieldError(unknown.slice(0, 64));
    const model = choose(body.model);
    if (model === null) return { ...turnApiError('model-unknown'), param: 'model' };
    const kept = Object.entries(body).filter(([field]) => known.includes(field) && field !== 'stream');
    const request: TurnRequest = {
      op,
      mode: stream ? 'steady' : 'block',
      body: { ...Object.fromEntries(kept), model },
    };
    encodeTurnRequest(request);
    return { request, stream, includeUsage: isIn(options, 'include_usage') };
  } catch (cause) {
    return refusal(cause);
  }
}

/**
 * As `readApiCall` for a page's chat. A model that the service does not have is replaced by its first one, since
 * pages name models of the API that they were made for; the answer names the one that made it.
 */
export function readPageChat(text: string, models: readonly string[]): ApiCall | ApiError {
  return readApiCall('chat', text, (named) => models.find((model) => model === named) ?? models[0] ?? null);
}
