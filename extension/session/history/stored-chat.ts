/** A chat as it is kept, and the index of all of them: JSON, read back field by field. @module */
import { parseUtf8, utf8 } from '../../../protocol/bytes.ts';
import { type JsonValue, parseJson } from '../../../protocol/json.ts';
import {
  readArray,
  readBoolean,
  readHex,
  readInteger,
  readMap,
  readObject,
  readOneOf,
  readString,
} from '../../../protocol/shape.ts';
import type { ChatSetup } from '../../ui/surfaces/chat.ts';
import type { AnswerFigures, Attachment, ThreadItem } from '../../ui/surfaces/thread.ts';
import { itemId } from '../conversation.ts';
import { historyError } from './history-errors.ts';
import { MOST_RECORD_BYTES } from './vault.ts';

/** What is kept of a chat. Ids of its items are new each time it is read. */
export interface StoredChat {
  readonly service: string;
  readonly thread: readonly ThreadItem[];
  readonly setup: ChatSetup;
  readonly draft: string;
  readonly attachments: readonly Attachment[];
}

export interface IndexEntry {
  readonly id: string;
  readonly title: string;
  readonly updatedAt: number;
  /** Hex SHA-256 of the chat's record. */
  readonly sha256: string;
}

const MOST_ITEMS = 10_000;
export const MOST_CHATS = 2_000;

const text = (value: JsonValue | undefined, path: string) =>
  value === '' ? '' : readString(value, path, { most: MOST_RECORD_BYTES });
const number = (value: JsonValue | undefined): number => {
  if (typeof value !== 'number') throw historyError('WAX_HISTORY_DAMAGED', 'number');
  return value;
};
const orNull = <Value>(value: JsonValue | undefined, read: (value: JsonValue) => Value): Value | null =>
  value === null || value === undefined ? null : read(value);

function readFile(value: JsonValue, path: string): Attachment {
  const read = readObject(value, path, ['name', 'text', 'bytes']);
  return {
    id: itemId(),
    name: text(read.name, `${path}.name`),
    text: text(read.text, `${path}.text`),
    bytes: readInteger(read.bytes, `${path}.bytes`),
  };
}

function readFigures(value: JsonValue, path: string): AnswerFigures {
  const read = readObject(value, path, ['promptTokens', 'answerTokens', 'tookMs', 'atLimit']);
  return {
    promptTokens: readInteger(read.promptTokens, path),
    answerTokens: readInteger(read.answerTokens, path),
    tookMs: number(read.tookMs),
    atLimit: readBoolean(read.atLimit, path),
  };
}

function readItem(value: JsonValue, path: string): ThreadItem {
  const { kind } = readMap(value, path);
  const id = itemId();
  switch (readOneOf(kind, `${path}.kind`, ['own', 'answer', 'session', 'cut', 'moved'])) {
    case 'own': {
      const read = readObject(value, path, ['kind', 'text', 'files']);
      const files = readArray(read.files, path, readFile, { most: 64 });
      return { kind: 'own', id, text: text(read.text, path), ...(files.length > 0 && { files }) };
    }
    case 'answer': {
      const read = readObject(value, path, ['kind', 'text', 'outcome', 'reason', 'figures']);
      const figures = orNull(read.figures, (one) => readFigures(one, path));
      const reason = orNull(read.reason, (one) => text(one, path));
      return {
        kind: 'answer',
        id,
        text: text(read.text, path),
        outcome: readOneOf(read.outcome, path, ['complete', 'stopped', 'incomplete', 'engine-error']),
        ...(reason !== null && { reason }),
        ...(figures !== null && { figures }),
      };
    }
    case 'session': {
      const read = readObject(value, path, ['kind', 'checkedAt', 'restarted']);
      return {
        kind: 'session',
        id,
        checkedAt: readInteger(read.checkedAt, path),
        restarted: readBoolean(read.restarted, path),
      };
    }
    case 'cut':
      return { kind: 'cut', id };
    case 'moved':
      return { kind: 'moved', id, site: text(readObject(value, path, ['kind', 'site']).site, path) };
  }
}

