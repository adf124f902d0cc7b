/**
 * A whole exchange that passes every check (simulated evidence, real signatures, a real log), and the places
 * where a test can spoil it.
 */
import { createSimulator } from '../../enclave-server/attester/simulator/simulator.ts';
import { simulatorVerifier } from '../../protocol/attestation/simulator.ts';
import { concatBytes, parseHex, utf8 } from '../../protocol/bytes.ts';
import type { LogView } from '../../protocol/log/accept.ts';
import { acceptPending, checkCheckpoint } from '../../protocol/log/accept.ts';
import type { ReleaseFields } from '../../protocol/log/kinds/release.ts';
import { applyEntries, emptyState, type LogState } from '../../protocol/log/state.ts';
import type { TrustDomain } from '../../protocol/policy.ts';
import { type Answer, encodeAnswer } from '../../protocol/session/answer.ts';
import { BatchTree, batchLeaf, reportData } from '../../protocol/session/batch.ts';
import { encodeSessionHeader } from '../../protocol/session/header.ts';
import { generateSessionKey } from '../../protocol/session/hpke.ts';
import { createOffer } from '../../protocol/session/offer.ts';
import type { Exchange, Surroundings } from '../../protocol/verify.ts';
import { LogBuilder, MINUTE, START, testDigest } from './log-builder.ts';
import { FakeClock, sessionHeader, statementBytes } from './session.ts';

export const SERVICE = 'https://enclave.example';

/** The statement that `releaseFields` of the log builder approves. */
export const approvedStatement = {
  service: SERVICE,
  configSha256: testDigest('config'),
  models: [{ id: 'tiny', sha256: testDigest('model'), contextTokens: 1024, maxOutputTokens: 256 }],
  wire: { tickMs: 50, recordBytes: 512, maxRecords: 1024 },
};

/** Brings a state up to the builder's published checkpoint; throws if a client would not accept it. */
export async function acceptedState(
  log: LogBuilder,
  domain: TrustDomain,
  systemTime: number,
): Promise<LogState> {
  const state = emptyState(domain);
  const checked = await checkCheckpoint(log.checkpoint, { domain, state, systemTime });
  if (!checked.ok) throw new Error(checked.problem.code);
  const entries = log.entries.slice(0, checked.checkpoint.size);
  const grown = await applyEntries(state, entries, domain.log.pin.size);
  const accepted = acceptPending(checked.checkpoint, { domain, state: grown, systemTime });
  if (!accepted.ok) throw new Error(accepted.problem.code);
  return accepted.state;
}

export interface ExchangeOptions {
  log?: LogBuilder;
  release?: Partial<ReleaseFields>;
  /** Changes to the runtime statement. */
  statement?: object;
  /** Launch digest that the machine reports; the approved one unless said. */
  measurement?: string;
  /** Changes to the answer after the batch was made. */
  answer?: Partial<Omit<Answer, 'header'>>;
}

/** Makes the exchange `minutes` after the log begins, with everything in order unless spoilt. */
export async function makeExchange(options: ExchangeOptions = {}) {
  const log = options.log ?? (await LogBuilder.create());
  if (!options.log) {
    await log.release(options.release);
    await log.publish();
  }
  const clock = new FakeClock();
  clock.wall = START + 10 * MINUTE;
  const offer = createOffer();
  const headerBytes = encodeSessionHeader(sessionHeader());
  const { seed, pk } = await generateSessionKey();
  const tree = new BatchTree([batchLeaf({ nonce: offer.nonce, headerBytes, pk })]);
  const statement = statementBytes({ ...approvedStatement, ...options.statement });
  const simulator = createSimulator({
    measurement: parseHex(options.measurement ?? testDigest('launch', 48)),
    now: clock.now,
  });
  const made = await simulator.report(reportData(tree.root, statement));
  const parts = {
    evidenceType: 0xf1,
    headerBytes,
    pk,
    ...tree.place(0),
    logSizeHint: log.size,
    statement,
    ...made,
    staple: null,
    ...options.answer,
  };
  const domain = log.domain();
  const view: LogView = { state: await acceptedState(log, domain, clock.now()), problem: null };
  const exchange: Exchange = {
    offer,
    answerBody: encodeAnswer(parts),
    service: SERVICE,
    sentAt: { now: clock.now(), monotonic: clock.monotonic() },
  };
  const surroundings: Surroundings = {
    domain,
    imported: false,
    log: view,
    clock,
    verifiers: [simulatorVerifier],
  };
  return { log, clock, exchange, surroundings, parts, seed };
}

/** The body with one bit of the byte at `offset` flipped. */
export function flipped(body: Uint8Array, offset: number): Uint8Array {
  const copy = concatBytes(body);
  copy[offset] = (copy[offset] ?? 0) ^ 1;
  return copy;
}

export const nonsense = utf8('not an answer');
