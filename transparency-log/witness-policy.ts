/**
 * Who watches a log, where, and whose cosignatures are enough: a C2SP tlog-policy file, held to what a log needs.
 * @module
 */
import { CodedError } from '../protocol/errors.ts';
import {
  isQuorum,
  leastQuorum,
  parseTlogPolicy,
  plainPolicy,
  plainThreshold,
  quorumsIntersect,
  type TlogPolicy,
} from '../protocol/log/tlog-policy.ts';
import { serverError } from './errors.ts';
import type { WitnessEndpoint } from './witness/client.ts';

const MAX_WITNESSES = 32;
const ADDRESS = /^https?:\/\/[^\s?#]+[^\s?#/]$/;

export class WitnessPolicy {
  readonly #policy: TlogPolicy;
  readonly #names: ReadonlyMap<string, string>;
  readonly endpoints: readonly WitnessEndpoint[];

  /** @throws WAX_LOGSERVER_CONFIG for a witness without an address, and for quorums without a witness in common */
  constructor(policy: TlogPolicy) {
    const { witnesses } = policy;
    if (witnesses.length > MAX_WITNESSES) throw wrong(`${witnesses.length} witnesses`);
    if (!quorumsIntersect(policy)) throw wrong('two quorums without a witness in common');
    this.endpoints = witnesses.map(({ name, key, url }) => {
      if (url === null || !ADDRESS.test(url) || !URL.canParse(url))
        throw wrong(`no address of witness ${name}`);
      return { key, url };
    });
    // Cosignatures are told apart by key name; what the file calls a witness is known to nobody else.
    this.#names = new Map(witnesses.map(({ name, key }) => [key.name, name]));
    if (this.#names.size < witnesses.length) throw wrong('two keys of one name');
    this.#policy = policy;
  }

  /** Whether the witnesses with keys of these names are a quorum. */
  isQuorum(keyNames: Iterable<string>): boolean {
    return isQuorum(
      this.#policy,
      [...keyNames].flatMap((name) => this.#names.get(name) ?? []),
    );
  }

  /** How many witnesses the smallest quorum has. */
  get least(): number {
    return leastQuorum(this.#policy);
  }

  /** The k of a policy of any k of its witnesses; null for one with groups. */
  get threshold(): number | null {
    return plainThreshold(this.#policy);
  }
}

const wrong = (detail: string) => serverError('WAX_LOGSERVER_CONFIG', `witnesses: ${detail}`);

/** Any `threshold` of these witnesses. */
export function anyOf(endpoints: readonly WitnessEndpoint[], threshold: number): TlogPolicy {
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > endpoints.length)
    throw wrong(`a quorum of ${threshold} of ${endpoints.length}`);
  return plainPolicy(endpoints, threshold);
}

/** Reads `witnesses.policy`; throws WAX_LOGSERVER_CONFIG. Which logs it names is not looked at. */
export function parseWitnessPolicy(bytes: Uint8Array): WitnessPolicy {
  try {
    return new WitnessPolicy(parseTlogPolicy(bytes));
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code === 'WAX_LOGSERVER_CONFIG') throw cause;
    throw serverError('WAX_LOGSERVER_CONFIG', `witnesses: ${cause.detail}`, { cause });
  }
}
