/** Connections to services. @module */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Route } from './routes.ts';

export interface Pools {
  /** Begins a request with these headers and no others. */
  post(route: Route, headers: { [name: string]: string }): ClientRequest;
  close(): void;
}

/** One pool for everybody: a service cannot tell people apart by their connections. */
export function createPools(): Pools {
  // The newest first: one that was idle for long may have been closed by the other end.
  const options = { keepAlive: true, scheduling: 'lifo' } as const;
  const [plain, secure] = [new HttpAgent(options), new HttpsAgent(options)];
  return {
    post({ service: { protocol, hostname, port }, path }, headers) {
      const isSecure = protocol === 'https:';
      const agent = isSecure ? secure : plain;
      const target = { protocol, hostname, port, path, method: 'POST', headers, agent };
      return (isSecure ? httpsRequest : httpRequest)(target);
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}
