import { defineErrors } from '../protocol/errors.ts';

/** Errors of requests to logs and witnesses. */
export const httpError = defineErrors({
  WAX_HTTP_UNREACHABLE: 'No whole answer came in time',
  WAX_HTTP_TOO_LARGE: 'The answer is longer than it can be',
});
