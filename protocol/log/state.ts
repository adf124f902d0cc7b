/**
 * What a client keeps of a log between syncs: the accepted checkpoint, the frontier to append to, and what
 * the entries add up to. All of it is JSON data of some kilobytes; the entries themselves are not kept.
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, parseBase64, toBase64, toHex, utf8 } from '../bytes.ts';
import type { TrustDomain } from '../policy.ts';
import { acceptError } from './accept-errors.ts';
import type { Cosignature } from './cosignature.ts';
import { emptyLedger, type Ledger } from './ledger.ts';
import { Replay } from './replay.ts';
import { encodedLength, TILE_WIDTH } from './tiles.ts';
import { Frontier, hashLeaf } from './tree.ts';

/** A checkpoint that the log signed and a quorum of witnesses cosigned. */
export interface CosignedCheckpoint {
  /** The signed note, kept as evidence. */
  note: string;
  size: number;
  /** Base64. */
  root: string;
  /** The quorum-th newest cosignature time, in milliseconds: a quorum saw this tree then or later. */
  cosignedAt: number;
  /** The witnesses that count, newest first. */
  cosignatures: Cosignature[];
}

/** A tree that has grown to some size: frontier (base64) and ledger. */
export interface Grown {
  frontier: string[];
  ledger: Ledger;
  /**
   * Length in bytes of the entries after the last full bundle, as a bundle holds them: where the next entry begins in
   * its file. Not there in what was stored before this was noted.
   */
  tailBytes?: number;
}

/** Entries downloaded ahead of the accepted checkpoint, which no cosigned root vouches for yet. */
interface Pending extends Grown {
  /** The size that the trust domain pinned when these were downloaded, and the base64 root there, once passed. */
  pinnedSize: number;
  rootAtPin: string | null;
}

export interface LogState extends Grown {
  format: 'waxseal-log-state/1';
  /** Null until a first checkpoint is accepted. */
  checkpoint: CosignedCheckpoint | null;
  /** The newest `cosignedAt` ever accepted: the time cannot be before this. */
  newestCosignedAt: number;
  pending: Pending | null;
  /** The pin (`pinText`) that the accepted tree was held against; a newer build may bring another. */
  pinned?: string;
}

const FORMAT = 'waxseal-log-state/1';

/** The state of a client that has seen nothing yet. */
export function emptyState(domain: TrustDomain): LogState {
  return {
    format: FORMAT,
    frontier: [],
    tailBytes: 0,
    ledger: emptyLedger(domain.log.origin, domain.policyEntry),
    checkpoint: null,
    newestCosignedAt: 0,
    pending: null,
  };
}

function frontierOf({ frontier, ledger }: Grown): Frontier {
  return Frontier.from(
    ledger.size,
    frontier.map((hash) => parseBase64(hash, 32)),
  );
}

/** A pin as a state remembers it. */
export function pinText({ log: { pin } }: TrustDomain): string {
  return `${pin.size} ${toBase64(pin.root)}`;
}

/** The state without pending entries that were held against another pin than the trust domain now has. */
export function forPin(state: LogState, { log }: TrustDomain): LogState {
  return state.pending !== null && state.pending.pinnedSize !== log.pin.size
    ? { ...state, pending: null }
    : state;
}

/** The root of everything that went into this. */
export function rootOf(grown: Grown): Uint8Array {
  return frontierOf(grown).root();
}

/** Entries that are being appended to what is pending. Nothing of it counts before a cosigned root is met. */
export class Growth {
  readonly #state: LogState;
  readonly #frontier: Frontier;
  readonly #replay: Replay;
  readonly #pinnedSize: number;
  #rootAtPin: string | null;
  #tailBytes: number | undefined;

  constructor(state: LogState, pinnedSize: number) {
    const from = state.pending ?? { ...state, rootAtPin: null };
    this.#state = state;
    this.#frontier = frontierOf(from);
    this.#replay = Replay.from(from.ledger);
    this.#pinnedSize = pinnedSize;
    this.#rootAtPin = from.rootAtPin;
    this.#tailBytes = from.tailBytes;
  }

  get size(): number {
    return this.#frontier.size;
  }

  /** How many bytes of its bundle come before the next entry; undefined if that is not known. */
  get tailBytes(): number | undefined {
    return this.#tailBytes;
  }

  /** Appends the next entries, in order, each judged under the policy in force before it. */
  async append(entries: readonly Uint8Array[]): Promise<void> {
    for (const entry of entries) {
      this.#frontier.append(hashLeaf(entry));
      if (this.size === this.#pinnedSize) this.#rootAtPin = toBase64(this.#frontier.root());
      if (this.size % TILE_WIDTH === 0) this.#tailBytes = 0;
      else if (this.#tailBytes !== undefined) this.#tailBytes += encodedLength(entry);
    }
    await this.#replay.apply(entries);
  }

  /** The state with everything that was appended as pending. */
  state(): LogState {
    const pending: Pending = {
      frontier: this.#frontier.hashes().map(toBase64),
      ledger: this.#replay.ledger(),
      pinnedSize: this.#pinnedSize,
      rootAtPin: this.#rootAtPin,
      ...(this.#tailBytes === undefined ? {} : { tailBytes: this.#tailBytes }),
    };
    return { ...this.#state, pending };
  }
}

/** The state with some entries appended to what is pending; see `acceptPending`. */
export async function applyEntries(
  state: LogState,
  entries: readonly Uint8Array[],
  pinnedSize: number,
): Promise<LogState> {
  const growth = new Growth(state, pinnedSize);
  await growth.append(entries);
  return growth.state();
}

/** The state as text to store, with a hash that tells a damaged copy from a good one. */
export function formatLogState(state: LogState): string {
  const body = JSON.stringify(state);
  return `${FORMAT} ${toHex(sha256(utf8(body)))}\n${body}`;
}

/**
 * Reads a stored state, or one that came with a build as the start for a pinned size.
 * @throws WAX_STATE_CORRUPT, WAX_STATE_DOMAIN: it must never be taken for "nothing stored yet"
 */
export function parseLogState(text: string, domain: TrustDomain): LogState {
  const line = text.indexOf('\n');
  const body = text.slice(line + 1);
  // The hash makes the body exactly what formatLogState wrote, so its shape needs no second reading.
  if (line < 0 || text.slice(0, line) !== `${FORMAT} ${toHex(sha256(utf8(body)))}`) {
    throw acceptError('WAX_STATE_CORRUPT');
  }
  const state = JSON.parse(body) as LogState;
  if (state.ledger.origin !== domain.log.origin || state.ledger.genesis !== domain.policyEntry) {
    throw acceptError('WAX_STATE_DOMAIN', 'origin or first policy');
  }
  const { pin } = domain.log;
  const root = rootOf(state);
  if (state.ledger.size === pin.size && !equalBytes(root, pin.root)) {
    throw acceptError('WAX_STATE_DOMAIN', 'root at the pinned size');
  }
  if (state.checkpoint !== null && !equalBytes(root, parseBase64(state.checkpoint.root, 32))) {
    throw acceptError('WAX_STATE_CORRUPT', 'the frontier does not meet the checkpoint');
  }
  return state;
}
