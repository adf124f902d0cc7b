/** How a model is to answer: what the person chose in the drawer, as the request wants it. @module */
import type { VerificationReport } from '../../protocol/report.ts';
import type { ChatSetup } from '../ui/surfaces/chat.ts';
import type { ChatOptions } from './chat-request.ts';

export const plainSetup: ChatSetup = {
  model: null,
  system: '',
  temperature: null,
  topP: null,
  maxTokens: null,
  stop: [],
  seed: null,
};

/** The chosen model of those that the report vouches for, or its first; null where it names none. */
export function chosenModel(report: VerificationReport | null, { model }: ChatSetup) {
  const models = report?.models ?? [];
  return models.find(({ id }) => id === model) ?? models[0] ?? null;
}

/** The settings that go into a request; what is null or empty is left to the enclave. */
export function settingsOf(
  setup: ChatSetup,
): Pick<ChatOptions, 'temperature' | 'topP' | 'maxTokens' | 'stop' | 'seed'> {
  const { temperature, topP, maxTokens, stop, seed } = setup;
  return {
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { topP }),
    ...(maxTokens !== null && { maxTokens }),
    ...(stop.length > 0 && { stop }),
    ...(seed !== null && { seed }),
  };
}
