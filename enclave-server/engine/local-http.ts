/**
 * HTTP to an engine beside this server: over a Unix socket or a literal loopback address, so that no name is ever
 * looked up and nothing leaves the machine. No redirects, no proxies, no connections kept.
 * @module
 */
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { engineError } from './errors.ts';

/** An engine that is silent for so long in the midst of a reply is taken for dead, in milliseconds. */
const SILENCE_MS = 120_000;

/** Where an endpoint of the measured configuration is. */
function placeOf(endpoint: string): Pick<RequestOptions, 'socketPath' | 'host' | 'port'> {
  if (endpoint.startsWith('unix:')) return { socketPath: endpoint.slice(5) };
  const { hostname, port } = new URL(endpoint);
  return { host: hostname.replace(/^\[|\]$/g, ''), port };
}

/** Sends a request and resolves with the head of the answer; rejects with WAX_ENGINE_FAILED. */
export function askLocal(
  endpoint: string,
  method: 'GET' | 'POST',
  path: string,
  body: object | null,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const bytes = body === null ? null : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...placeOf(endpoint),
      method,
      path,
      signal,
      agent: false,
      timeout: SILENCE_MS,
      headers: {
        host: 'localhost',
        ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
      },
    });
    outgoing.once('response', resolve);
    outgoing.once('timeout', () => outgoing.destroy());
    // Also after the answer has begun, when nobody waits for this any more: reading it then fails.
    outgoing.on('error', () => reject(engineError('WAX_ENGINE_FAILED')));
    outgoing.end(bytes ?? undefined);
  });
}

/** The text of an answer in pieces; throws WAX_ENGINE_MESSAGE where it is over `most` bytes or not UTF-8. */
async function* textOf(answer: IncomingMessage, most: number): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let size = 0;
  try {
    for await (const part of answer) {
      const bytes: Uint8Array = part;
      size += bytes.length;
      if (size > most) throw engineError('WAX_ENGINE_MESSAGE');
      yield decoder.decode(bytes, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    throw error instanceof TypeError ? engineError('WAX_ENGINE_MESSAGE') : error;
  }
}

/** The whole text of an answer, of at most `most` bytes. */
export async function readText(answer: IncomingMessage, most: number): Promise<string> {
  let text = '';
  for await (const piece of textOf(answer, most)) text += piece;
  return text;
}

const LONGEST_LINE = 1 << 20;

/** The data of each server-sent event, of one line each, up to the end of the answer. */
export async function* readEvents(answer: IncomingMessage, most: number): AsyncGenerator<string> {
  let held = '';
  for await (const piece of textOf(answer, most)) {
    held += piece;
    const lines = held.split('\n');
    held = lines.pop() ?? '';
    if (held.length > LONGEST_LINE) throw engineError('WAX_ENGINE_MESSAGE');
    for (const line of lines) if (line.startsWith('data:')) yield line.slice(5).trim();
  }
}
