/** What the server and its report process tell each other. @module */

export const providers: Readonly<Record<string, number>> = { sev_guest: 0x01, tdx_guest: 0x02 };

/** Another caller came between, the host still owns the buffer, or a signal came: a report may come later. */
export const PASSING: readonly string[] = ['generation', 'EBUSY', 'EAGAIN', 'EINTR'];

export type TsmCommand =
  /** Comes once and first. */
  { type: 'open'; folder: string } | { type: 'report'; reportData: Uint8Array; withinMs: number };

export type TsmAnswer =
  | { type: 'opened'; provider: string }
  | { type: 'report'; outblob: Uint8Array; auxblob: Uint8Array }
  | { type: 'failed'; reason: string; final: boolean };
