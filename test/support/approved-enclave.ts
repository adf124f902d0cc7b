/**
 * The real server on loopback under a log that approves it, behind hostile proxies, and chats that reach it
 * through one of them. Time stands still for the checks; records keep their beat.
 */
import { createSimulator } from '../../enclave-server/attester/simulator/simulator.ts';
import type { Engine } from '../../enclave-server/engine/engine.ts';
import { chatRequest } from '../../extension/session/chat-request.ts';
import { ChatSession } from '../../extension/session/chat-session.ts';
import type { TurnEvent } from '../../extension/session/chat-status.ts';
import type { Service } from '../../extension/session/enclave-client.ts';
import { simulatorVerifier } from '../../protocol/attestation/simulator.ts';
import { parseHex } from '../../protocol/bytes.ts';
import { startEnclave, testConfig } from './enclave.ts';
import { type HostileProxy, startHostileProxy } from './hostile-proxy.ts';
import { LogBuilder, MINUTE, START, testDigest } from './log-builder.ts';
import { FakeClock } from './session.ts';
import { acceptedState, SERVICE } from './verified-exchange.ts';

export const wire = { tickMs: 20, recordBytes: 128, maxRecords: 128 };

/** Starts the server; its release is in the log. */
export async function startApprovedEnclave(engine: Engine) {
  const config = testConfig({ service: SERVICE, wire });
  const log = await LogBuilder.create();
  await log.release({
    configSha256: config.sha256,
    models: config.models.map(({ id, sha256 }) => ({ id, sha256 })),
    services: [SERVICE],
    wire,
  });
  await log.publish();
  const clock = new FakeClock();
  clock.wall = START + 10 * MINUTE;
  const attester = createSimulator({ measurement: parseHex(testDigest('launch', 48)), now: clock.now });
  const enclave = await startEnclave({ config, engine, attester, logSizeHint: () => log.size });
  const domain = log.domain();
  const state = await acceptedState(log, domain, clock.now());
  const look = async () => ({
    domain,
    imported: false,
    log: { state, problem: null },
    clock,
    verifiers: [simulatorVerifier],
  });
  const proxies: HostileProxy[] = [];
  return {
    ...enclave,
    /** A proxy in front of the server. */
    async proxy(): Promise<HostileProxy> {
      const proxy = await startHostileProxy(Number(new URL(enclave.url).port), wire.recordBytes);
      proxies.push(proxy);
      return proxy;
    },
    /**
     * A chat that reaches the service at `url`; `timeouts` where the protocol's are too long for a test, `way`
     * for a relay or for another `fetch`.
     */
    chat(
      url: string,
      timeouts: { firstRecord?: number; stall?: number } = {},
      way: Partial<Pick<Service, 'fetch' | 'relay'>> = {},
    ) {
      const chat = new ChatSession({
        service: {
          origin: SERVICE,
          fetch: (input, init) => fetch(String(input).replace(SERVICE, url), init),
          timeouts,
          ...way,
        },
        clock,
        look,
      });
      return {
        async send(content: string) {
          const events: TurnEvent[] = [];
          const request = chatRequest({ model: 'waxseal-demo', messages: [{ role: 'user', content }] });
          const result = await chat.send(request, { onEvent: (event) => events.push(event) });
          const text = events.map((event) => (event.kind === 'text' ? event.text : '')).join('');
          return { result, text };
        },
        close: () => chat.close(),
      };
    },
    async close() {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await enclave.app.close();
    },
  };
}

export type ApprovedEnclave = Awaited<ReturnType<typeof startApprovedEnclave>>;
