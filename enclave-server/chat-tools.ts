/** Tools, the choice among them, and the form of an answer, in a chat request. @module */
import type { JsonValue } from '../protocol/json.ts';
import { readArray, readBoolean, readObject, readOneOf, readString } from '../protocol/shape.ts';
import type { AnswerFormat, Tool, ToolChoice } from './engine/engine.ts';
import { readSchema, readStrict } from './json-schema.ts';
import { TurnRefusal } from './refusal.ts';

const MOST_TOOLS = 64;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const NO_PARAMETERS = { type: 'object', properties: {}, additionalProperties: false };

function readTool(value: JsonValue, path: string): Tool {
  const tool = readObject(value, path, ['type', 'function']);
  readOneOf(tool.type, `${path}.type`, ['function']);
  const fields = readObject(tool.function, path, ['name'], ['description', 'parameters', 'strict']);
  readStrict(fields.strict);
  const { description } = fields;
  return {
    name: readString(fields.name, `${path}.name`, { pattern: NAME }),
    description:
      description === undefined || description === null || description === ''
        ? ''
        : readString(description, path, { most: 4096 }),
    parameters: fields.parameters ? readSchema(fields.parameters, `${path}.parameters`) : NO_PARAMETERS,
  };
}

/** Reads `tools`; names are unique. */
export function readTools(value: JsonValue | undefined): Tool[] {
  if (value === undefined || value === null) return [];
  const tools = readArray(value, 'tools', readTool, { least: 1, most: MOST_TOOLS });
  if (new Set(tools.map(({ name }) => name)).size !== tools.length) throw new TurnRefusal('bad-request');
  return tools;
}

/** Reads `tool_choice`; a function that is named is one of the tools. */
export function readToolChoice(value: JsonValue | undefined, tools: readonly Tool[]): ToolChoice {
  if (value === undefined || value === null) return tools.length > 0 ? 'auto' : 'none';
  if (typeof value === 'string') {
    const choice = readOneOf(value, 'tool_choice', ['none', 'auto', 'required']);
    if (choice === 'required' && tools.length === 0) throw new TurnRefusal('bad-request');
    return tools.length > 0 ? choice : 'none';
  }
  const choice = readObject(value, 'tool_choice', ['type', 'function']);
  readOneOf(choice.type, 'tool_choice.type', ['function']);
  const { name } = readObject(choice.function, 'tool_choice.function', ['name']);
  return {
    name: readOneOf(
      name,
      'tool_choice.name',
      tools.map((tool) => tool.name),
    ),
  };
}

/** Reads `response_format`; null for plain text. */
export function readFormat(value: JsonValue | undefined): AnswerFormat | null {
  if (value === undefined || value === null) return null;
  const format = readObject(value, 'response_format', ['type'], ['json_schema']);
  const type = readOneOf(format.type, 'response_format.type', ['text', 'json_object', 'json_schema']);
  if (type !== 'json_schema') {
    if (format.json_schema !== undefined) throw new TurnRefusal('bad-request');
    return type === 'text' ? null : { kind: 'json' };
  }
  const optional = ['schema', 'strict', 'description'] as const;
  const fields = readObject(format.json_schema, 'json_schema', ['name'], optional);
  readStrict(fields.strict);
  return {
    kind: 'schema',
    name: readString(fields.name, 'json_schema.name', { pattern: NAME }),
    schema: readSchema(fields.schema, 'json_schema.schema'),
  };
}

/** `parallel_tool_calls` is taken for what it says; the engines here make one call a turn. */
export function readParallel(value: JsonValue | undefined): void {
  if (value !== undefined && value !== null) readBoolean(value, 'parallel_tool_calls');
}
