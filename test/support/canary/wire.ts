/** A byte-level proxy that searches whatever passes for canaries. */
import { type AddressInfo, connect, createServer } from 'node:net';
import { Transform } from 'node:stream';
import type { Canaries, Find } from './canary.ts';

export interface Wire {
  url: string;
  found: Find[];
  close(): void;
}

const OVERLAP = 512;

/** Starts the proxy to a port on loopback; it serves any number of connections. */
export async function startWire(port: number, canaries: Canaries): Promise<Wire> {
  const found: Find[] = [];
  const watch = (where: string) => {
    let tail = Buffer.alloc(0);
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const bytes = Buffer.concat([tail, chunk]);
        found.push(...canaries.search(where, bytes));
        tail = Buffer.from(bytes.subarray(-OVERLAP));
        done(null, chunk);
      },
    });
  };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) socket.setNoDelay(true);
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(watch('the wire, up')).pipe(upstream).pipe(watch('the wire, down')).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${own}`, found, close: () => void server.close() };
}
