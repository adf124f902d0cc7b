/**
 * Requests of a chat in the form of OpenAI's API. The whole history goes with each turn, since the enclave
 * keeps none.
 * @module
 */
import type { JsonValue } from '../../protocol/json.ts';
import type { Mode } from '../../protocol/session/sizes.ts';
import type { TurnRequest } from '../../protocol/session/turn-request.ts';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface ChatOptions {
  model: string;
  /** Everything that was said, the newest message last. */
  messages: readonly ChatMessage[];
  mode?: Mode;
  /** 0 to 2. */
  temperature?: number;
  topP?: number;
  maxTokens?: number;
  stop?: readonly string[];
  seed?: number;
}

/** Builds the request of one turn; settings that are not given are left to the service. */
export function chatRequest(options: ChatOptions): TurnRequest {
  const { model, messages, mode = 'steady', temperature, topP, maxTokens, stop, seed } = options;
  const body: { [key: string]: JsonValue } = {
    model,
    // A lone surrogate, which some input methods leave behind, has no UTF-8 form and would be refused.
    messages: messages.map(({ role, content }) => ({ role, content: content.toWellFormed() })),
  };
  if (temperature !== undefined) body.temperature = temperature;
  if (topP !== undefined) body.top_p = topP;
  if (maxTokens !== undefined) body.max_tokens = maxTokens;
  if (stop !== undefined) body.stop = [...stop];
  if (seed !== undefined) body.seed = seed;
  return { op: 'chat', mode, body };
}
