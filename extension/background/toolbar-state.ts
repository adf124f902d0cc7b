/** What the toolbar shows for a tab: one icon, a badge and a title. @module */
import type { StateId } from '../ui/surfaces/status.ts';

type Icon = 'off' | 'ready' | 'check' | 'lit' | 'warn' | 'fail' | 'fork' | 'sim';

/** What is known about a tab. */
export interface TabFacts {
  /** The sealed box may appear on this site. */
  readonly granted: boolean;
  /** A log contradicts itself: loudest, in every tab. */
  readonly fork: boolean;
  /** What the frame or panel of this tab last reported; null where there is none. */
  readonly view: { readonly id: StateId; readonly simulated: boolean } | null;
  /** A frame or panel of this tab is open and has the keyboard, now. */
  readonly typing: boolean;
}

export interface ToolbarLook {
  readonly icon: Icon;
  readonly badge: '' | '!' | '×' | 'SIM';
  /** State whose words make the title; `ready` is a granted site without an open box. */
  readonly state: StateId | 'ready';
}

const sealed: readonly StateId[] = ['sealed', 'sealed-imported', 'sealed-grace'];

function iconOf(id: ToolbarLook['state'], typing: boolean): Icon {
  if (id === 'ready' || id === 'adapter') return 'ready';
  if (id === 'fork') return 'fork';
  if (id === 'failed') return 'fail';
  if (id === 'simulated') return 'sim';
  if (id === 'checking') return 'check';
  if (id === 'not-granted' || id === 'not-set-up') return 'off';
  if (!sealed.includes(id)) return 'warn';
  // The solid seal says "you are typing in Waxseal now", so it needs both: all checks passed, and the keyboard.
  return typing ? 'lit' : 'ready';
}

const badges: Partial<Record<Icon, ToolbarLook['badge']>> = { warn: '!', fail: '×', fork: '×', sim: 'SIM' };

/** Icon, badge and title state for a tab. */
export function toolbarLook({ granted, fork, view, typing }: TabFacts): ToolbarLook {
  const state = fork ? 'fork' : (view?.id ?? (granted ? 'ready' : 'not-granted'));
  const icon = iconOf(state, typing);
  const simulated = view?.simulated === true && ['ready', 'lit', 'sim'].includes(icon);
  const shown = simulated ? 'sim' : icon;
  return { icon: shown, badge: badges[shown] ?? '', state: simulated ? 'simulated' : state };
}
