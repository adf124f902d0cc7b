/**
 * The state file of an audit: the last checkpoint that was found in order, to hold the next one against.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseJson } from '../../protocol/json.ts';
import { verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import type { Evidence, LogIdentity } from '../../protocol/log/evidence.ts';
import { readObject, readOneOf, readString } from '../../protocol/shape.ts';
import { auditError } from './errors.ts';

const FORMAT = 'waxseal-audit-state/1';

/** The remembered checkpoint, or null where there is no file yet. A damaged file is never taken for none. */
export async function readAuditState(path: string, log: LogIdentity): Promise<string | null> {
  const text = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw auditError('WAX_AUDIT_STATE', path, { cause: error });
  });
  if (text === null) return null;
  try {
    const file = readObject(parseJson(text), 'state', ['format', 'origin', 'key', 'checkpoint', 'auditedAt']);
    readOneOf(file.format, 'format', [FORMAT]);
    const note = readString(file.checkpoint, 'checkpoint', { most: 512 * 1024 });
    await verifyCheckpoint(note, log.key, log.origin);
    return note;
  } catch (cause) {
    throw auditError('WAX_AUDIT_STATE', path, { cause });
  }
}

/** Remembers a checkpoint, durably and in one step. */
export async function writeAuditState(
  path: string,
  log: LogIdentity,
  checkpoint: string,
  now: number,
): Promise<void> {
  const file = {
    format: FORMAT,
    origin: log.origin,
    key: log.key.text,
    checkpoint,
    auditedAt: new Date(now).toISOString(),
  };
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  await writeDurably(temporary, `${JSON.stringify(file, null, 2)}\n`);
  await rename(temporary, path);
}

/** Writes evidence beside the state file, under a name of its own; returns the path. */
export async function writeEvidence(statePath: string, evidence: Evidence): Promise<string> {
  const path = `${statePath}.${evidence.foundAt.replaceAll(/[^0-9TZ]/g, '')}.evidence.json`;
  await writeDurably(path, `${JSON.stringify(evidence, null, 2)}\n`);
  return path;
}

async function writeDurably(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
