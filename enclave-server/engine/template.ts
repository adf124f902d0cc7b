/**
 * Chat templates of the measured configuration. A template is plain text around each message, not a program:
 * the one inside a model file is ignored, since a file from elsewhere must not decide what the model is told.
 * @module
 */
import type { JsonValue } from '../../protocol/json.ts';
import { readObject, readString } from '../../protocol/shape.ts';

export const roles = ['system', 'user', 'assistant'] as const;
type Role = (typeof roles)[number];

export interface Message {
  role: Role;
  content: string;
}

/** What surrounds the messages of each role, and what opens the answer. */
export type ChatTemplate = Record<Role, { before: string; after: string }> & { reply: string };

/** A piece of the prompt: only the template's own text may stand for special tokens. */
export interface Segment {
  text: string;
  special: boolean;
}

/** Reads the `template` of a model in the configuration. */
export function parseTemplate(value: JsonValue | undefined, path: string): ChatTemplate {
  const object = readObject(value, path, ['system', 'user', 'assistant', 'reply']);
  const around = (role: Role) => {
    const pair = readObject(object[role], `${path}.${role}`, ['before', 'after']);
    return {
      before: readString(pair.before, `${path}.${role}.before`, { most: 256 }),
      after: readString(pair.after, `${path}.${role}.after`, { most: 256 }),
    };
  };
  return {
    system: around('system'),
    user: around('user'),
    assistant: around('assistant'),
    reply: readString(object.reply, `${path}.reply`, { most: 256 }),
  };
}

/** Lays out a chat; what people wrote is never marked special, so it cannot close its own message. */
export function renderPrompt(template: ChatTemplate, messages: readonly Message[]): Segment[] {
  const segments = messages.flatMap(({ role, content }) => [
    { text: template[role].before, special: true },
    { text: content, special: false },
    { text: template[role].after, special: true },
  ]);
  return [...segments, { text: template.reply, special: true }];
}
