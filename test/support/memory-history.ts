/** The history's database in memory, whose records a test can look at, damage and put back. */
import type { HistoryDatabase } from '../../extension/session/history/history-database.ts';

export interface MemoryHistory extends HistoryDatabase {
  readonly records: Map<string, Uint8Array>;
}

export function memoryHistory(): MemoryHistory {
  const records = new Map<string, Uint8Array>();
  return {
    records,
    read: async (key) => records.get(key) ?? null,
    async change(decide) {
      for (const [key, bytes] of decide(records.get('header') ?? null, records.get('index') ?? null)) {
        if (bytes === null) records.delete(key);
        else records.set(key, bytes);
      }
    },
    clear: async () => records.clear(),
  };
}
