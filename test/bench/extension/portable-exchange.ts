/** A whole exchange as text, so that a page can verify it as the extension does. */
import { simulatorVerifier } from '../../../protocol/attestation/simulator.ts';
import { parseBase64, toBase64 } from '../../../protocol/bytes.ts';
import { formatLogState, parseLogState } from '../../../protocol/log/state.ts';
import { formatTrustDomain, parseTrustDomain } from '../../../protocol/policy.ts';
import { type Exchange, type Surroundings, verifyAnswer } from '../../../protocol/verify.ts';

export interface PortableExchange {
  readonly offerBody: string;
  readonly nonce: string;
  readonly answerBody: string;
  readonly service: string;
  readonly sentAt: Exchange['sentAt'];
  readonly domain: string;
  readonly logState: string;
}

/** Makes text of it. */
export function packExchange(exchange: Exchange, { domain, log }: Surroundings): PortableExchange {
  const { offer, answerBody, service, sentAt } = exchange;
  if (log.state === null) throw new Error('nothing to verify against');
  return {
    offerBody: toBase64(offer.body),
    nonce: toBase64(offer.nonce),
    answerBody: toBase64(answerBody),
    service,
    sentAt,
    domain: formatTrustDomain(domain),
    logState: formatLogState(log.state),
  };
}

/** Runs every check of the exchange `rounds` times; returns the milliseconds of each. Throws if one does not pass. */
export async function verifyPacked(packed: PortableExchange, rounds: number): Promise<number[]> {
  const { sentAt, service } = packed;
  const domain = parseTrustDomain(packed.domain);
  const surroundings: Surroundings = {
    domain,
    imported: false,
    log: { state: parseLogState(packed.logState, domain), problem: null },
    clock: { now: () => sentAt.now, monotonic: () => sentAt.monotonic },
    verifiers: [simulatorVerifier],
  };
  const exchange: Exchange = {
    offer: { body: parseBase64(packed.offerBody), nonce: parseBase64(packed.nonce) },
    answerBody: parseBase64(packed.answerBody),
    service,
    sentAt,
  };
  const times: number[] = [];
  for (let round = -10; round < rounds; round++) {
    const began = performance.now();
    const { verdict } = await verifyAnswer(exchange, surroundings);
    if (verdict !== 'pass') throw new Error('the exchange does not pass');
    if (round >= 0) times.push(performance.now() - began);
  }
  return times;
}

// A page has no other way to reach a module that is bundled for it.
Object.assign(globalThis, { verifyPacked });
