import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance } from 'fastify';
import { AppendLimit, type AppendLimitOptions } from './append-limit.ts';
import { addEntityTags } from './etags.ts';
import { openExplorer } from './explorer.ts';
import { type LogOptions, openLog } from './log.ts';
import { RefusalCount } from './operator/figures.ts';
import { writeLogPage } from './operator/log-page.ts';
import { buildOperatorServer } from './operator/server.ts';
import { cutOffSlowReaders, patience } from './patience.ts';
import { handleErrors } from './refusals.ts';
import { entryRoutes } from './routes/entries.ts';
import { reportRoutes } from './routes/reports.ts';
import { staticRoutes } from './routes/static.ts';

export interface LogServerOptions extends LogOptions {
  /** How long a submission waits for publication before it is answered 202; 10 seconds unless said. */
  submitWaitMs?: number;
  /** How long a client may take to take an answer; a minute unless said. */
  takeMs?: number;
  /** Folder of the explorer's built scripts; no page is served without. */
  explorer?: string;
  /** How many refused submissions an address has. */
  appendLimit?: AppendLimitOptions;
  /** Address or network of a proxy in front, whose X-Forwarded-For says who asks. */
  proxy?: string;
  /** Folder whose disk the operator's page tells of. */
  folder?: string;
}

/** The server for everybody, and that of the operator's page, which is closed with it. */
export interface LogServers {
  app: FastifyInstance;
  operator: FastifyInstance;
}

const OPENAPI_INFO = {
  title: 'Waxseal transparency log',
  description:
    'Submission, search and single entries of one log. Verifiers need none of it: they read the static files ' +
    'of C2SP tlog-tiles (/checkpoint, /tile/…) and check them.',
  version: '1.0.0',
};

/** The log server alone. */
export async function buildLog(options: LogServerOptions): Promise<FastifyInstance> {
  return (await buildLogServers(options)).app;
}

/**
 * The log server and the operator's page, ready to listen. Closing the log server lets the batch under way end and
 * closes the storage.
 * @throws WAX_LOGSERVER_* where the log must not run (see recovery.ts)
 */
export async function buildLogServers(options: LogServerOptions): Promise<LogServers> {
  const log = await openLog(options);
  const app = fastify({
    // Fastify's own defaults drop unknown keys and turn "5" into 5 wherever they like. Query and path are
    // text, so numbers in them must be converted; there is no body that a schema describes.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
    forceCloseConnections: 'idle',
    ...patience,
    trustProxy: options.proxy ?? false,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.addHook('onClose', () => log.close());

  // A signed body is parsed by the parser that checks its one form, and by no other.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_: unknown, body: Buffer) => body,
  );

  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  cutOffSlowReaders(app, options.takeMs);
  addEntityTags(app);
  app.addHook('onSend', async (_, reply) => {
    // A connection kept alive past the last answer would keep the process, too.
    if (isClosing) reply.header('connection', 'close');
    reply.header('x-content-type-options', 'nosniff');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    // Whoever wants to check this log may, from any page; no request carries a credential.
    if (!reply.hasHeader('content-security-policy')) {
      reply.header('access-control-allow-origin', '*');
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    }
  });
  const refused = new RefusalCount();
  handleErrors(app, (code) => refused.add(code, Date.now()));
  const operator = buildOperatorServer(() => writeLogPage(log, refused, options.folder ?? null, Date.now()));
  app.addHook('onClose', () => operator.close());

  await app.register(swagger, { openapi: { openapi: '3.1.0', info: OPENAPI_INFO } });
  staticRoutes(app, log);
  entryRoutes(app, log, options.submitWaitMs ?? 10_000, new AppendLimit(options.appendLimit));
  reportRoutes(app, log);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  if (options.explorer) await openExplorer(app, log, options.explorer);
  return { app, operator };
}
