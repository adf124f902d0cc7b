/** A server with OpenAI's API that answers as a test has scripted, over loopback or a Unix socket. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OpenAiRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

type Script = (response: ServerResponse, request: OpenAiRequest) => void | Promise<void>;

/** One chunk of a stream, as such servers write it. */
export const chunk = (delta: object, finish: string | null = null, more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
export const usageChunk = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 }, timings: { predicted_per_second: 12.5 } })}\n\n`;
export const done = 'data: [DONE]\n\n';

export class OpenAiServer {
  readonly requests: OpenAiRequest[] = [];
  endpoint = '';
  models = ['waxseal-demo'];
  /** Answers of a path that is not `/v1/models`. */
  script: Script = (response) =>
    this.stream(response, [chunk({ content: 'Hello.' }), chunk({}, 'stop'), usageChunk, done]);
  /** Connections that their client has left before their answer was whole. */
  left = 0;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  readonly #folder = mkdtempSync(join(tmpdir(), 'waxseal-openai-'));

  static async start(kind: 'tcp' | 'unix' = 'tcp'): Promise<OpenAiServer> {
    const server = new OpenAiServer();
    const socket = join(server.#folder, 'engine.sock');
    await new Promise<void>((resolve) => {
      if (kind === 'unix') server.#server.listen(socket, resolve);
      else server.#server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = (kind === 'tcp' ? server.#server.address() : { port: 0 }) as AddressInfo;
    server.endpoint = kind === 'unix' ? `unix:${socket}` : `http://127.0.0.1:${port}`;
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.once('close', () => {
      if (!response.writableFinished) this.left++;
    });
    if (request.url === '/v1/models') {
      response.end(JSON.stringify({ object: 'list', data: this.models.map((id) => ({ id })) }));
      return;
    }
    let text = '';
    for await (const part of request) text += part;
    const asked = { path: request.url ?? '', headers: request.headers, body: JSON.parse(text) };
    this.requests.push(asked);
    await this.script(response, asked);
  }

  stream(response: ServerResponse, pieces: readonly string[]): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) response.write(piece);
    response.end();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
