/** The parts of the measured configuration that say which models there are and what runs them. @module */
import type { JsonValue } from '../protocol/json.ts';
import { readHex, readInteger, readMap, readObject, readOneOf, readString } from '../protocol/shape.ts';
import { type ChatTemplate, parseTemplate } from './engine/template.ts';

export interface ModelConfig {
  id: string;
  /** Name of the file, without a folder: where it lies is no part of what is measured. */
  file: string;
  /** Hex SHA-256 of the file. */
  sha256: string;
  contextTokens: number;
  maxOutputTokens: number;
  /** Null where the engine has its own, in its own measured command line. */
  template: ChatTemplate | null;
  /** Longest text of which the model makes a vector, in tokens; null where it makes none. */
  embeddingTokens: number | null;
}

interface LlamaConfig {
  kind: 'llama';
  /** Answers at the same time. */
  sequences: number;
  threads: number;
  recycleAfterSessions: number;
  recycleIdleS: number;
}

interface OpenAiConfig {
  kind: 'openai';
  /** `unix:` and a path, or `http://` and a literal loopback address with a port. */
  endpoint: string;
  /** Answers at the same time. */
  sequences: number;
}

export type EngineConfig = LlamaConfig | OpenAiConfig;

/** No names, which something outside of the measured image could resolve; nothing but this machine. */
const ENDPOINT = /^(?:unix:\/[\x21-\x7e]{1,100}|http:\/\/(?:127\.0\.0\.1|\[::1\]):[1-9][0-9]{0,4})$/;

/** Reads one of `models`, for an engine of that kind. */
export function readModel(value: JsonValue, path: string, kind: EngineConfig['kind']): ModelConfig {
  const keys = ['id', 'file', 'sha256', 'contextTokens', 'maxOutputTokens', 'template'] as const;
  const model = readObject(value, path, keys, ['embeddingTokens']);
  const contextTokens = readInteger(model.contextTokens, `${path}.contextTokens`, 64, 1_048_576);
  const { embeddingTokens } = model;
  return {
    id: readString(model.id, `${path}.id`, { most: 128, pattern: /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/ }),
    file: readString(model.file, `${path}.file`, { most: 255, pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*$/ }),
    sha256: readHex(model.sha256, `${path}.sha256`, 32),
    contextTokens,
    maxOutputTokens: readInteger(model.maxOutputTokens, `${path}.maxOutputTokens`, 1, contextTokens),
    // A template that nobody applies would look as if it had been measured to some end.
    template:
      kind === 'openai' ? readNull(model.template, path) : parseTemplate(model.template, `${path}.template`),
    embeddingTokens:
      embeddingTokens === undefined || embeddingTokens === null
        ? null
        : readInteger(embeddingTokens, `${path}.embeddingTokens`, 16, contextTokens),
  };
}

function readNull(value: JsonValue, path: string): null {
  if (value !== null) readOneOf(value, `${path}.template`, ['null']);
  return null;
}

export function readEngine(value: JsonValue | undefined, path: string): EngineConfig {
  const kind = readOneOf(readMap(value, path).kind, `${path}.kind`, ['llama', 'openai']);
  const sequencesOf = (sequences: JsonValue) => readInteger(sequences, `${path}.sequences`, 1, 256);
  if (kind === 'openai') {
    const engine = readObject(value, path, ['kind', 'endpoint', 'sequences']);
    return {
      kind,
      endpoint: readString(engine.endpoint, `${path}.endpoint`, { pattern: ENDPOINT }),
      sequences: sequencesOf(engine.sequences),
    };
  }
  const keys = ['kind', 'sequences', 'threads', 'recycleAfterSessions', 'recycleIdleS'] as const;
  const engine = readObject(value, path, keys);
  const { recycleAfterSessions: sessions, recycleIdleS: idle } = engine;
  return {
    kind,
    sequences: sequencesOf(engine.sequences),
    threads: readInteger(engine.threads, `${path}.threads`, 1, 256),
    recycleAfterSessions: readInteger(sessions, `${path}.recycleAfterSessions`, 1, 1_000_000),
    recycleIdleS: readInteger(idle, `${path}.recycleIdleS`, 1, 86_400),
  };
}
