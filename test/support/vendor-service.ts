/** A loopback server that answers as AMD's and Intel's services do, from evidence of our own PKI, and can refuse. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface VendorService {
  url: string;
  /** Path and query of every request. */
  requests: string[];
  /** Statuses to answer with before the documents are given, and the wait named with each. */
  refusals: { status: number; retryAfter?: string }[];
  close(): Promise<void>;
}

export interface Document {
  body: Uint8Array;
  headers?: { [name: string]: string };
}

/** `documents` by path and query. */
export async function startVendorService(documents: ReadonlyMap<string, Document>): Promise<VendorService> {
  const requests: string[] = [];
  const refusals: VendorService['refusals'] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const refusal = refusals.shift();
    const document = documents.get(path);
    if (refusal) {
      const wait = refusal.retryAfter === undefined ? {} : { 'retry-after': refusal.retryAfter };
      response.writeHead(refusal.status, wait).end();
    } else if (document) response.writeHead(200, document.headers).end(document.body);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    refusals,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** DER certificates as a PEM chain. */
export const pemChain = (...certificates: Uint8Array[]): string =>
  certificates
    .map((der) =>
      (
        Buffer.from(der)
          .toString('base64')
          .match(/.{1,64}/g) ?? []
      ).join('\n'),
    )
    .map((body) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`)
    .join('');
