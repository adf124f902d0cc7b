/**
 * The same engine without a seal: one HTTP request, and its text as it comes. Prints where it listens.
 *
 *   node clear-server.ts SEQUENCES [SCRIPT]
 *
 * SCRIPT: the program of the engine process, where it is not the real one.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { demoEngine } from '../../support/enclave.ts';

const [sequences, script] = process.argv.slice(2);
const engine = await demoEngine({ sequences: Number(sequences), ...(script !== undefined && { script }) });
let sessions = 0;

const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  const { content, temperature, seed } = JSON.parse(body);
  const session = sessions++;
  const stop = new AbortController();
  response.once('close', () => stop.abort());
  response.flushHeaders();
  const { completionTokens } = await engine.generate(
    {
      session,
      model: 'waxseal-demo',
      messages: [{ role: 'user', content }],
      maxTokens: 512,
      temperature,
      topP: 1,
      stop: [],
      seed,
    },
    (text) => response.write(text),
    stop.signal,
  );
  response.end(`\0${completionTokens}`);
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
