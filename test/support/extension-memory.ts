/** Stand-ins for the browser's storage, in memory. */
import type { Database, Table } from '../../extension/background/database.ts';
import type { SessionValue } from '../../extension/background/session-memory.ts';

/** A database whose records a test can look at and damage. */
export interface MemoryDatabase extends Database {
  readonly records: Map<string, unknown>;
}

export function memoryDatabase(): MemoryDatabase {
  const records = new Map<string, unknown>();
  const key = (table: Table, name: string) => `${table}/${name}`;
  return {
    records,
    read: async (table, name) => records.get(key(table, name)),
    readAll: async (table) =>
      [...records].flatMap(([name, record]) => (name.startsWith(`${table}/`) ? [record] : [])),
    change: async (table, name, decide) => {
      const next = decide(records.get(key(table, name)));
      if (next === null) records.delete(key(table, name));
      else records.set(key(table, name), next);
    },
    clear: async () => records.clear(),
    insert: async (table, name, decide) => {
      const all = [...records].flatMap(([at, record]) => (at.startsWith(`${table}/`) ? [record] : []));
      records.set(key(table, name), decide(all));
    },
  };
}

export function memoryValue<Value>(initial: Value): SessionValue<Value> {
  let value = initial;
  return {
    read: async () => value,
    change: async (decide) => {
      const [next, result] = decide(value);
      value = next;
      return result;
    },
  };
}
