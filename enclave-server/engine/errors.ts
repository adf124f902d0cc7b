import { defineErrors } from '../../protocol/errors.ts';

/** Errors of the model engine. Their details never come from the engine's own messages. */
export const engineError = defineErrors({
  WAX_ENGINE_START: 'The engine did not start with the configured models',
  WAX_ENGINE_FAILED: 'The engine stopped while it was answering',
  WAX_ENGINE_BUSY: 'Every place in the engine is taken',
  WAX_ENGINE_TOO_LONG: 'The messages do not fit the context of the model',
  WAX_ENGINE_FORMAT: 'The engine cannot answer in the form that was asked for',
  WAX_ENGINE_MESSAGE: 'The engine process sent something that is not a message',
  WAX_ENGINE_UNASKED: 'The engine process said what nobody had asked for, or more of it than was asked for',
});
