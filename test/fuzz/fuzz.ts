/** A mutation fuzzer that keeps an input for each error code it reaches, and goes on from there. */
import { concatBytes } from '../../protocol/bytes.ts';
import type { FuzzedParser } from './parsers.ts';

/** Longest that one input may take; parsers are linear, and inputs are small. */
const SLOWEST_MS = 1000;

/** Numbers from 0 up to `below`, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export type Random = ReturnType<typeof randomFrom>;

const odd = [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xff, 0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x0a, 0x30];

/** A small change to an input, or a crossing with another one. */
export function mutateOnce(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random(input.length + 1);
  const size = 1 + random(random(4) === 0 ? 256 : 8);
  const head = input.subarray(0, at);
  const changed = input.slice();
  switch (random(7)) {
    case 0:
      if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random(8));
      return changed;
    case 1:
      if (at < changed.length) changed[at] = odd[random(odd.length)] ?? 0;
      return changed;
    case 2:
      return concatBytes(head, input.subarray(at + size));
    case 3:
      return concatBytes(head, input.subarray(Math.max(0, at - size), at), input.subarray(at));
    case 4:
      return head.slice();
    case 5:
      return concatBytes(head, other.subarray(random(other.length + 1)));
    default:
      return concatBytes(
        head,
        Uint8Array.from({ length: size }, () => random(256)),
        input.subarray(at),
      );
  }
}

interface Verdict {
  said: string;
  finding: string | null;
}

function judge({ parse }: FuzzedParser, input: Uint8Array): Verdict & { took: number } {
  const started = performance.now();
  let said = 'accepted';
  let finding: string | null = null;
  try {
    parse(input);
  } catch (error) {
    const isCoded = error instanceof Error && error.name === 'CodedError' && 'code' in error;
    said = isCoded ? String(error.code) : 'crash';
    if (!isCoded) finding = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return { said, finding, took: performance.now() - started };
}

/** What the parser says: `accepted`, a code, or a finding. */
export function outcomeOf(parser: FuzzedParser, input: Uint8Array): Verdict {
  const { said, finding, took } = judge(parser, input);
  if (finding !== null || took <= SLOWEST_MS) return { said, finding };
  // A machine with other work may stop any run for a while, but hardly the same input four times.
  const fastest = Math.min(...[1, 2, 3].map(() => judge(parser, input).took));
  return { said, finding: fastest > SLOWEST_MS ? `took ${Math.round(fastest)} ms` : null };
}

export interface FuzzResult {
  runs: number;
  /** One input for each outcome. */
  reached: Map<string, Uint8Array>;
  findings: { input: Uint8Array; what: string }[];
}

const MOST_BYTES = 1 << 16;
const POOL = 512;

/** Fuzzes one parser until `until` (`performance.now()`), or until it has read `most` inputs. */
export function fuzz(
  parser: FuzzedParser,
  inputs: readonly Uint8Array[],
  until: number,
  seed: number,
  most = Number.POSITIVE_INFINITY,
): FuzzResult {
  const random = randomFrom(seed);
  const pool = [...inputs];
  const pick = () => pool[random(pool.length)] ?? new Uint8Array();
  const result: FuzzResult = { runs: 0, reached: new Map(), findings: [] };
  while (performance.now() < until && result.runs < most) {
    let input = pick();
    for (let count = 1 + random(4); count > 0; count--) input = mutateOnce(input, pick(), random);
    input = input.subarray(0, MOST_BYTES);
    const { said, finding } = outcomeOf(parser, input);
    result.runs += 1;
    if (finding !== null && result.findings.length < 16) result.findings.push({ input, what: finding });
    const isNew = !result.reached.has(said);
    if (isNew) result.reached.set(said, input);
    // A few more of what is accepted: mutations on top of each other go deeper.
    if (isNew || (said === 'accepted' && pool.length < POOL && random(20) === 0)) pool.push(input);
  }
  return result;
}
