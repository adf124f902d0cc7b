import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CodedError } from '../../protocol/errors.ts';
import type { AuditReport } from '../../transparency-log/audit/report.ts';
import { auditCommandError } from './audit-errors.ts';

/** Whom to tell of a finding. */
export interface Notice {
  /** Gets the report as the body of a POST. */
  webhook: string | null;
  /** Runs in a shell with the report on its standard input. */
  command: string | null;
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 3;

async function post(url: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`status ${response.status}`);
}

async function callWebhook(url: string, body: string): Promise<CodedError | null> {
  let cause: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      await post(url, body);
      return null;
    } catch (error) {
      cause = error;
    }
  }
  // Only the host: the rest of such an address is often a secret.
  return auditCommandError('WAX_AUDITCOMMAND_NOTICE', `webhook at ${new URL(url).host}`, { cause });
}

async function runCommand(command: string, input: string): Promise<CodedError | null> {
  // Standard output is the report's alone.
  const child = spawn(command, { shell: true, stdio: ['pipe', 'ignore', 'inherit'], timeout: TIMEOUT_MS });
  // A command need not read what it is given.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = await once(child, 'exit').catch(() => ['none: it did not start']);
  const [status, signal] = ended;
  if (status === 0) return null;
  return auditCommandError('WAX_AUDITCOMMAND_NOTICE', `command, exit code ${status ?? signal}`);
}

/** Tells all of them, each whether or not another failed, and returns what failed. */
export async function notify({ webhook, command }: Notice, report: AuditReport): Promise<CodedError[]> {
  const text = JSON.stringify(report);
  const told = await Promise.all([
    webhook === null ? null : callWebhook(webhook, text),
    command === null ? null : runCommand(command, text),
  ]);
  return told.filter((error) => error !== null);
}
