/**
 * Text files that go with a message. They are read here, in the page that shows them, and become part of the
 * message's text: the enclave knows no files.
 * @module
 */
import type { Attachment, OwnMessage } from '../ui/surfaces/thread.ts';
import { chatError } from './chat-errors.ts';

/** Of all files of one message together, in bytes. Far above what small models take, far below the wire's limit. */
export const MOST_FILE_BYTES = 256 * 1024;
export const MOST_FILES = 8;
const LONGEST_NAME = 80;

/** Text has no control characters but tab, line feed, form feed and carriage return. */
const control = /[\p{Cc}--[\t\n\f\r]]/v;
/** Characters that cannot be seen, or turn the order of those that can: `annual\u202Etxt.exe` is not what it reads. */
const deceptive = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function cleanName(name: string): string {
  const clean = name.replace(deceptive, '').trim();
  return clean.length > LONGEST_NAME ? `${clean.slice(0, LONGEST_NAME - 1)}…` : clean || 'file';
}

/**
 * Reads one file beside those that are attached already.
 * @throws WAX_CHAT_FILE_COUNT, WAX_CHAT_FILE_SIZE or WAX_CHAT_FILE_TEXT
 */
export async function readAttachment(
  file: Pick<File, 'name' | 'size' | 'arrayBuffer'>,
  beside: readonly Attachment[],
  id: string,
): Promise<Attachment> {
  const room = MOST_FILE_BYTES - beside.reduce((sum, { bytes }) => sum + bytes, 0);
  if (beside.length >= MOST_FILES) throw chatError('WAX_CHAT_FILE_COUNT');
  // Before it is read: a file may be larger than memory.
  if (file.size > room) throw chatError('WAX_CHAT_FILE_SIZE', `${file.size} bytes, room for ${room}`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.length > room) throw chatError('WAX_CHAT_FILE_SIZE', `${bytes.length} bytes, room for ${room}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw chatError('WAX_CHAT_FILE_TEXT', '', { cause });
  }
  if (control.test(text)) throw chatError('WAX_CHAT_FILE_TEXT', 'it has control characters');
  return { id, name: cleanName(file.name), text, bytes: bytes.length };
}

/** A fence that the text cannot close: longer than any run of backticks in it. */
function fenceFor(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  return '`'.repeat(Math.max(3, longest + 1));
}

/** A message as the model reads it: each file under its name, then the words. */
export function withFiles({ text, files = [] }: Pick<OwnMessage, 'text' | 'files'>): string {
  const parts = files.map((file) => {
    const fence = fenceFor(file.text);
    return `File: ${file.name}\n${fence}\n${file.text}\n${fence}`;
  });
  return [...parts, text].filter((part) => part !== '').join('\n\n');
}
