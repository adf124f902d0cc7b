import { describe, expect, it } from 'vitest';
import { Composing } from '../../../extension/session/composing.ts';
import { Store } from '../../../extension/ui/store.ts';
import type { ChatView } from '../../../extension/ui/surfaces/chat.ts';
import { view } from '../ui/gallery/fixtures.ts';

const question = { kind: 'own', id: 'q', text: 'First question' } as const;
const reply = { kind: 'answer', id: 'a', text: 'An answer', outcome: 'complete' } as const;

function composing(change: Partial<ChatView> = {}) {
  const store = new Store<ChatView>({ ...view, thread: [question, reply], ...change });
  return { store, composing: new Composing(store) };
}

describe('the draft', () => {
  it('is nothing to send while there is neither word nor file', async () => {
    const { store, composing: it } = composing({ draft: ' \n' });
    expect(it.outgoing()).toBeNull();
    await it.attach([new File(['x'], 'x.txt')]);
    expect(it.outgoing()?.own).toMatchObject({ text: ' \n', files: [{ name: 'x.txt' }] });
    it.detach(store.current().attachments[0]?.id ?? '');
    expect(it.outgoing()).toBeNull();
  });

  it('keeps the files that were read before one that was refused, and says which', async () => {
    const { store, composing: it } = composing();
    await it.attach([new File(['x'], 'x.txt'), new File([Uint8Array.of(0)], 'y.bin'), new File(['z'], 'z')]);
    expect(store.current().attachments.map(({ name }) => name)).toEqual(['x.txt']);
    expect(store.current().fileRefusal).toEqual({
      name: 'y.bin',
      reason: 'not-text',
      code: 'WAX_CHAT_FILE_TEXT',
    });
  });

  it('comes back when nobody could have read it, but never over other words', () => {
    const { store, composing: it } = composing();
    it.takeBack({ kind: 'own', id: 'n', text: 'Taken back' });
    expect(store.current().draft).toBe('Taken back');
    it.takeBack({ kind: 'own', id: 'n', text: 'Something else' });
    expect(store.current().draft).toBe('Taken back');
  });
});

describe('an edit', () => {
  it('takes the last own message back and continues the thread from before it', () => {
    const { store, composing: it } = composing({ draft: 'half a thought' });
    it.editLast();
    expect(store.current()).toMatchObject({ draft: 'First question', editing: 'q' });
    expect(it.outgoing()).toMatchObject({ thread: [], own: { text: 'First question' } });
  });

  it('gives back what was being written, whether it is sent or left', () => {
    for (const end of ['sent', 'cancelEdit'] as const) {
      const { store, composing: it } = composing({ draft: 'half a thought' });
      it.editLast();
      store.update({ draft: 'Second question' });
      it[end]();
      expect(store.current(), end).toMatchObject({ draft: 'half a thought', editing: null });
    }
  });

  it('changes nothing in the thread while it is only being written', () => {
    const { store, composing: it } = composing();
    it.editLast();
    it.cancelEdit();
    expect(store.current().thread).toEqual([question, reply]);
  });

  it('does not begin twice, which would lose what was set aside', () => {
    const { store, composing: it } = composing({ draft: 'half a thought' });
    it.editLast();
    it.editLast();
    it.cancelEdit();
    expect(store.current().draft).toBe('half a thought');
  });
});
