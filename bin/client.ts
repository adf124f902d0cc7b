/**
 * A chat with an enclave from the command line: the client of the extension, with the trust domain and the
 * state of the log in files.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { ChatSession, type ChatSessionOptions } from '../extension/session/chat-session.ts';
import type { Service } from '../extension/session/enclave-client.ts';
import { syncLog } from '../extension/session/log-client.ts';
import { hardwareVerifiers } from '../protocol/attestation/hardware.ts';
import { simulatorVerifier } from '../protocol/attestation/simulator.ts';
import { parseUtf8 } from '../protocol/bytes.ts';
import type { LogProblem } from '../protocol/log/accept.ts';
import { formatLogState, type LogState, parseLogState } from '../protocol/log/state.ts';
import { parseTrustDomain, type TrustDomain } from '../protocol/policy.ts';
import { readOrigin } from '../protocol/shape.ts';
import type { Surroundings } from '../protocol/verify.ts';
import { clientCommandError } from './client-errors.ts';

export const clientOptions = {
  domain: { type: 'string' },
  state: { type: 'string' },
  token: { type: 'string' },
  relay: { type: 'string' },
  'allow-simulator': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** Text for the help of both commands. */
export const clientHelp = `  --domain FILE       trust domain that vouches for URL (waxseal-trust-domain/1); required
  --state FILE        remember the log here between runs, to notice one that forks or shrinks
  --token FILE        access token for the operator's service, alone in a file
  --relay URL         go through this relay, which hides your address from the service; the one that the trust
                      domain names unless said, "none" for none
  --allow-simulator   accept simulated evidence too, which is not private, for development
  --json              print one JSON object`;

export interface ClientValues {
  domain?: string;
  state?: string;
  token?: string;
  relay?: string;
  'allow-simulator': boolean;
}

/** The bytes of a file that an option names. */
export async function readInput(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause) => {
    throw clientCommandError('WAX_CLIENTCOMMAND_FILE', path, { cause });
  });
}

async function read(path: string): Promise<string> {
  return parseUtf8(await readInput(path));
}

/** A state that cannot be read is an error: taken for "none yet", it would forget what the log once showed. */
async function readState(path: string | undefined, domain: TrustDomain): Promise<LogState | null> {
  if (path === undefined) return null;
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw clientCommandError('WAX_CLIENTCOMMAND_FILE', path, { cause });
  });
  return text === null ? null : parseLogState(text, domain);
}

async function keepState(path: string | undefined, state: LogState): Promise<void> {
  if (path === undefined) return;
  // A name of its own: another command may be keeping the same state.
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, formatLogState(state));
  await rename(draft, path);
}

/** Brings the log up to date once in every `syncMinutes`, or when it is known to be longer. */
async function createLook(domain: TrustDomain, values: ClientValues) {
  let state = await readState(values.state, domain);
  let problem: LogProblem | null = null;
  let syncedAt = Number.NEGATIVE_INFINITY;
  let turn: Promise<void> = Promise.resolve();
  const verifiers = values['allow-simulator'] ? [...hardwareVerifiers, simulatorVerifier] : hardwareVerifiers;
  const sync = async (leastSize: number) => {
    const old = clock.monotonic() - syncedAt > domain.freshness.syncMinutes * 60_000;
    if (!old && (state?.checkpoint?.size ?? 0) >= leastSize) return;
    for (let more = true; more; ) {
      const step = await syncLog({ domain, state, fetch, now: clock.now });
      ({ state, problem, more } = step);
    }
    if (state) await keepState(values.state, state);
    syncedAt = clock.monotonic();
  };
  return async ({ leastSize }: { leastSize: number }): Promise<Surroundings> => {
    // Chats that share the file of the log's state bring it up to date one after another.
    const mine = turn.then(() => sync(leastSize));
    turn = mine.catch(() => {});
    await mine;
    return { domain, imported: false, log: { state, problem }, clock, verifiers };
  };
}

const clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** The way to the service, where the person has named one. */
function relay({ relay: named }: ClientValues): Pick<Service, 'relay'> {
  if (named === undefined) return {};
  return { relay: named === 'none' ? null : readOrigin(named.replace(/\/$/, ''), '--relay') };
}

/** What every chat with the service at `url` needs, under the trust domain of the options. */
export async function readClient(
  url: string | undefined,
  values: ClientValues,
): Promise<Pick<ChatSessionOptions, 'service' | 'clock' | 'look' | 'token'>> {
  if (url === undefined) throw clientCommandError('WAX_CLIENTCOMMAND_OPTION', 'URL');
  if (values.domain === undefined) throw clientCommandError('WAX_CLIENTCOMMAND_OPTION', '--domain');
  const domain = parseTrustDomain(await read(values.domain));
  const origin = readOrigin(url.replace(/\/$/, ''), 'URL');
  const token = values.token === undefined ? undefined : (await read(values.token)).trim();
  return {
    service: { origin, ...relay(values), fetch: (...request) => fetch(...request) },
    clock,
    look: await createLook(domain, values),
    token: () => token,
  };
}

/** Opens a chat with the service at `url` under the trust domain of the options. */
export async function openClient(url: string | undefined, values: ClientValues): Promise<ChatSession> {
  return new ChatSession(await readClient(url, values));
}
