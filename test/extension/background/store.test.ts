import { describe, expect, it } from 'vitest';
import { seal } from '../../../extension/background/database.ts';
import { createStore } from '../../../extension/background/store.ts';
import { defaultSettings } from '../../../extension/settings.ts';
import type { Evidence } from '../../../protocol/log/evidence.ts';
import { memoryDatabase } from '../../support/extension-memory.ts';

const corrupt = { code: 'WAX_STORE_CORRUPT' };

describe('log state', () => {
  it('is null before the first one is kept', async () => {
    await expect(createStore(memoryDatabase()).log('key')).resolves.toBeNull();
  });

  it('is replaced when the stored size is the one it was made from', async () => {
    const store = createStore(memoryDatabase());
    await store.replaceLog('key', null, { size: 1, text: 'one' });
    await store.replaceLog('key', 1, { size: 5, text: 'five' });
    await expect(store.log('key')).resolves.toEqual({ size: 5, text: 'five' });
  });

  it('refuses a state that was made from another size', async () => {
    const store = createStore(memoryDatabase());
    await store.replaceLog('key', null, { size: 5, text: 'five' });
    const conflict = { code: 'WAX_STORE_CONFLICT' };
    await expect(store.replaceLog('key', 1, { size: 9, text: 'nine' })).rejects.toMatchObject(conflict);
    await expect(store.replaceLog('key', null, { size: 9, text: 'nine' })).rejects.toMatchObject(conflict);
    await expect(store.log('key')).resolves.toEqual({ size: 5, text: 'five' });
  });

  it('keeps logs apart', async () => {
    const store = createStore(memoryDatabase());
    await store.replaceLog('key', null, { size: 5, text: 'five' });
    await expect(store.log('other')).resolves.toBeNull();
  });

  it.each([
    ['another text', { ...seal('{"size":5,"text":"five"}'), text: '{"size":4,"text":"four"}' }],
    ['no digest', { text: '{"size":5,"text":"five"}' }],
    ['a form of another version', seal('{"size":5}')],
    ['something else', 7],
    ['null', null],
  ])('says that a record with %s is damaged, and neither absent nor replaceable', async (_what, record) => {
    const database = memoryDatabase();
    const store = createStore(database);
    database.records.set('logs/key', record);
    await expect(store.log('key')).rejects.toMatchObject(corrupt);
    await expect(store.replaceLog('key', null, { size: 9, text: 'nine' })).rejects.toMatchObject(corrupt);
    expect(database.records.get('logs/key')).toBe(record);
  });

  it('can be dropped though it is damaged', async () => {
    const database = memoryDatabase();
    database.records.set('logs/key', 7);
    await createStore(database).dropLog('key');
    await expect(createStore(database).log('key')).resolves.toBeNull();
  });
});

describe('settings', () => {
  it('starts with the defaults and keeps what a change does not name', async () => {
    const store = createStore(memoryDatabase());
    await expect(store.settings()).resolves.toEqual(defaultSettings);
    await store.changeSettings({ seal: 'AAAAAAAAAAAAAAAAAAAAAA==' });
    await store.changeSettings({ firstRunDone: true });
    await expect(store.settings()).resolves.toEqual({
      ...defaultSettings,
      seal: 'AAAAAAAAAAAAAAAAAAAAAA==',
      firstRunDone: true,
    });
  });

  it('does not fall back to the defaults when damaged: that would show another seal', async () => {
    const database = memoryDatabase();
    database.records.set('settings/settings', { text: '{}', sha256: '' });
    await expect(createStore(database).settings()).rejects.toMatchObject(corrupt);
  });
});

describe('trust domains', () => {
  const domain = { name: 'Fernhill', text: '{}', importedAt: 5 };

  it('are kept word for word, and go when removed', async () => {
    const store = createStore(memoryDatabase());
    await store.addDomain(domain, () => {});
    await expect(store.domains()).resolves.toEqual([domain]);
    await store.removeDomain('Fernhill');
    await expect(store.domains()).resolves.toEqual([]);
  });

  it('are never replaced by another of the same name', async () => {
    const store = createStore(memoryDatabase());
    await store.addDomain(domain, () => {});
    const refused = store.addDomain({ ...domain, text: '{"other":1}' }, () => {});
    await expect(refused).rejects.toMatchObject({ code: 'WAX_EXT_DOMAIN_EXISTS' });
    await expect(store.domains()).resolves.toEqual([domain]);
  });
});

describe('evidence', () => {
  const note = (size: number, signature: string) => `log.example\n${size}\nroot\n\n— w ${signature}\n`;
  const evidence = (size: number, signature = 'a'): Evidence => ({
    format: 'waxseal-evidence/1',
    kind: 'rollback',
    log: { origin: 'log.example', key: 'key' },
    witnesses: [],
    checkpoints: [note(size + 1, signature), note(size, signature)],
    ancestor: null,
    foundAt: new Date(size).toISOString(),
  });

  it('is kept once, however often its cosignatures are renewed, until it is dropped', async () => {
    const store = createStore(memoryDatabase());
    expect(await store.evidence('key')).toEqual([]);
    await store.addEvidence('key', evidence(1));
    await store.addEvidence('key', { ...evidence(1, 'b'), foundAt: new Date(9).toISOString() });
    await store.addEvidence('key', evidence(2));
    expect(await store.evidence('key')).toEqual([evidence(1), evidence(2)]);
    expect(await store.evidence('other')).toEqual([]);
    await store.dropEvidence('key', evidence(1).foundAt);
    expect(await store.evidence('key')).toEqual([evidence(2)]);
  });

  it('keeps the first of many, and survives the state of its log', async () => {
    const store = createStore(memoryDatabase());
    for (let size = 1; size <= 20; size++) await store.addEvidence('key', evidence(size));
    expect((await store.evidence('key')).map(({ foundAt }) => Date.parse(foundAt))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    await store.dropLog('key');
    expect(await store.evidence('key')).toHaveLength(8);
  });
});

describe('grants', () => {
  it('are one per site', async () => {
    const store = createStore(memoryDatabase());
    await store.putGrant({ site: 'https://a.example', box: true, adapter: false });
    await store.putGrant({ site: 'https://a.example', box: true, adapter: true });
    await store.putGrant({ site: 'https://b.example', box: true, adapter: false });
    await store.removeGrant('https://b.example');
    await expect(store.grants()).resolves.toEqual([{ site: 'https://a.example', box: true, adapter: true }]);
  });
});
