/** Checks of a trust domain against a policy (T11 to T13, T15). Each throws its own reason. */
import { toHex } from '../../bytes.ts';
import { tdxError } from './errors.ts';
import { type TdxPinnedField, type TdxPolicy, tdxPinned } from './policy.ts';
import type { TdBody } from './quote.ts';

/** A little-endian field of 8 bytes as a number. */
export function toBits(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

/** Bits of TDATTRIBUTES. */
export const attributeBits = {
  debug: 0,
  septVeDisable: 28,
  migratable: 29,
  protectionKeys: 30,
  keyLocker: 31,
  performanceMonitoring: 63,
} as const;

const hasBit = (value: bigint, bit: number): boolean => ((value >> BigInt(bit)) & 1n) === 1n;

/** XFAM (Intel TDX module specification): x87 and SSE always, nothing beyond what a module can offer. */
const XFAM_FIXED_1 = 0x3n;
const XFAM_ALLOWED = 0x6dbe7n;

function verifyAttributes(body: TdBody, policy: TdxPolicy): void {
  let value = toBits(body.tdAttributes);
  // Judged by checks of their own.
  for (const bit of ['debug', 'migratable', 'septVeDisable'] as const)
    value &= ~(1n << BigInt(attributeBits[bit]));
  for (const bit of ['protectionKeys', 'keyLocker', 'performanceMonitoring'] as const) {
    if (policy[bit]) value &= ~(1n << BigInt(attributeBits[bit]));
  }
  if (value !== 0n) throw tdxError('WAX_TDX_ATTRIBUTES', `0x${value.toString(16)}`);
}

function verifyXfam(body: TdBody, policy: TdxPolicy): void {
  const value = toBits(body.xfam);
  const wanted = policy.pinned.xfam;
  const accepted =
    wanted === null
      ? (value & XFAM_FIXED_1) === XFAM_FIXED_1 && (value & ~XFAM_ALLOWED) === 0n
      : toHex(body.xfam) === wanted;
  if (!accepted) throw tdxError('WAX_TDX_XFAM', `0x${value.toString(16)}`);
}

function verifyPinnedField(body: TdBody, policy: TdxPolicy, name: TdxPinnedField): void {
  const wanted = policy.pinned[name];
  if (wanted !== null && toHex(body[name]) !== wanted) throw tdxError('WAX_TDX_FIELD', name);
}

/** Checks that need the body of the quote and the policy alone. */
export const bodyPolicyChecks: readonly {
  readonly id: string;
  readonly text: string;
  judge(body: TdBody, policy: TdxPolicy): void;
}[] = [
  {
    id: 'T11.debug',
    text: 'The host cannot debug the trust domain.',
    judge(body) {
      if (hasBit(toBits(body.tdAttributes), attributeBits.debug)) throw tdxError('WAX_TDX_DEBUG');
    },
  },
  {
    id: 'T11.migratable',
    text: 'The trust domain cannot be moved to another machine.',
    judge(body) {
      if (hasBit(toBits(body.tdAttributes), attributeBits.migratable)) throw tdxError('WAX_TDX_MIGRATABLE');
    },
  },
  {
    id: 'T11.sept-ve',
    text: 'The host cannot inject exceptions for memory accesses.',
    judge(body, policy) {
      if (policy.septVeDisable && !hasBit(toBits(body.tdAttributes), attributeBits.septVeDisable)) {
        throw tdxError('WAX_TDX_SEPT_VE');
      }
    },
  },
  { id: 'T11.attributes', text: 'No other attribute is set that is not accepted.', judge: verifyAttributes },
  { id: 'T12', text: 'The processor features are those that are accepted.', judge: verifyXfam },
  {
    id: 'T13.mrServiceTd',
    text: 'The trust domain is bound to the expected service or to none.',
    judge(body, policy) {
      const found = body.mrServiceTd ? toHex(body.mrServiceTd) : '00'.repeat(48);
      if (found !== policy.mrServiceTd) throw tdxError('WAX_TDX_SERVICE_TD');
    },
  },
  ...(Object.keys(tdxPinned) as TdxPinnedField[])
    .filter((name) => name !== 'xfam')
    .map((name) => ({
      id: `T13.${name}`,
      text: `The register ${name} is open or has the required value.`,
      judge: (body: TdBody, policy: TdxPolicy) => verifyPinnedField(body, policy, name),
    })),
];
