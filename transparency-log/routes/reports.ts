import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { serverError } from '../errors.ts';
import type { TransparencyLog } from '../log.ts';
import { errorSchema, searchQuery, searchSchema, statusSchema } from './schemas.ts';

const refused = { '4xx': errorSchema, '5xx': errorSchema };

/** Search and status: for people and scripts, and nothing that a verifier relies on. */
export function reportRoutes(fastify: FastifyInstance, log: TransparencyLog): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/v1/search',
    {
      schema: {
        summary: 'Find entries by measurement, digest, product and version, or publisher',
        operationId: 'search',
        querystring: searchQuery,
        response: { 200: searchSchema, ...refused },
      },
    },
    async (request) => {
      const { limit, before, ...wanted } = request.query;
      if (Object.keys(wanted).length === 0) throw serverError('WAX_LOGSERVER_REQUEST', 'nothing to look for');
      if (wanted.version !== undefined && wanted.product === undefined) {
        throw serverError('WAX_LOGSERVER_REQUEST', 'a version of which product?');
      }
      return log.search(request.query);
    },
  );

  app.get(
    '/api/v1/status',
    {
      schema: {
        summary: 'What the log is, how large it is, and whether it takes entries',
        operationId: 'getStatus',
        response: { 200: statusSchema, ...refused },
      },
    },
    async () => log.status(),
  );
}
