import type { FastifyError, FastifyInstance } from 'fastify';
import { CodedError } from '../protocol/errors.ts';
import { serverError } from './errors.ts';

const STATUS: readonly [RegExp, number][] = [
  [/^WAX_LOGSERVER_NO_SUCH_/, 404],
  [/^WAX_LOGSERVER_(FULL|CLOSED)$|^WAX_STATEMENT_CLOSED$/, 410],
  [/^WAX_LOGSERVER_TOO_LARGE$|^WAX_STATEMENT_SIZE$/, 413],
  [/^WAX_LOGSERVER_MEDIA_TYPE$/, 415],
  [/^WAX_LOGSERVER_REQUEST$|^WAX_STATEMENT_(ENVELOPE|FORM|KIND|VALIDITY)$/, 400],
  // Understood, and not allowed by the rules in force.
  [/^WAX_STATEMENT_/, 403],
  [/^WAX_LOGSERVER_RATE$/, 429],
  [/^WAX_LOGSERVER_INTERNAL$/, 500],
  // The log itself cannot take entries now: disk, witnesses, shutting down, too many waiting.
  [/^WAX_LOGSERVER_/, 503],
];
const RETRY_AFTER_SECONDS = 5;

function codedError(error: FastifyError | CodedError): CodedError {
  if (error instanceof CodedError) return error;
  if (error.validation) return serverError('WAX_LOGSERVER_REQUEST', error.message);
  if (error.statusCode === 413) return serverError('WAX_LOGSERVER_TOO_LARGE');
  if (error.statusCode === 415) return serverError('WAX_LOGSERVER_MEDIA_TYPE');
  if (error.statusCode === 400) return serverError('WAX_LOGSERVER_REQUEST', error.code);
  // Nothing of an unforeseen error goes out: it may hold paths or data.
  return serverError('WAX_LOGSERVER_INTERNAL', '', { cause: error });
}

/**
 * Every refusal is `{code, message}`, with the status that fits the code.
 * @param onRefused told of each submission that is refused
 */
export function handleErrors(app: FastifyInstance, onRefused: (code: string) => void): void {
  app.setErrorHandler<FastifyError | CodedError>((error, request, reply) => {
    const { code, message } = codedError(error);
    if (request.method === 'POST') onRefused(code);
    const status = STATUS.find(([pattern]) => pattern.test(code))?.[1] ?? 500;
    if (status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
    return reply.code(status).send({ code, message });
  });
  app.setNotFoundHandler(() => {
    throw serverError('WAX_LOGSERVER_NO_SUCH_PATH');
  });
}
