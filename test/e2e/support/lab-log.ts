/** A log built to order, served over HTTP: every lie that a log can tell, with all the right keys. */
import { LogBuilder, type LogOptions } from '../../support/log-builder.ts';
import { serveLogFiles } from '../../support/log-files-server.ts';

export interface LabLog {
  builder: LogBuilder;
  /** Another history under the same keys, which answers from now on. */
  rewrite(write: (other: LogBuilder) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Starts a log with its first policy published `ageMs` ago. */
export async function startLabLog(ageMs: number, options: LogOptions = {}): Promise<LabLog> {
  let current: LogBuilder | null = null;
  const { url, close } = await serveLogFiles((path) => current?.file(path) ?? null);
  const at = Math.floor((Date.now() - ageMs) / 1000) * 1000;
  const builder = await LogBuilder.create({ ...options, url, at });
  current = builder;
  return {
    builder,
    rewrite: async (write) => {
      const other = await LogBuilder.create({ ...options, url, at });
      await write(other);
      current = other;
    },
    close,
  };
}
