import { beforeAll, describe, expect, test } from 'vitest';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { stateDrawings } from '../../../../extension/ui/icons/state-icon.tsx';
import { composerMode, isAlert } from '../../../../extension/ui/state/behaviour.ts';
import { describe as describeState } from '../../../../extension/ui/state/describe.ts';
import type { StateId, Status } from '../../../../extension/ui/surfaces/status.ts';
import { catalogueSource } from '../catalogue.ts';
import { figures } from '../gallery/fixtures.ts';

/** In a record, so that a state that is added cannot be forgotten here. */
const every: Record<StateId, true> = {
  'not-set-up': true,
  'not-granted': true,
  checking: true,
  sealed: true,
  'sealed-imported': true,
  'sealed-grace': true,
  simulated: true,
  adapter: true,
  stale: true,
  'cannot-reach': true,
  'not-understood': true,
  busy: true,
  'log-unreachable': true,
  'log-too-old': true,
  papers: true,
  retired: true,
  update: true,
  clock: true,
  page: true,
  'page-covered': true,
  failed: true,
  fork: true,
  storage: true,
};
const ids = Object.keys(every) as StateId[];
const status = (id: StateId, facts: Status['figures'] = figures): Status => ({
  id,
  simulated: false,
  figures: facts,
});

describe.each([
  ['en', en],
  ['de', de],
] as const)('states in %s', (locale, catalogue) => {
  beforeAll(() => setMessageSource(catalogueSource(locale, catalogue)));

  test('what a page did has a sentence of its own, and only a stolen keyboard costs letters', () => {
    const textOf = (interference: NonNullable<Status['figures']['interference']>) =>
      describeState(status('page', { interference }), 'parley.example').text;
    const whats = ['focus', 'move', 'remove', 'block'] as const;
    expect(new Set(whats.map(textOf)).size).toBe(whats.length);
    for (const what of whats) expect(textOf(what)).toContain('parley.example');
    const lost = /last few letters|letzten paar Buchstaben/;
    expect(whats.filter((what) => lost.test(textOf(what)))).toEqual(['focus']);
  });

  test.each(ids)('%s has an outline, a word and a sentence', (id) => {
    const text = describeState(status(id), 'parley.example');
    expect(stateDrawings[text.icon].outline).toBeTruthy();
    expect(text.word.length).toBeGreaterThan(2);
    expect(text.short).not.toMatch(/[.!]$/);
    expect(text.text).toMatch(/\.$/);
    expect(text.who).not.toBe('');
  });

  test.each(ids)('%s says nothing false when no fact is known', (id) => {
    const text = describeState(status(id, {}));
    expect(Object.values(text).join(' ')).not.toMatch(/undefined|NaN|\{|\$|null/);
    expect(text.text.length).toBeGreaterThan(10);
  });
});

describe('the state language', () => {
  beforeAll(() => setMessageSource(catalogueSource('en', en)));
  const outline = (id: StateId) => stateDrawings[describeState(status(id)).icon].outline;

  test('only a failed check and a fork are octagons and red', () => {
    const red = ids.filter((id) => stateDrawings[describeState(status(id)).icon].tone === 'alarm');
    expect(red).toEqual(['failed', 'fork']);
    expect(ids.filter((id) => outline(id) === 'octagon')).toEqual(red);
  });

  test('the filled seal stands for the built-in rules alone', () => {
    expect(ids.filter((id) => outline(id) === 'seal')).toEqual(['sealed', 'sealed-grace']);
  });

  test('no two states that mean different things share an icon and a word', () => {
    const signs = ids
      .filter((id) => id !== 'page-covered')
      .map((id) => `${describeState(status(id)).icon} ${describeState(status(id)).word}`);
    expect(new Set(signs).size).toBe(signs.length);
  });

  test('nothing is sent from any state but the sealed ones, the simulator and a log that is silent for hours', () => {
    const open = ids.filter((id) => composerMode(status(id, { ...figures, hoursLeft: 3 })) === 'on');
    expect(open).toEqual(['sealed', 'sealed-imported', 'sealed-grace', 'simulated', 'log-unreachable']);
    expect(composerMode(status('log-unreachable', {}))).toBe('paused');
  });

  test('no refusal offers to go on anyway', () => {
    for (const id of ids) {
      for (const { label } of describeState(status(id)).actions)
        expect(label).not.toMatch(/anyway|continue|ignore/i);
    }
  });

  test('only a failed check, a fork and a page in the way interrupt a screen reader', () => {
    expect(ids.filter(isAlert)).toEqual(['page', 'page-covered', 'failed', 'fork']);
  });

  test('an imported trust domain is named in the word', () => {
    expect(describeState(status('sealed-imported')).word).toBe('Sealed by City Hospital');
  });

  test('papers name the paper, the vendor, the day and who can help', () => {
    expect(describeState(status('papers')).text).toBe(
      'AMD’s revocation list on this server expired on Nov 20, 2026. Only Fernhill can renew it.',
    );
  });
});
