import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { serverError } from '../errors.ts';
import type { TransparencyLog } from '../log.ts';
import { errorSchema, searchQuery, searchSchema, statusSchema, unchanged } from './schemas.ts';

const refused = { '4xx': errorSchema, '5xx': errorSchema };

function nextPage(query: { [name: string]: string | number }): string {
  const parameters = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return `/api/v1/search?${new URLSearchParams(parameters)}`;
}

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
        response: { 200: searchSchema, 304: unchanged, ...refused },
      },
    },
    async (request) => {
      const { limit, before: _, ...wanted } = request.query;
      if (Object.keys(wanted).length === 0) throw serverError('WAX_LOGSERVER_REQUEST', 'nothing to look for');
      if (wanted.version !== undefined && wanted.product === undefined) {
        throw serverError('WAX_LOGSERVER_REQUEST', 'a version of which product?');
      }
      const found = await log.search(request.query);
      const last = found.hits.length === limit ? found.hits.at(-1) : undefined;
      return { ...found, next: last ? nextPage({ ...wanted, limit, before: last.index }) : null };
    },
  );

  app.get(
    '/api/v1/status',
    {
      schema: {
        summary: 'What the log is, how large it is, and whether it takes entries',
        operationId: 'getStatus',
        response: { 200: statusSchema, 304: unchanged, ...refused },
      },
    },
    async () => log.status(),
  );
}