function writeItem(item: ThreadItem): JsonValue[] {
  switch (item.kind) {
    case 'own':
      return [{ kind: 'own', text: item.text, files: (item.files ?? []).map(writeFile) }];
    case 'answer': {
      // What was still arriving when it was kept is, later, an answer without its end.
      const outcome = item.outcome === 'streaming' ? 'incomplete' : item.outcome;
      const figures = item.figures ? { ...item.figures } : null;
      return [{ kind: 'answer', text: item.text, outcome, reason: item.reason ?? null, figures }];
    }
    case 'session':
      return [{ kind: 'session', checkedAt: item.checkedAt, restarted: item.restarted }];
    case 'cut':
      return [{ kind: 'cut' }];
    case 'moved':
      return [{ kind: 'moved', site: item.site }];
    case 'too-long':
      return [];
  }
}

const writeFile = ({ name, text, bytes }: Attachment): JsonValue => ({ name, text, bytes });

/** Bytes of a chat, to be sealed. */
export function encodeChat({ service, thread, setup, draft, attachments }: StoredChat): Uint8Array {
  const json = {
    service,
    thread: thread.flatMap(writeItem),
    setup: { ...setup, stop: [...setup.stop] },
    draft,
    attachments: attachments.map(writeFile),
  };
  // `JSON.stringify` writes lone surrogates as escapes that a strict reader refuses.
  return utf8(
    JSON.stringify(json, (_key, value) => (typeof value === 'string' ? value.toWellFormed() : value)),
  );
}

/** Reads what was in a record of ours: a form that is not known is damage. */
function decode<Value>(bytes: Uint8Array, read: (value: JsonValue) => Value): Value {
  try {
    return read(parseJson(parseUtf8(bytes), { bytes: MOST_RECORD_BYTES, depth: 8, floats: true }));
  } catch (cause) {
    throw historyError('WAX_HISTORY_DAMAGED', 'form', { cause });
  }
}

function readSetup(value: JsonValue | undefined): ChatSetup {
  const keys = ['model', 'system', 'temperature', 'topP', 'maxTokens', 'stop', 'seed'] as const;
  const read = readObject(value, 'setup', keys);
  return {
    model: orNull(read.model, (one) => text(one, 'setup.model')),
    system: text(read.system, 'setup.system'),
    temperature: orNull(read.temperature, number),
    topP: orNull(read.topP, number),
    maxTokens: orNull(read.maxTokens, number),
    stop: readArray(read.stop, 'setup.stop', text, { most: 16 }),
    seed: orNull(read.seed, number),
  };
}

export function decodeChat(bytes: Uint8Array): StoredChat {
  return decode(bytes, (value) => {
    const read = readObject(value, 'chat', ['service', 'thread', 'setup', 'draft', 'attachments']);
    return {
      service: text(read.service, 'service'),
      thread: readArray(read.thread, 'thread', readItem, { most: MOST_ITEMS }),
      setup: readSetup(read.setup),
      draft: text(read.draft, 'draft'),
      attachments: readArray(read.attachments, 'attachments', readFile, { most: 64 }),
    };
  });
}

export function encodeIndex(entries: readonly IndexEntry[]): Uint8Array {
  return utf8(JSON.stringify(entries));
}

export function decodeIndex(bytes: Uint8Array): IndexEntry[] {
  return decode(bytes, (value) =>
    readArray(
      value,
      'index',
      (entry, path) => {
        const read = readObject(entry, path, ['id', 'title', 'updatedAt', 'sha256']);
        return {
          id: readHex(read.id, `${path}.id`, 16),
          title: text(read.title, `${path}.title`),
          updatedAt: readInteger(read.updatedAt, `${path}.updatedAt`),
          sha256: readHex(read.sha256, `${path}.sha256`, 32),
        };
      },
      { most: MOST_CHATS },
    ),
  );
}

const LONGEST_TITLE = 80;

/** What a chat is called in the list: the beginning of its first message. */
export function titleOf(thread: readonly ThreadItem[]): string {
  const first = thread.find((item) => item.kind === 'own');
  const line = (first?.text.trim() || first?.files?.[0]?.name || '').replace(/\s+/g, ' ').toWellFormed();
  const letters = [...line];
  return letters.length > LONGEST_TITLE ? `${letters.slice(0, LONGEST_TITLE - 1).join('')}…` : line;
}
