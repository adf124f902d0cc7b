import type { FastifyInstance } from 'fastify';
import { buildEnclave, type EnclaveOptions } from '../../enclave-server/app.ts';
import { createSimulator } from '../../enclave-server/attester/simulator/simulator.ts';
import { type EnclaveConfig, parseEnclaveConfig } from '../../enclave-server/config.ts';
import { demoConfig, demoModel, demoModels } from '../../enclave-server/demo-config.ts';
import type { Engine } from '../../enclave-server/engine/engine.ts';
import { type LlamaEngineOptions, startLlamaEngine } from '../../enclave-server/engine/llama-engine.ts';
import { EventList } from '../../enclave-server/events.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { parseAnswer } from '../../protocol/session/answer.ts';
import { batchLeaf, foldPath, reportData } from '../../protocol/session/batch.ts';
import { ClientSession } from '../../protocol/session/client-session.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import type { Outcome } from '../../protocol/session/reply-reader.ts';
import { parseRuntimeStatement } from '../../protocol/session/runtime-statement.ts';
import type { TurnRequest } from '../../protocol/session/turn-request.ts';
import { admitHandshake } from '../../protocol/session/verified-handshake.ts';

export const service = 'http://127.0.0.1:4443';

/** The demo configuration with some of its parts changed. */
export function testConfig(changes: { [part: string]: object | string } = {}): EnclaveConfig {
  const config: { [part: string]: unknown } = demoConfig(service);
  for (const [part, fields] of Object.entries(changes)) {
    const before = config[part];
    const replaced = Array.isArray(fields) || typeof fields === 'string';
    config[part] = replaced ? fields : { ...(before as object), ...fields };
  }
  return parseEnclaveConfig(utf8(JSON.stringify(config)));
}

export const childScript = new URL('../../enclave-server/engine/child.ts', import.meta.url).pathname;

export const demoModelPath = `${demoModels}${demoModel.file}`;

/** The real engine on the demo model. */
export function demoEngine(changes: Partial<LlamaEngineOptions> = {}): Promise<Engine> {
  return startLlamaEngine({
    script: childScript,
    models: [{ ...demoModel, path: demoModelPath }],
    sequences: testConfig().engine.sequences,
    threads: 1,
    recycleAfterSessions: 1000,
    recycleIdleMs: 600_000,
    ...changes,
  });
}

/** An engine that answers in a fixed way, at once or when told. */
export function scriptedEngine(
  generate: Engine['generate'] = async (_job, onText) => {
    onText('Hello.');
    return { finish: 'stop', promptTokens: 1, completionTokens: 1 };
  },
): Engine & { released: number[] } {
  const released: number[] = [];
  return { generate, released, release: (session) => void released.push(session), stop: async () => {} };
}

export interface TestEnclave {
  app: FastifyInstance;
  url: string;
  events: string[];
}

/** A server on loopback with the simulator and a scripted engine, unless told otherwise. */
export async function startEnclave(options: Partial<EnclaveOptions> = {}): Promise<TestEnclave> {
  const events: string[] = [];
  const app = await buildEnclave({
    config: testConfig(),
    attester: createSimulator({ measurement: new Uint8Array(48).fill(7) }),
    engine: scriptedEngine(),
    events: new EventList((line) => events.push(line)),
    ...options,
  });
  return { app, events, url: await app.listen({ host: '127.0.0.1', port: 0 }) };
}

export async function postOffer(
  url: string,
  body: Uint8Array<ArrayBuffer>,
  headers: { [name: string]: string } = {},
) {
  return fetch(`${url}/waxseal/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', ...headers },
    body,
  });
}

/** Opens a session; checks that the report covers it, and nothing else about the evidence. */
export async function openSession(url: string, headers: { [name: string]: string } = {}) {
  const offer = createOffer();
  const clock = { now: Date.now, monotonic: () => performance.now() };
  const sentAt = { now: clock.now(), monotonic: clock.monotonic() };
  const response = await postOffer(url, offer.body, headers);
  if (response.status !== 200) throw new Error(`offer refused: ${response.status}`);
  const answerBody = new Uint8Array(await response.arrayBuffer());
  const answer = parseAnswer(answerBody);
  const statement = parseRuntimeStatement(answer.statement);
  const leaf = batchLeaf({ nonce: offer.nonce, headerBytes: answer.headerBytes, pk: answer.pk });
  const wanted = reportData(foldPath(leaf, answer.slot, answer.path), answer.statement);
  if (!Buffer.from(wanted).equals(answer.evidence.subarray(0x50, 0x90))) throw new Error('not in the report');
  const handshake = { offerBody: offer.body, answerBody, answer, statement, sentAt, clock };
  admitHandshake(handshake);
  return { client: await ClientSession.open(handshake), answer, statement };
}

/** POST of a sealed request. */
export function postTurn(url: string, path: string, body: Uint8Array<ArrayBuffer>, signal?: AbortSignal) {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body,
    ...(signal && { signal }),
  });
}

export interface TurnResult {
  status: number;
  text: string;
  result: unknown;
  outcome: Outcome;
  /** Bytes of the response. */
  size: number;
}

/** Sends one turn and reads its reply to the end. */
export async function sendTurn(
  url: string,
  client: ClientSession,
  request: TurnRequest,
): Promise<TurnResult> {
  const { body, path, reply } = client.startTurn(request);
  const response = await postTurn(url, path, body);
  let text = '';
  const results: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    for (const event of reply.push(chunk)) {
      if (event.kind === 'text') text += event.text;
      if (event.kind === 'result') results.push(event.bytes);
    }
  }
  const outcome = reply.close();
  const json = Buffer.concat(results).toString();
  return { status: response.status, text, result: json === '' ? null : JSON.parse(json), outcome, size };
}

export const chat = (
  content: string,
  body: object = {},
  mode: 'steady' | 'block' = 'steady',
): TurnRequest => ({
  op: 'chat',
  mode,
  body: { model: 'waxseal-demo', messages: [{ role: 'user', content }], temperature: 0, ...body },
});
