import type { TurnError } from '../protocol/session/turn-errors.ts';

/** Why a turn is answered with ERR instead of content. */
export class TurnRefusal extends Error {
  readonly error: TurnError;
  readonly retryAfterS: number;

  constructor(error: TurnError, retryAfterS = 0) {
    super(error);
    this.error = error;
    this.retryAfterS = retryAfterS;
  }
}
