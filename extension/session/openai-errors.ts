/**
 * Errors as clients of OpenAI's API expect them: an HTTP status, and the `error` object. What the enclave says
 * inside the seal, and what happened on the way to it, in one form; docs/openai-api.md lists them.
 * @module
 */
import type { TurnError } from '../../protocol/session/turn-errors.ts';
import type { ChatStatus, TurnResult } from './chat-status.ts';
import type { ServiceFailure } from './enclave-client.ts';

export interface ApiError {
  readonly status: number;
  /** Whose fault it is, in OpenAI's words; `waxseal_error` for what only a sealed service can meet. */
  readonly type: 'invalid_request_error' | 'rate_limit_error' | 'server_error' | 'waxseal_error';
  readonly code: string;
  readonly message: string;
  /** The field of the request that is meant. */
  readonly param?: string;
  /** Seconds after which it may go better; 0 or absent where that is not known. */
  readonly retryAfterS?: number;
}

const turnErrors: Record<TurnError, Omit<ApiError, 'retryAfterS'>> = {
  busy: {
    status: 429,
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    message: 'The service is busy',
  },
  'bad-request': {
    status: 400,
    type: 'invalid_request_error',
    code: 'invalid_value',
    message: 'The service does not take a value of the request',
  },
  'too-long': {
    status: 400,
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    message: 'The conversation is longer than the model takes',
  },
  'model-unknown': {
    status: 404,
    type: 'invalid_request_error',
    code: 'model_not_found',
    message: 'The service has no such model',
  },
  'engine-failed': {
    status: 500,
    type: 'server_error',
    code: 'engine_failed',
    message: 'The model failed',
  },
  'parameter-refused': {
    status: 400,
    type: 'invalid_request_error',
    code: 'unsupported_parameter',
    message: 'The service does not take a parameter of the request',
  },
  'session-over': {
    status: 503,
    type: 'server_error',
    code: 'session_over',
    message: 'The session is over',
  },
};

/** What a turn's own error (wire-format.md B8) means to a client of the API. */
export function turnApiError(error: TurnError, retryAfterS = 0): ApiError {
  return { ...turnErrors[error], retryAfterS };
}

/** The reply ended before its content did: what came of it may not pass for the whole. */
export const cutOff: ApiError = {
  status: 502,
  type: 'waxseal_error',
  code: 'answer_cut_off',
  message: 'The sealed answer was cut off',
};

const unreachable = ({ error, retryAfterS }: ServiceFailure, sent: boolean): ApiError => ({
  status: 503,
  type: 'waxseal_error',
  code: error.code,
  message: sent ? 'The service did not answer' : 'The service cannot be reached, so nothing was sent',
  retryAfterS: retryAfterS ?? 0,
});

/** Why nothing was sent, by where the session stands. */
export function notVerified(status: ChatStatus): ApiError {
  if (status.phase === 'unreachable') return unreachable(status.failure, false);
  const failed = status.report?.rows.find((row) => row.state === 'fail');
  return {
    status: 403,
    type: 'waxseal_error',
    code: failed?.code ?? 'WAX_EXT_REFUSED',
    message: 'A check of the service failed, so nothing was sent',
  };
}

/** Why a turn that has said nothing, not even an error of its own, has no answer. */
export function resultApiError(result: TurnResult, status: ChatStatus): ApiError {
  switch (result.state) {
    case 'too-long':
      return turnApiError('too-long');
    case 'refused':
      return notVerified(status);
    case 'unreachable':
      return unreachable(result.failure, result.sent);
    default:
      return cutOff;
  }
}

/** JSON text of an error. */
export function errorBody({ code, type, message, param }: ApiError): string {
  return JSON.stringify({ error: { message: `Waxseal: ${message}`, type, param: param ?? null, code } });
}

/** Headers that go with an error; `label` says whether anything was sent, and how. */
export function errorHeaders({ status, retryAfterS = 0 }: ApiError, label: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-waxseal': label,
    // Libraries try again after any 5xx; a prompt that somebody has read goes out again only if that can help.
    'x-should-retry': String(status === 429 || status === 503),
    ...(retryAfterS > 0 && { 'retry-after': String(retryAfterS) }),
  };
}
