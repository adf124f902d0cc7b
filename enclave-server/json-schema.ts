/**
 * JSON Schemas of a request, for tools and structured answers. A schema becomes a grammar, and compiling one is
 * work that grows with it in ways that are hard to see: so it is rebuilt from a small set of keywords, with its
 * references resolved, and counted. No regular expressions.
 * @module
 */
import type { JsonValue } from '../protocol/json.ts';
import { readArray, readBoolean, readInteger, readMap, readOneOf, readString } from '../protocol/shape.ts';
import { TurnRefusal } from './refusal.ts';

export type Schema = { [keyword: string]: JsonValue };

const MOST_BYTES = 16 * 1024;
const MOST_DEPTH = 16;
const MOST_NODES = 256;
/** Most repetitions that a grammar has to count. */
const MOST_COUNT = 256;

const TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'object', 'array'] as const;
/** Words for people; they do not change what an answer may be. */
const ANNOTATIONS = ['title', 'description', 'default', 'examples', '$schema', '$id', '$comment'];
const KEYWORDS = [
  ...['type', 'enum', 'const', 'oneOf', 'anyOf', '$ref', '$defs', 'definitions', 'format'],
  ...['properties', 'required', 'additionalProperties', 'items', 'prefixItems'],
  ...['minItems', 'maxItems', 'minLength', 'maxLength'],
];

type Scalar = string | number | boolean | null;

function readScalar(value: JsonValue): Scalar {
  if (typeof value === 'object' && value !== null) throw new TurnRefusal('bad-request');
  return value;
}

class SchemaReader {
  readonly #root: { [key: string]: JsonValue };
  readonly #open: string[] = [];
  #nodes = 0;

  constructor(root: { [key: string]: JsonValue }) {
    this.#root = root;
  }

  read(value: JsonValue | undefined, path: string, depth = 0): Schema {
    if (++this.#nodes > MOST_NODES || depth > MOST_DEPTH) throw new TurnRefusal('bad-request');
    const map = readMap(value, path);
    if (Object.keys(map).some((key) => !KEYWORDS.includes(key) && !ANNOTATIONS.includes(key))) {
      // A rule that was left out would make the answer look checked.
      throw new TurnRefusal('parameter-refused');
    }
    if (map.$ref !== undefined) return this.#reference(readString(map.$ref, path), path, depth);
    if (map.const !== undefined) return { const: readScalar(map.const) };
    if (map.enum !== undefined) {
      return { enum: readArray(map.enum, path, readScalar, { least: 1, most: MOST_COUNT }) };
    }
    const choices = map.oneOf ?? map.anyOf;
    if (choices !== undefined) {
      const some = (entry: JsonValue, at: string) => this.read(entry, at, depth + 1);
      return { oneOf: readArray(choices, path, some, { least: 1, most: 32 }) };
    }
    return this.#typed(map, path, depth);
  }

  /** Replaces a reference by what it names; one that leads back to itself has no end. */
  #reference(name: string, path: string, depth: number): Schema {
    const [, group = '', key = ''] = /^#\/(\$defs|definitions)\/([^/~%]{1,128})$/.exec(name) ?? [];
    const found = readMap(this.#root[group], path)[key];
    if (found === undefined || this.#open.includes(name)) throw new TurnRefusal('bad-request');
    this.#open.push(name);
    const schema = this.read(found, path, depth + 1);
    this.#open.pop();
    return schema;
  }

  #typed(map: { [key: string]: JsonValue }, path: string, depth: number): Schema {
    if (Array.isArray(map.type)) {
      const types = readArray(map.type, path, (type, at) => readOneOf(type, at, TYPES), {
        least: 1,
        most: 7,
      });
      const oneOf = types.map((type) => this.#typed({ ...map, type }, path, depth));
      return { oneOf };
    }
    const count = (key: string) =>
      map[key] === undefined ? {} : { [key]: readInteger(map[key], `${path}.${key}`, 0, MOST_COUNT) };
    const type = readOneOf(map.type, `${path}.type`, TYPES);
    if (type === 'string') {
      if (map.format !== undefined) {
        return { type, format: readOneOf(map.format, `${path}.format`, ['date-time', 'date', 'time']) };
      }
      return { type, ...count('minLength'), ...count('maxLength') };
    }
    if (type === 'array') {
      const each = (entry: JsonValue, at: string) => this.read(entry, at, depth + 1);
      return {
        type,
        ...(map.items !== undefined && { items: this.read(map.items, `${path}.items`, depth + 1) }),
        ...(map.prefixItems !== undefined && {
          prefixItems: readArray(map.prefixItems, path, each, { most: 64 }),
        }),
        ...count('minItems'),
        ...count('maxItems'),
      };
    }
    return type === 'object' ? this.#object(map, path, depth) : { type };
  }

  #object(map: { [key: string]: JsonValue }, path: string, depth: number): Schema {
    const properties: Schema = Object.create(null);
    for (const [name, entry] of Object.entries(readMap(map.properties ?? Object.create(null), path))) {
      if (name.length > 128) throw new TurnRefusal('bad-request');
      properties[name] = this.read(entry, `${path}.properties`, depth + 1);
    }
    const more = map.additionalProperties;
    const additionalProperties =
      more === undefined || typeof more === 'boolean' ? more : this.read(more, path, depth + 1);
    const text = (entry: JsonValue, at: string) => readString(entry, at, { most: 128 });
    return {
      type: 'object',
      properties,
      ...(map.required !== undefined && {
        required: readArray(map.required, path, text, { most: MOST_NODES }),
      }),
      ...(additionalProperties !== undefined && { additionalProperties }),
    };
  }
}

/** Reads and rebuilds a schema; throws TurnRefusal, or a CodedError of the shape readers. */
export function readSchema(value: JsonValue | undefined, path: string): Schema {
  const root = readMap(value, path);
  if (JSON.stringify(root).length > MOST_BYTES) throw new TurnRefusal('bad-request');
  return new SchemaReader(root).read(root, path);
}

/** `strict` in the manner of OpenAI's objects: taken and needless, since every schema is kept to. */
export function readStrict(value: JsonValue | undefined): void {
  if (value !== undefined && value !== null) readBoolean(value, 'strict');
}
