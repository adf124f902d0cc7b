/**
 * A service to chat with on loopback: an enclave server with simulated evidence and a scripted engine, the log
 * that approves it, and the trust domain that names both. Everything a built extension needs.
 */
import { freePort } from '../../demo/service.ts';
import { buildEnclave } from '../../enclave-server/app.ts';
import { createSimulator } from '../../enclave-server/attester/simulator/simulator.ts';
import { parseEnclaveConfig } from '../../enclave-server/config.ts';
import { demoConfig } from '../../enclave-server/demo-config.ts';
import type { Engine } from '../../enclave-server/engine/engine.ts';
import { EventList } from '../../enclave-server/events.ts';
import { parseHex, utf8 } from '../../protocol/bytes.ts';
import { parseRuntimeStatement, type WireParameters } from '../../protocol/session/runtime-statement.ts';
import { scriptedEngine } from './enclave.ts';
import { LogBuilder, testDigest } from './log-builder.ts';
import { type ServedFile, serveLogFiles } from './log-files-server.ts';

export interface SealedWorld {
  /** Origin of the service. */
  readonly service: string;
  /** JSON text of the trust domain. */
  readonly domain: string;
  /** What the log serves; publish to change it. */
  readonly log: LogBuilder;
  /** What was asked of the log, in order. */
  readonly asked: readonly ServedFile[];
  /** Index of the release that approves the service. */
  readonly release: number;
  close(): Promise<void>;
}

/**
 * Starts log and service; `engine` answers the chats, at the demo's beat unless `beat` says otherwise, and makes
 * vectors of texts of so many tokens.
 */
export async function startSealedWorld(
  engine: Engine = scriptedEngine(),
  beat: Partial<WireParameters> = {},
  embeddingTokens: number | null = null,
): Promise<SealedWorld> {
  const service = `http://127.0.0.1:${await freePort()}`;
  const demo = demoConfig(service);
  const parts = {
    ...demo,
    models: demo.models.map((model) => ({ ...model, embeddingTokens })),
    wire: { ...demo.wire, ...beat },
  };
  const config = parseEnclaveConfig(utf8(JSON.stringify(parts)));
  const { configSha256, models, wire } = parseRuntimeStatement(config.statement);
  const measurement = testDigest('launch', 48);
  const at = Math.floor(Date.now() / 1000) * 1000 - 1000;

  // The builder is told its address before it has one; the domain file is what clients go by.
  const log = await LogBuilder.create({ at });
  const { index: release } = await log.release({
    configSha256,
    models: models.map(({ id, sha256 }) => ({ id, sha256 })),
    services: [service],
    wire,
  });
  await log.publish();
  const served = await serveLogFiles((path) => log.file(path));
  const app = await buildEnclave({
    config,
    attester: createSimulator({ measurement: parseHex(measurement) }),
    engine,
    events: new EventList(() => {}),
    logSizeHint: () => log.size,
  });
  await app.listen({ host: '127.0.0.1', port: Number(new URL(service).port) });
  const file = log.domainFile();
  return {
    service,
    log,
    asked: served.served,
    release,
    domain: JSON.stringify({
      ...file,
      log: { ...(file.log as object), url: served.url },
      enclaves: [{ service, name: 'Fernhill', product: 'waxseal-demo', machines: false }],
    }),
    async close() {
      await app.close();
      await served.close();
    },
  };
}
