/** Marionette, the remote protocol of Firefox itself, as far as tests need it. */
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Connects to a browser that is starting. */
export async function connectTo(port: number): Promise<Socket> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (open) return socket;
    await pause(100);
  }
  throw new Error('Firefox did not open its Marionette port');
}

/** Sends a command and returns its result, most often as `value`. */
export type Send = (name: string, parameters?: object) => Promise<{ value?: unknown; handle?: string }>;

/** Messages are `length:JSON`; a request is `[0, id, name, parameters]`, a reply `[1, id, error, result]`. */
export function marionette(socket: Socket): Send {
  const waiting = new Map<
    number,
    { resolve: (value: { value?: unknown }) => void; reject: (error: Error) => void }
  >();
  let buffer = Buffer.alloc(0);
  let id = 0;
  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data as Buffer]);
    for (;;) {
      const colon = buffer.indexOf(':');
      const length = Number(buffer.subarray(0, colon).toString());
      if (colon < 0 || buffer.length < colon + 1 + length) return;
      const message: unknown = JSON.parse(buffer.subarray(colon + 1, colon + 1 + length).toString());
      buffer = buffer.subarray(colon + 1 + length);
      if (!Array.isArray(message)) continue;
      const [, answered, error, result] = message;
      const entry = waiting.get(answered);
      waiting.delete(answered);
      if (error) entry?.reject(new Error(`${error.error}: ${error.message}`));
      else entry?.resolve(result ?? {});
    }
  });
  return (name, parameters = {}) =>
    new Promise((resolve, reject) => {
      id += 1;
      waiting.set(id, { resolve, reject });
      const text = JSON.stringify([0, id, name, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}
