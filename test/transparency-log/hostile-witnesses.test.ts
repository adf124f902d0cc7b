/** One of three witnesses answers with too much, too slowly, without end, or with lies: real servers on loopback. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { signNote } from '../../protocol/log/signer.ts';
import { parseAddCheckpoint } from '../../protocol/log/witness.ts';
import { LogWorld, submit } from '../support/log-server.ts';

const CHUNK = 65_536;
type Answer = (response: ServerResponse, body: Buffer) => unknown;

/** Writes as long as somebody reads. */
function writeForever(response: ServerResponse, text: string, count: (bytes: number) => void): void {
  const more = () => {
    while (!response.destroyed) {
      count(text.length);
      if (!response.write(text)) return;
    }
  };
  response.on('drain', more);
  more();
}

/** A byte every tenth of a second. */
function dribble(response: ServerResponse, write: () => unknown): void {
  const timer = setInterval(write, 100);
  response.on('close', () => clearInterval(timer));
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

describe('one hostile witness of three', () => {
  let world: LogWorld;
  let close: () => void;
  let sent: number;
  let asked: number;
  let conflicts: number;
  beforeEach(async () => {
    world = await LogWorld.create();
    close = () => {};
    sent = 0;
    asked = 0;
    conflicts = 0;
  });
  afterEach(async () => {
    close();
    await world.close();
  });

  /** Stands in the place of the third witness. */
  async function play(submission: Answer, view: Answer = (response) => response.writeHead(404).end()) {
    const port = Number(new URL(world.endpoints[2]?.url ?? '').port);
    await world.stopWitness(2);
    const server = createServer(async (request, response) => {
      asked += 1;
      const body = await readAll(request);
      if (request.method === 'POST') submission(response, body);
      else view(response, body);
    });
    await once(server.listen(port, '127.0.0.1'), 'listening');
    close = () => {
      server.closeAllConnections();
      server.close();
    };
  }

  const signer = () => {
    const third = world.builder.witnesses[2];
    if (third === undefined) throw new Error('three witnesses');
    return third;
  };
  const textOf = (body: Buffer) => parseNote(parseAddCheckpoint(body).checkpoint).text;
  const now = () => Math.floor(Date.now() / 1000);
  const endless = (text: string) => (response: ServerResponse) =>
    writeForever(response, text, (bytes) => {
      sent += bytes;
    });
  const answers: [string, Answer, string][] = [
    ['an endless body', endless('x'.repeat(CHUNK)), 'WAX_WITNESS_UNREACHABLE'],
    [
      'an endless list of signatures',
      endless('— witness-2.example AAAAAAAA\n'.repeat(2000)),
      'WAX_WITNESS_UNREACHABLE',
    ],
    [
      'an endless size in a conflict',
      (response) =>
        endless('1'.repeat(CHUNK))(response.writeHead(409, { 'content-type': 'text/x.tlog.size' })),
      'WAX_WITNESS_UNREACHABLE',
    ],
    [
      'a byte of the body now and then',
      (response) => dribble(response.writeHead(200), () => response.write('—')),
      'WAX_WITNESS_UNREACHABLE',
    ],
    [
      'a byte of the headers now and then',
      (response) => dribble(response, () => response.socket?.write('H')),
      'WAX_WITNESS_UNREACHABLE',
    ],
    ['headers without end', (response) => endlessHeaders(response), 'WAX_WITNESS_UNREACHABLE'],
    ['nothing at all', () => {}, 'WAX_WITNESS_UNREACHABLE'],
    ['a closed connection', (response) => response.socket?.destroy(), 'WAX_WITNESS_UNREACHABLE'],
    [
      'a way to somewhere else',
      (response) => response.writeHead(307, { location: `${world.endpoints[0]?.url}/add-checkpoint` }).end(),
      'WAX_WITNESS_UNREACHABLE',
    ],
    ['words', (response) => response.end('thank you\n'), 'WAX_WITNESS_BAD_ANSWER'],
    ['bytes that are no text', (response) => response.end(Buffer.alloc(100, 0xff)), 'WAX_WITNESS_BAD_ANSWER'],
    [
      'a thousand signature lines',
      (response) => response.end('— x AAAAAAAA\n'.repeat(1000)),
      'WAX_WITNESS_BAD_ANSWER',
    ],
    [
      'a cosignature on another root',
      async (response) => {
        const text = formatCheckpoint({ origin: world.builder.origin, size: 2, root: new Uint8Array(32) });
        response.end(await cosign(text, signer(), now()));
      },
      'WAX_WITNESS_BAD_ANSWER',
    ],
    [
      'an old cosignature before a new one',
      async (response, body) => {
        const lines = [now() - 90_000, now()].map((at) => cosign(textOf(body), signer(), at));
        response.end((await Promise.all(lines)).join(''));
      },
      'WAX_WITNESS_BAD_ANSWER',
    ],
    [
      'a cosignature from yesterday',
      async (response, body) => response.end(await cosign(textOf(body), signer(), now() - 86_400)),
      'WAX_WITNESS_CLOCK',
    ],
    [
      'a size beyond all numbers',
      (response) => response.writeHead(409).end(`${'9'.repeat(30)}\n`),
      'WAX_WITNESS_BAD_ANSWER',
    ],
    ['a size below nothing', (response) => response.writeHead(409).end('-1\n'), 'WAX_WITNESS_BAD_ANSWER'],
    [
      'another size each time',
      (response) => response.writeHead(409).end(`${++conflicts % 2}\n`),
      'WAX_WITNESS_REFUSED',
    ],
    [
      'a tree that is not there yet',
      (response) => response.writeHead(409).end('9007199254740991\n'),
      'WAX_WITNESS_AHEAD',
    ],
    ['status 500', (response) => response.writeHead(500).end(), 'WAX_WITNESS_REFUSED'],
  ];

  function endlessHeaders(response: ServerResponse): void {
    const { socket } = response;
    if (!socket) return;
    socket.write('HTTP/1.1 200 OK\r\n');
    const more = () => {
      while (!socket.destroyed && socket.write(`x-more: ${'x'.repeat(1000)}\r\n`)) sent += 1010;
    };
    socket.on('drain', more);
    socket.on('error', () => {});
    more();
  }

  it.each(answers)(
    'that answers with %s is named with a code, and the log goes on with the others',
    async (_, answer, code) => {
      await play(answer);
      const app = await world.start();
      for (const version of [1, 2]) {
        expect((await submit(app, await world.release(version))).statusCode).toBe(201);
      }
      const problem = async () => (await app.inject('/api/v1/status')).json().witnesses[2].problem;
      await expect.poll(problem, { timeout: 20_000 }).toBe(code);
      const checkpoint = (await app.inject('/checkpoint')).body;
      expect(checkpoint).toContain('— witness-0.example ');
      expect(checkpoint).not.toContain('— witness-2.example ');
      // Of what has no end only so much is taken, of each answer; the rest lies in buffers on the way.
      expect(sent).toBeLessThan(asked * (32 << 20));
      if (code === 'WAX_WITNESS_UNREACHABLE') expect(asked).toBeLessThan(20);
    },
  );

  it('that hints at another history and then says no more holds up one publication for a second, and no other', async () => {
    let hanging = 0;
    await play(
      (response) => response.writeHead(409).end('1000000\n'),
      (response) => {
        hanging += 1;
        response.on('close', () => {
          hanging -= 1;
        });
      },
    );
    const app = await world.start();
    for (let version = 1; version <= 5; version++) {
      expect((await submit(app, await world.release(version))).statusCode).toBe(201);
    }
    // All five were published while it still kept its own answers back.
    expect(hanging).toBeGreaterThan(0);
    expect((await app.inject('/api/v1/status')).json().witnesses[2].problem).toBe('WAX_WITNESS_AHEAD');
  });

  it('that shows another history under the log’s own signature too late stops the log before it signs again', async () => {
    const text = formatCheckpoint({ origin: world.builder.origin, size: 1000, root: new Uint8Array(32) });
    const note = `${text}\n${await signNote(text, world.builder.signer)}${await cosign(text, signer(), now())}`;
    await play(
      (response) => response.writeHead(409).end('1000\n'),
      // Only the first time, at start, it says nothing.
      (response) =>
        asked === 1 ? response.writeHead(404).end() : setTimeout(() => response.end(note), 2000),
    );
    const app = await world.start({ refreshIntervalMs: 100 });
    const problem = async () => (await app.inject('/api/v1/status')).json().problem?.code;
    await expect.poll(problem, { timeout: 20_000 }).toBe('WAX_LOGSERVER_BEHIND');
    expect((await submit(app, await world.release(9))).json().code).toBe('WAX_LOGSERVER_BEHIND');
  });

  it.each([
    ['without end', endless('x'.repeat(CHUNK))],
    ['never', () => {}],
    ['slowly', (response: ServerResponse) => dribble(response.writeHead(200), () => response.write('x'))],
    ['with words', (response: ServerResponse) => response.end('hello\n')],
  ])('that answers %s when the log starts does not keep it from starting', async (_, view) => {
    await play((response) => response.writeHead(500).end(), view);
    const app = await world.start();
    expect((await submit(app, await world.release(1))).statusCode).toBe(201);
    expect(sent).toBeLessThan(asked * (32 << 20));
  });
});
