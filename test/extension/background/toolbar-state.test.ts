import { describe, expect, it } from 'vitest';
import { type TabFacts, toolbarLook } from '../../../extension/background/toolbar-state.ts';
import type { StateId } from '../../../extension/ui/surfaces/status.ts';

const facts: TabFacts = { granted: true, fork: false, view: null, typing: false };
const look = (id: StateId, change: Partial<TabFacts> = {}, simulated = false) =>
  toolbarLook({ ...facts, view: { id, simulated }, ...change });

describe('toolbarLook', () => {
  it('is hollow where Waxseal is not used, and marked where it is', () => {
    expect(toolbarLook({ ...facts, granted: false })).toEqual({
      icon: 'off',
      badge: '',
      state: 'not-granted',
    });
    expect(toolbarLook(facts)).toEqual({ icon: 'ready', badge: '', state: 'ready' });
  });

  it('lights only for a sealed view that has the keyboard', () => {
    expect(look('sealed', { typing: true }).icon).toBe('lit');
    expect(look('sealed-grace', { typing: true }).icon).toBe('lit');
    expect(look('sealed').icon).toBe('ready');
    expect(toolbarLook({ ...facts, typing: true }).icon).toBe('ready');
    for (const id of ['adapter', 'checking', 'failed', 'cannot-reach', 'page', 'stale'] as const) {
      expect(look(id, { typing: true }).icon, id).not.toBe('lit');
    }
  });

  it('shows refusals in amber, a failed check in red', () => {
    expect(look('papers')).toEqual({ icon: 'warn', badge: '!', state: 'papers' });
    expect(look('page')).toEqual({ icon: 'warn', badge: '!', state: 'page' });
    expect(look('failed')).toEqual({ icon: 'fail', badge: '×', state: 'failed' });
  });

  it('shows a log that contradicts itself in every tab, before anything else', () => {
    const fork = { icon: 'fork', badge: '×', state: 'fork' };
    expect(toolbarLook({ ...facts, granted: false, fork: true })).toEqual(fork);
    expect(look('sealed', { fork: true, typing: true })).toEqual(fork);
    expect(look('simulated', { fork: true }, true)).toEqual(fork);
  });

  it('never shows the seal for the simulator, with or without the keyboard', () => {
    for (const typing of [true, false]) {
      expect(look('simulated', { typing }, true)).toEqual({ icon: 'sim', badge: 'SIM', state: 'simulated' });
      expect(look('sealed', { typing }, true)).toEqual({ icon: 'sim', badge: 'SIM', state: 'simulated' });
    }
    expect(look('failed', {}, true).icon).toBe('fail');
  });
});
