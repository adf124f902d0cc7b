import type { AccessTokens } from './access.ts';
import type { Attester } from './attester/attester.ts';
import type { Batches } from './batches.ts';
import type { EnclaveConfig } from './config.ts';
import type { Engine } from './engine/engine.ts';
import type { EventList } from './events.ts';
import type { HeldBytes } from './held-bytes.ts';
import type { Pace } from './pace.ts';
import type { Sessions } from './sessions.ts';
import type { Ticker } from './ticker.ts';

/** What the routes of one enclave share. */
export interface EnclaveParts {
  config: EnclaveConfig;
  attester: Attester;
  engine: Engine;
  batches: Batches;
  /** Of the work on offers. */
  pace: Pace;
  sessions: Sessions;
  held: HeldBytes;
  ticker: Ticker;
  events: EventList;
  accessTokens: AccessTokens;
  /** Log entries within which the release of this enclave is to be found (wire-format.md B2). */
  logSizeHint: () => number;
  /** Milliseconds on a monotonic clock. */
  now: () => number;
}
