/** What a draft is made under: a policy from a file, or the one in force in a log that was verified. */
import { readFile } from 'node:fs/promises';
import { syncLog } from '../../../extension/session/log-client.ts';
import type { Ledger } from '../../../protocol/log/ledger.ts';
import type { LogState } from '../../../protocol/log/state.ts';
import { parseTrustDomain, type TrustDomain } from '../../../protocol/policy.ts';
import { type NamedPolicy, readPolicyEntry } from '../../../transparency-log/publish/entry.ts';
import { releaseCommandError } from './errors.ts';

export const contextOptions = {
  policy: { type: 'string' },
  domain: { type: 'string' },
} as const;

/** Text for the help of every command that drafts. */
export const contextHelp = `  --domain FILE      trust domain of the log: the log is fetched and verified, and its policy in force used
  --policy FILE      the entry of the policy in force, instead of --domain, to work without a network`;

export interface DraftContext {
  policy: NamedPolicy;
  /** What the log holds; null when only the policy is known. */
  ledger: Ledger | null;
}

/** Reads a file, without the last newline that an editor or a shell may have added. */
export async function readInput(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause) => {
    throw releaseCommandError('WAX_RELEASECMD_FILE', path, { cause });
  });
  return new Uint8Array(bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes);
}

export function required(value: string | undefined, name: string): string {
  if (value === undefined) throw releaseCommandError('WAX_RELEASECMD_OPTION', `--${name}`);
  return value;
}

export function requiredInteger(value: string | undefined, name: string): number {
  const text = required(value, name);
  if (!/^\d{1,9}$/.test(text)) throw releaseCommandError('WAX_RELEASECMD_OPTION', `--${name} ${text}`);
  return Number(text);
}

/** Fetches and verifies a whole log. Everything short of a verified newest state is an error: WAX_RELEASECMD_LOG. */
export async function syncWhole(domain: TrustDomain): Promise<Ledger> {
  let state: LogState | null = null;
  for (;;) {
    const step = await syncLog({ domain, state, fetch, now: Date.now });
    if (step.problem !== null) {
      throw releaseCommandError('WAX_RELEASECMD_LOG', `${step.problem.kind}, ${step.problem.code}`);
    }
    state = step.state;
    if (!step.more) return state.ledger;
  }
}

/** The context that `--domain` or `--policy` gives; null without either. */
export async function findContext(values: {
  policy?: string;
  domain?: string;
}): Promise<DraftContext | null> {
  if (values.domain !== undefined) {
    const ledger = await syncWhole(parseTrustDomain(await readInput(values.domain)));
    if (ledger.policy === null) throw releaseCommandError('WAX_RELEASECMD_LOG', 'it has no policy');
    return { policy: { log: ledger.origin, ...ledger.policy }, ledger };
  }
  if (values.policy === undefined) return null;
  return { policy: readPolicyEntry(await readInput(values.policy)), ledger: null };
}

/** As `findContext`, for commands that cannot do without. */
export async function requireContext(values: { policy?: string; domain?: string }): Promise<DraftContext> {
  const context = await findContext(values);
  if (context === null) throw releaseCommandError('WAX_RELEASECMD_OPTION', '--domain or --policy');
  return context;
}
