import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseHex } from '../../protocol/bytes.ts';
import { LogSearch } from '../../transparency-log/log-search.ts';
import { openEntryStore } from '../../transparency-log/storage/sqlite.ts';
import { LogBuilder } from '../support/log-builder.ts';

test('a search finds what is there once the disk can be read again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'waxseal-search-'));
  const log = await LogBuilder.create();
  const { bytes, statementSha256 } = await log.release({ product: 'fernhill' });
  const store = openEntryStore(join(folder, 'log.db'));
  const entry = { entry: bytes, statement: parseHex(statementSha256), kind: 'release', sequencedAt: 0 };
  await store.append(0, [entry], { size: 1, root: new Uint8Array(32) });
  let failures = 1;
  const search = new LogSearch({
    ...store,
    entries: async (start, end) => {
      if (failures-- > 0) throw new Error('no disk');
      return store.entries(start, end);
    },
  });
  const find = () => search.find({ words: ['fernhill'], limit: 5 }, 1);
  await expect(find()).rejects.toThrow('no disk');
  expect((await find()).hits).toMatchObject([{ index: 0, product: 'fernhill' }]);
  await search.close();
  await store.close();
  await rm(folder, { recursive: true });
});
