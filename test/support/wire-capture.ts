/** A byte-level proxy that notes what anybody on the way can see of one connection: sizes and times. */
import { type AddressInfo, connect, createServer } from 'node:net';

export interface Seen {
  /** Milliseconds on a monotonic clock. */
  at: number;
  bytes: number;
}

export interface Capture {
  url: string;
  up: Seen[];
  down: Seen[];
  close(): void;
}

/** Starts a proxy to a port on loopback; make one for each exchange. `onDown` is called for what comes down. */
export async function startCapture(port: number, onDown: () => void = () => {}): Promise<Capture> {
  const up: Seen[] = [];
  const down: Seen[] = [];
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    client.on('data', ({ length }) => up.push({ at: performance.now(), bytes: length }));
    upstream.on('data', ({ length }) => {
      down.push({ at: performance.now(), bytes: length });
      onDown();
    });
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => void server.close();
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, up, down, close };
}
