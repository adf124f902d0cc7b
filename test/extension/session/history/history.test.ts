import { beforeEach, describe, expect, it } from 'vitest';
import { plainSetup } from '../../../../extension/session/chat-setup.ts';
import { History } from '../../../../extension/session/history/history.ts';
import type { StoredChat } from '../../../../extension/session/history/stored-chat.ts';
import { type MemoryHistory, memoryHistory } from '../../../support/memory-history.ts';

/** A sixteenth of the real cost: these tests derive many keys. */
const quick = { log2N: 14, r: 8, p: 1 };
const passphrase = 'correct horse battery';
const [first, second] = ['01'.repeat(16), '02'.repeat(16)] as const;

const chat = (words: string, answer = 'An answer.'): StoredChat => ({
  service: 'https://chat.example',
  thread: [
    { kind: 'own', id: 'q', text: words, files: [{ id: 'f', name: 'a.csv', text: '1,2', bytes: 3 }] },
    { kind: 'session', id: 's', checkedAt: 5, restarted: true },
    {
      kind: 'answer',
      id: 'a',
      text: answer,
      outcome: 'complete',
      figures: { promptTokens: 1, answerTokens: 2, tookMs: 3.5, atLimit: false },
    },
    { kind: 'cut', id: 'c' },
    { kind: 'moved', id: 'm', site: 'parley.example' },
  ],
  setup: { ...plainSetup, system: 'Be brief.', temperature: 0.5, stop: ['END'] },
  draft: 'half a thought',
  attachments: [],
});
/** Ids are new each time; the rest must be as it was. */
const withoutIds = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, inner) => (key === 'id' ? undefined : inner)));

const refused = (code: string) => expect.objectContaining({ code });

