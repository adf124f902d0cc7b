import { describe, expect, it } from 'vitest';
import { createRequests, MOST_NOTES, type RequestMemory } from '../../../extension/background/requests.ts';
import type { SessionValue } from '../../../extension/background/session-memory.ts';

function open() {
  let value: RequestMemory = {};
  const memory: SessionValue<RequestMemory> = {
    read: async () => value,
    async change(decide) {
      const [next, result] = decide(value);
      value = next;
      return result;
    },
  };
  let at = 0;
  return createRequests(memory, () => (at += 1));
}

const parley = { tabId: 1, site: 'https://parley.example' };
const status = (id: string) => ({ id, simulated: false, figures: {} });

describe('requests that pages wrote', () => {
  it('are told with what became of each, the newest first', async () => {
    const requests = open();
    await requests.note(parley, status('adapter'));
    await requests.note(parley, status('failed'));
    expect(await requests.of(1, parley.site)).toEqual([
      { at: 2, status: status('failed') },
      { at: 1, status: status('adapter') },
    ]);
  });

  it('are of one tab and one site: no page is told of for another', async () => {
    const requests = open();
    await requests.note(parley, status('adapter'));
    expect(await requests.of(2, parley.site)).toEqual([]);
    expect(await requests.of(1, 'https://other.example')).toEqual([]);
    expect(await requests.of(1, null)).toEqual([]);
    await requests.note({ tabId: 1, site: 'https://other.example' }, status('adapter'));
    expect(await requests.of(1, parley.site)).toEqual([]);
  });

  it('are forgotten with the tab, and the oldest when there are many', async () => {
    const requests = open();
    for (let count = 0; count < MOST_NOTES + 3; count++) await requests.note(parley, status('adapter'));
    const notes = await requests.of(1, parley.site);
    expect(notes).toHaveLength(MOST_NOTES);
    expect(notes[0]?.at).toBe(MOST_NOTES + 3);
    await requests.forgetTab(1);
    expect(await requests.of(1, parley.site)).toEqual([]);
  });
});
