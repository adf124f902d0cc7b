import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogWorld } from '../support/log-server.ts';

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

describe('clients that send a byte a second', () => {
  let world: LogWorld;
  let app: FastifyInstance;
  beforeEach(async () => {
    world = await LogWorld.create();
    app = await world.start();
  });
  afterEach(() => world.close());

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
