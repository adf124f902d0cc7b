/** The OpenAI embeddings request inside the seal, and its result. @module */
import { utf8 } from '../protocol/bytes.ts';
import { CodedError } from '../protocol/errors.ts';
import type { JsonValue } from '../protocol/json.ts';
import { readArray, readObject, readOneOf, readString } from '../protocol/shape.ts';
import type { Embeddings } from './engine/engine.ts';
import { vectorToBase64 } from './engine/vectors.ts';
import { TurnRefusal } from './refusal.ts';

export interface EmbeddingRequest {
  model: string;
  inputs: string[];
  encoding: 'float' | 'base64';
}

const MOST_INPUTS = 64;
/** Characters of one input; what of it the model takes is counted in tokens, by the engine. */
const LONGEST_INPUT = 65_536;

function read(value: JsonValue): EmbeddingRequest {
  const body = readObject(value, 'body', ['model', 'input'], ['encoding_format', 'dimensions']);
  // Shorter vectors are made by cutting, which only some models are trained for.
  if (body.dimensions !== undefined && body.dimensions !== null) throw new TurnRefusal('parameter-refused');
  const { input, encoding_format: encoding } = body;
  const text = (entry: JsonValue, path: string) => readString(entry, path, { most: LONGEST_INPUT });
  return {
    model: readString(body.model, 'model', { most: 128 }),
    inputs: Array.isArray(input)
      ? readArray(input, 'input', text, { least: 1, most: MOST_INPUTS })
      : [text(input, 'input')],
    encoding:
      encoding === undefined || encoding === null
        ? 'float'
        : readOneOf(encoding, 'encoding_format', ['float', 'base64']),
  };
}

/** Reads the `body` of an embeddings request; throws TurnRefusal. */
export function parseEmbeddingRequest(value: JsonValue): EmbeddingRequest {
  try {
    return read(value);
  } catch (error) {
    if (error instanceof CodedError) throw new TurnRefusal('bad-request');
    throw error;
  }
}

/** As many digits as a 32-bit float has; more of them would only be longer. */
const DIGITS = 9;

/** The result in the form of OpenAI's list of embeddings. */
export function embeddingList(
  { model, encoding }: Pick<EmbeddingRequest, 'model' | 'encoding'>,
  { vectors, promptTokens }: Embeddings,
): Uint8Array {
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding:
      encoding === 'base64'
        ? vectorToBase64(vector)
        : Array.from(vector, (value) => Number(value.toPrecision(DIGITS))),
  }));
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  return utf8(JSON.stringify({ object: 'list', data, model, usage }));
}
