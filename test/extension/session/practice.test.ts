import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import en from '../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import { createPracticeController } from '../../../extension/session/practice-controller.ts';
import { setMessageSource } from '../../../extension/ui/i18n/messages.ts';
import { catalogueSource } from '../ui/catalogue.ts';

beforeAll(() => setMessageSource(catalogueSource('en', en)));

describe('the practice chat', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  it('never claims to be sealed', () => {
    const chat = createPracticeController(new Uint8Array(16));
    expect(chat.current().status).toMatchObject({ id: 'simulated', simulated: true });
    expect(chat.current().report).toBeNull();
  });

  it('answers from the message files and asks no network', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const chat = createPracticeController(new Uint8Array(16));
    chat.edit('hello');
    chat.send();
    expect(chat.current()).toMatchObject({ draft: '', frame: { open: true } });
    await vi.runAllTimersAsync();
    expect(chat.current().thread.at(-1)).toMatchObject({ kind: 'answer', outcome: 'complete' });
    expect(chat.current().thread.at(-1)).toMatchObject({ text: en.practiceAnswer.message });
    expect(fetched).not.toHaveBeenCalled();
  });

  it('stops where it is told to, and closes the box when the page interferes', async () => {
    const chat = createPracticeController(new Uint8Array(16));
    chat.edit('hello');
    chat.send();
    await vi.advanceTimersByTimeAsync(60);
    chat.interfere();
    expect(chat.current()).toMatchObject({ status: { id: 'page' }, frame: { open: false } });
    expect(chat.current().thread.at(-1)).toMatchObject({ outcome: 'stopped' });
    chat.checkNow();
    expect(chat.current().status.id).toBe('simulated');
  });
});
