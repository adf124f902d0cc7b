/** How a page of the extension asks the background. @module */
import { browser } from './browser.ts';
import { extensionError } from './errors.ts';
import type { Envelope, MessageType, Reply, Request } from './messaging.ts';

type ExtensionCode = keyof typeof extensionError.table;

function refusal(code: string) {
  const own = Object.hasOwn(extensionError.table, code);
  return own ? extensionError(code as ExtensionCode) : extensionError('WAX_EXT_REFUSED', code);
}

/** Sends a message and returns its reply; throws an error with the code that the background answered. */
export async function ask<Type extends MessageType>(type: Type, body: Request<Type>): Promise<Reply<Type>> {
  let envelope: Envelope | undefined;
  try {
    envelope = await browser.runtime.sendMessage({ type, body });
  } catch (cause) {
    throw extensionError('WAX_EXT_UNREACHABLE', '', { cause });
  }
  if (envelope === undefined) throw extensionError('WAX_EXT_UNREACHABLE');
  if (!envelope.ok) throw refusal(envelope.code);
  return envelope.reply as Reply<Type>;
}
