/**
 * What the network saw: a TCP relay in front of a server that keeps every byte that passes, as anyone on
 * the way could.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface NetworkTap {
  port: number;
  /** All bytes from clients to the server so far. */
  sent(): Buffer;
  /** All bytes from the server to clients so far. */
  received(): Buffer;
  close(): Promise<void>;
}

/** Relays a loopback port to the port that `target` names at the time of each connection. */
export async function startNetworkTap(target: () => number, port = 0): Promise<NetworkTap> {
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target(), '127.0.0.1');
    for (const [from, to, log] of [
      [client, upstream, sent],
      [upstream, client, received],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => log.push(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => Buffer.concat(sent),
    received: () => Buffer.concat(received),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
