/** A TCP proxy that keeps what the side behind it can see of whoever connects: addresses and bytes. */
import { type AddressInfo, connect, createServer } from 'node:net';

export interface WireTap {
  url: string;
  /** Address of the other end of each connection. */
  addresses: string[];
  /** Bytes towards the side behind, and back. */
  up: Buffer[];
  down: Buffer[];
  close(): Promise<void>;
}

/** Starts a tap in front of a port on loopback. */
export async function startWireTap(port: number): Promise<WireTap> {
  const [up, down]: [Buffer[], Buffer[]] = [[], []];
  const addresses: string[] = [];
  const server = createServer((client) => {
    addresses.push(client.remoteAddress ?? '');
    const upstream = connect(port, '127.0.0.1');
    client.on('data', (bytes) => up.push(bytes));
    upstream.on('data', (bytes) => down.push(bytes));
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    addresses,
    up,
    down,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
