/** A log built to order, served over HTTP: every lie that a log can tell, with all the right keys. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LogBuilder, type LogOptions } from '../../support/log-builder.ts';

export interface LabLog {
  builder: LogBuilder;
  /** Another history under the same keys, which answers from now on. */
  rewrite(write: (other: LogBuilder) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const cors = { 'access-control-allow-origin': '*', 'cache-control': 'no-store' };

/** Starts a log with its first policy published `ageMs` ago. */
export async function startLabLog(ageMs: number, options: LogOptions = {}): Promise<LabLog> {
  let current: LogBuilder | null = null;
  const server = createServer((request, response) => {
    const body = current?.file((request.url ?? '/').slice(1)) ?? null;
    response.writeHead(body === null ? 404 : 200, cors);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const at = Math.floor((Date.now() - ageMs) / 1000) * 1000;
  const builder = await LogBuilder.create({ ...options, url, at });
  current = builder;
  return {
    builder,
    rewrite: async (write) => {
      const other = await LogBuilder.create({ ...options, url, at });
      await write(other);
      current = other;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
