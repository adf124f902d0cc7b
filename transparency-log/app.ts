import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance } from 'fastify';
import { AppendLimit, type AppendLimitOptions } from './append-limit.ts';
import { addEntityTags } from './etags.ts';
import { openExplorer } from './explorer.ts';
import { type LogOptions, openLog } from './log.ts';
import { handleErrors } from './refusals.ts';
import { entryRoutes } from './routes/entries.ts';
import { reportRoutes } from './routes/reports.ts';
import { staticRoutes } from './routes/static.ts';

export interface LogServerOptions extends LogOptions {
  /** How long a submission waits for publication before it is answered 202; 10 seconds unless said. */
  submitWaitMs?: number;
  /** Folder of the built explorer page; none is served without. */
  explorer?: string;
  /** How many refused submissions an address has. */
  appendLimit?: AppendLimitOptions;
  /** Address or network of a proxy in front, whose X-Forwarded-For says who asks. */
  proxy?: string;
}

const OPENAPI_INFO = {
  title: 'Waxseal transparency log',
  description:
    'Submission, search and single entries of one log. Verifiers need none of it: they read the static files ' +
    'of C2SP tlog-tiles (/checkpoint, /tile/…) and check them.',
  version: '1.0.0',
};

/**
 * The log server, ready to listen. Closing it lets the batch under way end and closes the storage.
 * @throws WAX_LOGSERVER_* where the log must not run (see recovery.ts)
 */
export async function buildLog(options: LogServerOptions): Promise<FastifyInstance> {
  const log = await openLog(options);
  const app = fastify({
    // Fastify's own defaults drop unknown keys and turn "5" into 5 wherever they like. Query and path are
    // text, so numbers in them must be converted; there is no body that a schema describes.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
    forceCloseConnections: 'idle',
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
  handleErrors(app);

  await app.register(swagger, { openapi: { openapi: '3.1.0', info: OPENAPI_INFO } });
  staticRoutes(app, log);
  entryRoutes(app, log, options.submitWaitMs ?? 10_000, new AppendLimit(options.appendLimit));
  reportRoutes(app, log);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  if (options.explorer) await openExplorer(app, options.explorer);
  return app;
}
