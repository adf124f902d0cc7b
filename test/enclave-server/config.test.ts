import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnclaveConfig } from '../../enclave-server/config.ts';
import { demoConfig, demoModel, demoModels } from '../../enclave-server/demo-config.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { parseRuntimeStatement } from '../../protocol/session/runtime-statement.ts';
import { service, testConfig } from '../support/enclave.ts';

const parse = (value: unknown) => parseEnclaveConfig(utf8(JSON.stringify(value)));

/** Every path to an object inside a value, the value itself included. */
function* objects(value: unknown): Generator<{ [key: string]: unknown }> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as { [key: string]: unknown };
  for (const inner of Object.values(value)) yield* objects(inner);
}

describe('parseEnclaveConfig', () => {
  it('takes the demo configuration, and its digest goes into the runtime statement', () => {
    const bytes = utf8(JSON.stringify(demoConfig(service)));
    const config = parseEnclaveConfig(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(config.sha256).toBe(sha256);
    expect(parseRuntimeStatement(config.statement)).toMatchObject({
      service,
      configSha256: sha256,
      accelerator: 'none',
      models: [{ id: 'waxseal-demo', sha256: demoModel.sha256, contextTokens: 1024, maxOutputTokens: 512 }],
      wire: { tickMs: 50, recordBytes: 512, maxRecords: 512 },
    });
  });

  it('refuses an unknown key and a missing key, wherever it is', () => {
    const count = [...objects(demoConfig(service))].length;
    for (let index = 0; index < count; index++) {
      const extra = structuredClone(demoConfig(service));
      const object = [...objects(extra)][index] ?? {};
      object.unknown = 1;
      expect(() => parse(extra)).toThrow('WAX_ENCLAVE_CONFIG');
      for (const key of Object.keys(object).filter((name) => name !== 'unknown')) {
        const missing = structuredClone(demoConfig(service));
        delete [...objects(missing)][index]?.[key];
        expect(() => parse(missing), key).toThrow('WAX_ENCLAVE_CONFIG');
      }
    }
  });

  it.each([
    ['a service that is not an origin', { service: 'https://chat.example/' }],
    ['a model file in another folder', { models: [{ ...demoModel, file: '../waxseal-demo.gguf' }] }],
    ['two models with one id', { models: [demoModel, demoModel] }],
    ['no models', { models: [] }],
    ['more output than context', { models: [{ ...demoModel, maxOutputTokens: 1025 }] }],
    [
      'a record count that is not one of the steps',
      { wire: { tickMs: 50, recordBytes: 512, maxRecords: 500 } },
    ],
    ['answers that do not fit the records', { wire: { tickMs: 50, recordBytes: 64, maxRecords: 16 } }],
  ])('refuses %s', (_name, changes) => {
    expect(() => parse({ ...demoConfig(service), ...changes })).toThrow('WAX_ENCLAVE_CONFIG');
  });

  it('refuses numbers out of their bounds', () => {
    for (const [part, key, value] of [
      ['session', 'offerTtlS', 29],
      ['session', 'sessionTtlS', 3601],
      ['session', 'idleS', 601],
      ['session', 'maxTurns', 257],
      ['limits', 'reportMs', 0],
      ['engine', 'sequences', 0],
      ['wire', 'tickMs', 19],
    ] as const) {
      expect(() => testConfig({ [part]: { [key]: value } }), key).toThrow('WAX_ENCLAVE_CONFIG');
    }
  });

  it('throws only its own code, on any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8)), (bytes) => {
        try {
          parseEnclaveConfig(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
          expect((error as CodedError).code).toBe('WAX_ENCLAVE_CONFIG');
        }
      }),
      { seed: 1 },
    );
  });
});

describe('the demo model', () => {
  it('is the file that the configuration pins', () => {
    const file = readFileSync(demoModels + demoModel.file);
    expect(createHash('sha256').update(file).digest('hex')).toBe(demoModel.sha256);
  });
});
