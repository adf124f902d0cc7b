/** What a state lets a person do, apart from its words (LOOKS 3, the composer column). */
import type { StateId, Status } from '../surfaces/status.ts';

/**
 * `on` seals; `wait` lets the person type while the check runs; `paused` keeps the draft; `read-only` keeps it
 * without letting it change; `hidden` has no composer at all.
 */
export type ComposerMode = 'on' | 'wait' | 'paused' | 'read-only' | 'hidden';

const modes: Record<StateId, ComposerMode> = {
  'not-set-up': 'hidden',
  'not-granted': 'hidden',
  checking: 'wait',
  sealed: 'on',
  'sealed-imported': 'on',
  'sealed-grace': 'on',
  simulated: 'on',
  adapter: 'hidden',
  stale: 'paused',
  'cannot-reach': 'paused',
  'not-understood': 'paused',
  busy: 'paused',
  'log-unreachable': 'on',
  'log-too-old': 'paused',
  papers: 'paused',
  retired: 'paused',
  update: 'paused',
  clock: 'paused',
  page: 'hidden',
  'page-covered': 'hidden',
  failed: 'read-only',
  fork: 'hidden',
  storage: 'paused',
};

/** How the composer behaves. Without a usable log copy, `log-unreachable` is a pause like the others. */
export function composerMode({ id, figures }: Status): ComposerMode {
  if (id === 'log-unreachable' && figures.hoursLeft === undefined) return 'paused';
  return modes[id];
}

/** States in which the surface explains itself in place of the chat. */
export function isRefusal(status: Status): boolean {
  const mode = composerMode(status);
  return mode === 'paused' || mode === 'read-only' || (mode === 'hidden' && status.id !== 'adapter');
}

/** Refusals that a screen reader must hear at once. */
export function isAlert(id: StateId): boolean {
  return id === 'failed' || id === 'fork' || id === 'page' || id === 'page-covered';
}

/** States in which something went wrong and the draft, if any, was not sent. */
export function isSealedState(id: StateId): boolean {
  return id === 'sealed' || id === 'sealed-imported' || id === 'sealed-grace';
}
