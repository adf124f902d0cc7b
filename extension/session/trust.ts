/**
 * The trust domains as a view uses them: read again from their text, since what the background kept is data,
 * and a view believes only what its own parsers accept.
 * @module
 */
import type { Demands } from '../../protocol/demands.ts';
import type { LogProblem, LogView } from '../../protocol/log/accept.ts';
import type { Evidence } from '../../protocol/log/evidence.ts';
import { type LogState, parseLogState } from '../../protocol/log/state.ts';
import { type Enclave, parseTrustDomain, type TrustDomain } from '../../protocol/policy.ts';
import { ask } from '../ask.ts';
import type { LogReply } from '../messaging.ts';
import { demandsOf } from '../settings.ts';

export interface HeldDomain {
  readonly domain: TrustDomain;
  /** When the person imported it; null for the built-in one. */
  readonly importedAt: number | null;
  /** What the person demands of hardware beyond it. */
  readonly demands: Demands;
}

export interface Trust {
  /** The built-in one first, where there is one. */
  readonly domains: readonly HeldDomain[];
  /** Service that the person chose, if any. */
  readonly service: string | null;
}

/** A service to talk to, and the trust domain that vouches for it. */
export interface Choice extends HeldDomain {
  readonly enclave: Enclave;
}

/** The log as a view sees it; `damaged` if the background's copy cannot be read. */
export interface HeldLog extends LogView {
  readonly damaged: boolean;
  readonly answeredAt: number | null;
  /** What once showed that the log contradicts itself, the oldest first. */
  readonly evidence: readonly Evidence[];
}

/** Asks the background for the trust domains. */
export async function readTrust(): Promise<Trust> {
  const { builtIn, imported, service, demands } = await ask('trust/get', {});
  const hold = (text: string, importedAt: number | null): HeldDomain => {
    const domain = parseTrustDomain(text);
    return { domain, importedAt, demands: demandsOf(demands, domain.name) };
  };
  const own = builtIn === null ? [] : [hold(builtIn, null)];
  return { domains: [...own, ...imported.map(({ text, importedAt }) => hold(text, importedAt))], service };
}

/** Every service that can be chosen. */
export function choices({ domains }: Trust): Choice[] {
  return domains.flatMap((held) => held.domain.enclaves.map((enclave) => ({ ...held, enclave })));
}

/** The chosen service, or the first; null where no trust domain names any. */
export function chosen(trust: Trust, service = trust.service): Choice | null {
  const all = choices(trust);
  return all.find(({ enclave }) => enclave.service === service) ?? all[0] ?? null;
}

/** Reads what the background says of a log. */
export function readLog({ state, problem, answeredAt, evidence }: LogReply, domain: TrustDomain): HeldLog {
  let parsed: LogState | null = null;
  let damaged =
    problem !== null && typeof problem === 'object' && 'kind' in problem && problem.kind === 'damaged';
  try {
    parsed = state === null ? null : parseLogState(state, domain);
  } catch {
    damaged = true;
  }
  const told = damaged ? null : (problem as unknown as LogProblem | null);
  return { state: parsed, problem: told, damaged, answeredAt, evidence: evidence as unknown as Evidence[] };
}
