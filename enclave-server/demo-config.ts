/**
 * The configuration that the demo and the tests run: the small model of this repository and wire parameters
 * that fit its speed.
 * @module
 */
import { fileURLToPath } from 'node:url';

/** Folder of the demo model, for `--models`. */
export const demoModels = fileURLToPath(new URL('./model/', import.meta.url));

const around = (role: string) => ({ before: `<|im_start|>${role}\n`, after: '<|im_end|>\n' });

/** The model file that this repository carries; model/README.md says what it can do. */
export const demoModel = {
  id: 'waxseal-demo',
  file: 'waxseal-demo.gguf',
  sha256: 'b03a7fb24fe7bd8e4863f79f1aaf3eafba5c9a9932e88b472395757cd4fefc89',
  contextTokens: 1024,
  maxOutputTokens: 512,
  template: {
    system: around('system'),
    user: around('user'),
    assistant: around('assistant'),
    reply: '<|im_start|>assistant\n',
  },
} as const;

/** A configuration, to be written to a file as JSON, for a service at `service` (an origin). */
export function demoConfig(service: string) {
  return {
    format: 'waxseal-enclave/1',
    service,
    models: [demoModel],
    engine: { kind: 'llama', sequences: 8, threads: 1, recycleAfterSessions: 64, recycleIdleS: 120 },
    // About 800 tokens a second of 7 bytes each, with a quarter more to spare.
    wire: { tickMs: 50, recordBytes: 512, maxRecords: 512 },
    session: { offerTtlS: 300, sessionTtlS: 1800, idleS: 600, maxTurns: 64, maxRequestBytes: 1_048_576 },
    limits: {
      pendingSessions: 10_000,
      liveSessions: 1_000,
      connections: 2_048,
      requestBytes: 67_108_864,
      queuedOffers: 4_096,
      repliesUnderWay: 64,
      queuedTurns: 48,
      queueMs: 10_000,
      reportMs: 10_000,
      blockMs: 60_000,
      drainMs: 30_000,
    },
  };
}