describe('the encrypted history', () => {
  let database: MemoryHistory;
  let history: History;
  beforeEach(async () => {
    database = memoryHistory();
    history = new History(database, quick);
    await history.create(passphrase);
    await history.save(first, chat('My first secret'), 1);
    await history.save(second, chat('My second secret'), 2);
  });
  const record = (key: string) => database.records.get(key) as Uint8Array<ArrayBuffer>;
  const reopened = async (words = passphrase) => {
    const other = new History(database, quick);
    await other.unlock(words);
    return other;
  };

  it('gives back whole chats after it was locked, the newest first', async () => {
    const other = await reopened();
    expect((await other.list()).map(({ id, title }) => [id, title])).toEqual([
      [second, 'My second secret'],
      [first, 'My first secret'],
    ]);
    expect(withoutIds(await other.load(first))).toEqual(withoutIds(chat('My first secret')));
  });

  it('holds no word, title, service or name in what is stored', () => {
    const stored = [...database.records.values()]
      .map((bytes) => Buffer.from(bytes).toString('latin1'))
      .join();
    for (const word of ['secret', 'My first', 'chat.example', 'a.csv', 'brief', 'thought', 'answer']) {
      expect(stored).not.toContain(word);
    }
  });

  it('tells little by lengths: short and longer chats have records of one size', async () => {
    await history.save(first, chat('Hi'), 3);
    await history.save(second, chat('Hello '.repeat(300)), 4);
    expect(record(first).length).toBe(record(second).length);
  });

  it('never encrypts twice in the same way', async () => {
    const before = record(first);
    await history.save(first, chat('My first secret'), 1);
    expect(record(first)).not.toEqual(before);
  });

  it('refuses a wrong passphrase, and keeps the right one working', async () => {
    await expect(reopened('correct horse batterz')).rejects.toEqual(refused('WAX_HISTORY_PASSPHRASE'));
    await expect(reopened()).resolves.toBeDefined();
  });

  it('takes the same passphrase in another spelling of Unicode', async () => {
    await history.changePassphrase(passphrase, 'caf\u00e9 au lait, deux');
    await expect(reopened('cafe\u0301 au lait, deux')).resolves.toBeDefined();
  });

  it('wants twelve characters, as people count them', async () => {
    const other = new History(memoryHistory(), quick);
    await expect(other.create('eleven char')).rejects.toEqual(refused('WAX_HISTORY_SHORT'));
    await expect(other.create('😀'.repeat(11))).rejects.toEqual(refused('WAX_HISTORY_SHORT'));
    await expect(history.changePassphrase(passphrase, 'short')).rejects.toEqual(refused('WAX_HISTORY_SHORT'));
  });

  it('knows nothing once it is locked', async () => {
    history.lock();
    await expect(history.list()).rejects.toEqual(refused('WAX_HISTORY_CHANGED'));
    await expect(history.load(first)).rejects.toEqual(refused('WAX_HISTORY_CHANGED'));
    await expect(history.save(first, chat('x'), 9)).rejects.toEqual(refused('WAX_HISTORY_CHANGED'));
  });

  it.each(['header', 'index', first])(
    'notices a flipped bit anywhere in %s',
    async (key) => {
      const whole = record(key);
      const step = key === 'header' ? 9 : 97;
      for (let at = 0; at < whole.length; at += step) {
        const flipped = whole.slice();
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
        database.records.set(key, flipped);
        const reading = async () => {
          // The header costs a derivation; the others are read with the key that is there.
          if (key === 'header') await reopened();
          return history.load(first);
        };
        await expect(reading(), `${key} at ${at}`).rejects.toMatchObject({
          code: expect.stringMatching(/^WAX_HISTORY_(?:DAMAGED|PASSPHRASE)$/),
        });
      }
      database.records.set(key, whole);
      await expect((await reopened()).load(first)).resolves.toBeDefined();
    },
    120_000,
  );

  it.each(['header', 'index', first])('notices that %s was cut short or made longer', async (key) => {
    const whole = record(key);
    for (const length of [0, 1, 24, 41, whole.length - 1]) {
      database.records.set(key, whole.slice(0, length));
      await expect(reopened().then((other) => other.load(first))).rejects.toMatchObject({
        code: 'WAX_HISTORY_DAMAGED',
      });
    }
    database.records.set(key, Uint8Array.of(...whole, 0));
    await expect(reopened().then((other) => other.load(first))).rejects.toBeDefined();
  });

  it('notices an older copy of one chat that was put back', async () => {
    const older = record(first);
    await history.save(first, chat('What I said later'), 3);
    database.records.set(first, older);
    await expect(history.load(first)).rejects.toEqual(refused('WAX_HISTORY_DAMAGED'));
    await expect(history.load(second)).resolves.toBeDefined();
  });

  it('notices an index that was put back, for every chat changed since', async () => {
    const older = record('index');
    await history.save(first, chat('What I said later'), 3);
    database.records.set('index', older);
    await expect(history.load(first)).rejects.toEqual(refused('WAX_HISTORY_DAMAGED'));
  });

  it('notices a chat that was exchanged for another, or taken away', async () => {
    database.records.set(first, record(second));
    await expect(history.load(first)).rejects.toEqual(refused('WAX_HISTORY_DAMAGED'));
    database.records.delete(first);
    await expect(history.load(first)).rejects.toEqual(refused('WAX_HISTORY_DAMAGED'));
  });

  it('takes a lost index for damage, never for an empty history', async () => {
    database.records.delete('index');
    await expect(history.list()).rejects.toEqual(refused('WAX_HISTORY_DAMAGED'));
    await expect(history.save(first, chat('x'), 9)).rejects.toEqual(refused('WAX_HISTORY_DAMAGED'));
  });

  it('does not let a header ask for less or much more work than is sound', async () => {
    const whole = record('header');
    for (const [at, value] of [
      [4, 13],
      [4, 21],
      [5, 1],
      [6, 0],
      [6, 5],
    ] as const) {
      const changed = whole.slice();
      changed[at] = value;
      database.records.set('header', changed);
      await expect(reopened()).rejects.toEqual(refused('WAX_HISTORY_DAMAGED'));
    }
  });

  it('is worth nothing to the old passphrase, nor to the old key, once it has another', async () => {
    const [header, index] = [record('header'), record('index')];
    await history.changePassphrase(passphrase, 'another long passphrase');
    await expect(reopened()).rejects.toEqual(refused('WAX_HISTORY_PASSPHRASE'));
    const other = await reopened('another long passphrase');
    expect(withoutIds(await other.load(first))).toEqual(withoutIds(chat('My first secret')));
    // Even with the old header put back, the old key opens none of the new records.
    database.records.set('header', header);
    const old = await reopened();
    await expect(old.list()).rejects.toEqual(refused('WAX_HISTORY_DAMAGED'));
    database.records.set('index', index);
    await expect(old.load(first)).rejects.toEqual(refused('WAX_HISTORY_DAMAGED'));
  });

  it('asks for the old passphrase before it takes another', async () => {
    await expect(history.changePassphrase('not the passphrase', 'another long passphrase')).rejects.toEqual(
      refused('WAX_HISTORY_PASSPHRASE'),
    );
    await expect(reopened()).resolves.toBeDefined();
  });

  it('lets a view that was left behind write nothing', async () => {
    const other = await reopened();
    await history.changePassphrase(passphrase, 'another long passphrase');
    const before = new Map(database.records);
    await expect(other.save(first, chat('late'), 9)).rejects.toEqual(refused('WAX_HISTORY_CHANGED'));
    await expect(other.remove(first)).rejects.toEqual(refused('WAX_HISTORY_CHANGED'));
    expect(database.records).toEqual(before);
    await history.deleteAll();
    await expect(other.save(first, chat('late'), 9)).rejects.toEqual(refused('WAX_HISTORY_CHANGED'));
    expect(database.records.size).toBe(0);
  });

  it('lets two windows keep their chats side by side', async () => {
    const other = await reopened();
    await other.save('03'.repeat(16), chat('Third'), 3);
    await history.save('04'.repeat(16), chat('Fourth'), 4);
    expect((await other.list()).map(({ title }) => title).slice(0, 2)).toEqual(['Fourth', 'Third']);
  });

  it('forgets a chat, and everything', async () => {
    await history.remove(first);
    expect(database.records.has(first)).toBe(false);
    await expect(history.load(first)).rejects.toEqual(refused('WAX_HISTORY_CHANGED'));
    await history.deleteAll();
    expect(database.records.size).toBe(0);
    expect(await history.exists()).toBe(false);
  });

  it('does not begin over one that is there', async () => {
    await expect(new History(database, quick).create('another long passphrase')).rejects.toEqual(
      refused('WAX_HISTORY_CHANGED'),
    );
  });

  it('keeps an answer that was still arriving as one without its end', async () => {
    const thread = [{ kind: 'answer', id: 'a', text: 'Half', outcome: 'streaming' }] as const;
    await history.save(first, { ...chat(''), thread }, 3);
    expect((await history.load(first)).thread[0]).toMatchObject({ text: 'Half', outcome: 'incomplete' });
  });

  it('keeps words that are no whole Unicode without losing the chat', async () => {
    await history.save(first, chat('broken \ud800 emoji'), 3);
    expect((await history.load(first)).thread[0]).toMatchObject({ text: 'broken \ufffd emoji' });
  });
});
