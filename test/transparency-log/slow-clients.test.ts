import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogWorld, submit } from '../support/log-server.ts';

/** Sends a start and then a byte a second; resolves with what came back once the server hung up. */
async function dribble(port: number, start: string): Promise<{ answer: string; ms: number }> {
  const began = performance.now();
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  // It may hang up while a byte is on its way.
  socket.on('error', () => {});
  socket.write(start);
  const timer = setInterval(() => socket.write('x'), 1000);
  await new Promise((resolve) => socket.on('close', resolve));
  clearInterval(timer);
  return { answer, ms: performance.now() - began };
}

const HEADERS = 'GET /checkpoint HTTP/1.1\r\nhost: log\r\nx-slow: ';
const post = (path: string) =>
  `POST ${path} HTTP/1.1\r\nhost: log\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n{`;

describe('clients that are too slow', () => {
  let world: LogWorld;
  let app: FastifyInstance;
  beforeEach(async () => {
    world = await LogWorld.create();
    app = await world.start();
  });
  afterEach(() => world.close());

  it('are hung up on where they ask for more than they take, and nobody else waits for them', {
    timeout: 180_000,
  }, async () => {
    await app.close();
    app = await world.start({ takeMs: 2000 });
    const entries = await Promise.all(Array.from({ length: 60 }, (_, i) => world.release(i + 1)));
    for (const { statusCode } of await Promise.all(entries.map((entry) => submit(app, entry))))
      expect(statusCode).toBe(201);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    let cut = 0;
    // By address, to tell them from the one that reads.
    const slow = new Set<number | undefined>();
    app.server.on('connection', (socket) => {
      const port = socket.remotePort;
      socket.on('close', () => {
        if (slow.has(port)) cut += 1;
      });
    });
    const request = 'GET /tile/entries/000.p/61 HTTP/1.1\r\nhost: log\r\n\r\n';
    const sockets = Array.from({ length: 50 }, () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => slow.add(socket.localPort));
      socket.on('error', () => {});
      // Tens of megabytes, of which nothing is ever read.
      socket.pause().write(request.repeat(200));
      return socket;
    });
    const answer = await fetch(`${url}/tile/entries/000.p/61`);
    expect((await answer.bytes()).length).toBeGreaterThan(60_000);
    await expect.poll(() => cut, { timeout: 120_000 }).toBe(50);
    for (const socket of sockets) socket.destroy();
  });

  it('are hung up on by log and witness, in headers and in bodies, and keep nobody else waiting', {
    timeout: 60_000,
  }, async () => {
    const log = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
    const witness = Number(new URL(world.endpoints[0]?.url ?? '').port);
    const slow = [
      ...Array.from({ length: 200 }, () => dribble(log, HEADERS)),
      dribble(log, post('/api/v1/entries')),
      dribble(witness, HEADERS),
      dribble(witness, post('/add-checkpoint')),
    ];
    const began = performance.now();
    expect((await fetch(`http://127.0.0.1:${log}/checkpoint`)).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(2000);
    const ends = await Promise.all(slow);
    for (const { ms } of ends) expect(ms).toBeLessThan(30_000);
    // A byte that arrives as the server hangs up resets the connection, and the answer may be lost with it.
    const answers = ends.map(({ answer }) => answer).filter((answer) => answer !== '');
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answers.length).toBeGreaterThan(ends.length / 2);
  });
});
