/**
 * One request to its service and the response back, both as a stream. Whichever side breaks off, the other is
 * cut off too.
 * @module
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { CodedError } from '../protocol/errors.ts';
import { relayError } from './errors.ts';
import { headersIn, headOut, mostAnswered, ownHeaders } from './headers.ts';
import type { Pools } from './pools.ts';
import { pump } from './pump.ts';
import type { Route } from './routes.ts';

/** Longest waits in milliseconds. */
export interface RelayTimeouts {
  /** From the end of the upload to the head of the response. */
  readonly answer: number;
  /** For either side to take a byte, while there are some to give. */
  readonly stall: number;
  /** From the request to the end of the response, whatever comes in between. */
  readonly offer: number;
  readonly turn: number;
}

export interface CarryOptions {
  readonly pools: Pools;
  readonly timeouts: RelayTimeouts;
}

function responseOf(upstream: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    upstream.once('response', resolve).on('error', reject);
    upstream.once('close', () => reject(relayError('WAX_RELAY_UNREACHABLE')));
  });
}

/**
 * Resolves when the response has been handed on to its end.
 * @throws WAX_RELAY_FORM, WAX_RELAY_UNREACHABLE, WAX_RELAY_TIMEOUT, WAX_RELAY_ANSWER; if `outgoing` has its head
 * by then, it has to be cut off
 */
export async function carry(
  route: Route,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { pools, timeouts }: CarryOptions,
): Promise<void> {
  const { kind } = route;
  const headers = headersIn(incoming.headers, route);
  const stop = new AbortController();
  const expire = () => stop.abort(relayError('WAX_RELAY_TIMEOUT'));
  const whole = setTimeout(expire, timeouts[kind]);
  let answer: ReturnType<typeof setTimeout> | undefined;
  const limits = { stallMs: timeouts.stall, signal: stop.signal };
  const upstream = pools.post(route, headers);
  stop.signal.addEventListener('abort', () => upstream.destroy());
  // Also when all was sent, but then there is nothing left to stop.
  outgoing.once('close', () => stop.abort());
  try {
    const answered = responseOf(upstream);
    const uploaded = pump(incoming, upstream, { ...limits, most: Number(headers['content-length']) }).then(
      () => {
        answer = setTimeout(expire, timeouts.answer);
      },
      (cause) => stop.abort(cause),
    );
    // A service may refuse before it has read everything: its word counts while the upload still runs.
    const response = await answered;
    const { status, body, ...head } = headOut(response.statusCode ?? 0, response.headers, route);
    outgoing.writeHead(status, { ...ownHeaders, ...head.headers });
    if (!body) {
      upstream.destroy();
      outgoing.end();
      return;
    }
    outgoing.flushHeaders();
    await uploaded;
    clearTimeout(answer);
    await pump(response, outgoing, { ...limits, most: mostAnswered[kind] });
  } catch (cause) {
    upstream.destroy();
    const reason: unknown = stop.signal.aborted ? stop.signal.reason : cause;
    throw reason instanceof CodedError ? reason : relayError('WAX_RELAY_UNREACHABLE', '', { cause });
  } finally {
    clearTimeout(whole);
    clearTimeout(answer);
  }
}
