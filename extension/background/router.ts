/**
 * The one door into the background: names the sender, checks that it may send this message and that the
 * message has its form, then calls the handler. Anything else gets a code and nothing more.
 * @module
 */

import { CodedError } from '../../protocol/errors.ts';
import type { JsonValue } from '../../protocol/json.ts';
import { extensionError } from '../errors.ts';
import {
  type Envelope,
  type MessageType,
  messageType,
  type Reply,
  type Request,
  rules,
} from '../messaging.ts';
import type { Caller } from '../sender.ts';

export type Handlers = {
  readonly [Type in MessageType]: (request: Request<Type>, caller: Caller) => Promise<Reply<Type>>;
};

async function dispatch<Type extends MessageType>(
  type: Type,
  body: JsonValue,
  caller: Caller,
  handlers: Handlers,
): Promise<Reply<Type>> {
  const handler: (request: Request<Type>, caller: Caller) => Promise<Reply<Type>> = handlers[type];
  return handler(rules[type].parse(body), caller);
}

/**
 * Answers one message. `caller` is null for a sender that is nobody; `isRedeemed` says whether a frame has
 * redeemed its token.
 */
export async function answer(
  message: unknown,
  caller: Caller | null,
  isRedeemed: (frame: Extract<Caller, { site: string }>) => Promise<boolean>,
  handlers: Handlers,
): Promise<Envelope> {
  try {
    const type = messageType(message);
    if (type === null) throw extensionError('WAX_EXT_MESSAGE');
    if (caller === null) throw extensionError('WAX_EXT_SENDER');
    const isNew = (caller.role === 'frame' || caller.role === 'service') && !(await isRedeemed(caller));
    const role = isNew ? (`new-${caller.role}` as const) : caller.role;
    if (!rules[type].from.includes(role)) throw extensionError('WAX_EXT_SENDER', `${role} sent ${type}`);
    const body = (message as { body?: JsonValue }).body ?? null;
    return { ok: true, reply: (await dispatch(type, body, caller, handlers)) as JsonValue };
  } catch (error) {
    // Details stay here: a sender that is refused learns the code only.
    return { ok: false, code: error instanceof CodedError ? error.code : 'WAX_EXT_REFUSED' };
  }
}
