/** Trust domains, and what their logs have shown, in the words of Options. */
import type { StricterPreset } from '../../../protocol/demands.ts';
import type { HardwareType } from '../../../protocol/hardware-diff.ts';

/** A trust domain in the words of Options. */
export interface DomainSummary {
  readonly name: string;
  readonly log: { readonly origin: string; readonly size: number };
  /** Null until the policy entry has been read from the log. */
  readonly publishers: { readonly needed: number; readonly all: number } | null;
  readonly witnesses: {
    readonly needed: number;
    readonly all: number;
    readonly operators: readonly string[];
  };
  /** Chips that count: `AMD Genoa`. */
  readonly chips: readonly string[];
  readonly simulator: boolean;
  readonly services: readonly string[];
  /** Relays that stand between people and these services: address and who runs it. */
  readonly relays: readonly { readonly url: string; readonly operator: string }[];
  /** Hours after which a witness's signature is too old. */
  readonly freshHours: number;
  /** Hardware of which the person can demand more than the trust domain does. */
  readonly demands: readonly HardwareDemand[];
}

/** What may be demanded of a type of hardware beyond a trust domain. */
export interface HardwareDemand {
  readonly type: HardwareType;
  readonly presets: readonly StricterPreset[];
  /** Name of the preset; null for what the trust domain says. It may have ceased to be one of `presets`. */
  readonly chosen: string | null;
}

/** Signed copies that contradict each other, kept until the person dismisses them. */
export interface KeptEvidence {
  readonly domain: string;
  readonly log: string;
  readonly kind: 'fork' | 'rollback';
  readonly foundAt: string;
  /** A JSON document that `waxseal audit --evidence` checks. */
  readonly document: string;
}
