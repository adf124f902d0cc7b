import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { parseHex, toBase64, toHex } from '../../protocol/bytes.ts';
import { parseJson } from '../../protocol/json.ts';
import { MAX_ENTRY_BYTES, parseEnvelope } from '../../protocol/log/dsse.ts';
import { type AppendLimit, limitRefusals } from '../append-limit.ts';
import { serverError } from '../errors.ts';
import type { TransparencyLog } from '../log.ts';
import type { Ticket } from '../sequencer.ts';
import type { StoredEntry } from '../storage/storage.ts';
import {
  entrySchema,
  errorSchema,
  indexParams,
  listQuery,
  listSchema,
  pendingSchema,
  receiptSchema,
  statementParams,
  unchanged,
} from './schemas.ts';

const proofPath = (index: number) => `/api/v1/entries/${index}/proof`;
const refused = { '4xx': errorSchema, '5xx': errorSchema };

const describeEntry = ({ index, kind, statement, sequencedAt, entry }: StoredEntry) => ({
  index,
  kind,
  statementSha256: toHex(statement),
  sequencedAt: new Date(sequencedAt).toISOString(),
  entry: toBase64(entry),
  statement: parseJson(parseEnvelope(entry).payload),
});

/** What comes in time, or null. A timer that nobody waits for any more would hold on to the submission. */
function within<Result>(result: Promise<Result>, ms: number): Promise<Result | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(late.resolve, ms, null).unref();
  return Promise.race([result, late.promise]).finally(() => clearTimeout(timer));
}

/** Submission, and reading of entries with their proofs. */
export function entryRoutes(
  fastify: FastifyInstance,
  log: TransparencyLog,
  waitMs: number,
  limit: AppendLimit,
): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  /** Waits for publication, but not longer than the submitter was promised. */
  async function answer(reply: FastifyReply, ticket: Ticket) {
    const { statement, published } = ticket;
    const receipt = await within(published, waitMs);
    if (!receipt) {
      const poll = `/api/v1/submissions/${statement}`;
      return reply.code(202).header('location', poll).send({ statementSha256: statement, poll });
    }
    const { index, isNew } = receipt;
    if (isNew) reply.code(201).header('location', `/api/v1/entries/${index}`);
    return reply.send({ index, statementSha256: statement, proof: proofPath(index) });
  }

  app.post(
    '/api/v1/entries',
    {
      bodyLimit: MAX_ENTRY_BYTES,
      ...limitRefusals(limit),
      schema: {
        summary: 'Submit a signed statement',
        description:
          'The body is a DSSE envelope in its one fixed form (keys in the order payloadType, payload, signatures; ' +
          'no white space; signatures sorted by keyid). It is read by a strict parser of its own, so no schema ' +
          'is given. The same payload always gets the same index. An address whose submissions were refused too ' +
          'often gets 429 and Retry-After.',
        operationId: 'submitEntry',
        consumes: ['application/json'],
        body: Type.Unknown({ description: 'A DSSE envelope, at most 16 KiB' }),
        response: { 200: receiptSchema, 201: receiptSchema, 202: pendingSchema, ...refused },
      },
    },
    async (request, reply) => {
      if (!Buffer.isBuffer(request.body)) throw serverError('WAX_LOGSERVER_REQUEST', 'no body');
      return answer(reply, await log.submit(request.body));
    },
  );

  app.get(
    '/api/v1/submissions/:statement',
    {
      schema: {
        summary: 'What became of a submission',
        operationId: 'pollSubmission',
        params: statementParams,
        response: { 200: receiptSchema, 202: pendingSchema, ...refused },
      },
    },
    async (request, reply) => {
      const ticket = await log.lookUp(parseHex(request.params.statement, 32));
      if (!ticket) throw serverError('WAX_LOGSERVER_NO_SUCH_ENTRY');
      return answer(reply, ticket);
    },
  );

  app.get(
    '/api/v1/entries',
    {
      schema: {
        summary: 'Entries, the newest first',
        operationId: 'listEntries',
        querystring: listQuery,
        response: { 200: listSchema, 304: unchanged, ...refused },
      },
    },
    async (request) => {
      const { before, limit } = request.query;
      const { size, entries } = await log.entriesBefore(before, limit);
      const first = entries[0]?.index ?? 0;
      return {
        size,
        entries: entries.toReversed().map(describeEntry),
        next: first === 0 ? null : `/api/v1/entries?before=${first}&limit=${limit}`,
      };
    },
  );

  app.get(
    '/api/v1/entries/:index',
    {
      schema: {
        summary: 'One entry',
        operationId: 'getEntry',
        params: indexParams,
        response: { 200: entrySchema, 304: unchanged, ...refused },
      },
    },
    async (request) => describeEntry(await log.entry(request.params.index)),
  );

  app.get(
    '/api/v1/entries/:index/proof',
    {
      schema: {
        summary: 'Proof that an entry is in the log, with a cosigned checkpoint (C2SP tlog-proof)',
        operationId: 'getProof',
        params: indexParams,
        response: {
          200: { content: { 'text/plain': { schema: Type.String() } } },
          304: unchanged,
          ...refused,
        },
      },
    },
    async (request, reply) =>
      reply.header('content-type', 'text/plain; charset=utf-8').send(log.proof(request.params.index)),
  );
}
