/** The options page. */
import type { HardwareType } from '../../../protocol/hardware-diff.ts';
import type { DiffLine } from '../../../protocol/policy-diff.ts';
import type { Preferences } from '../../settings.ts';
import type { Observable } from '../store.ts';
import type { DomainSummary, KeptEvidence } from './trust.ts';

/** The encrypted history, as Options sees it. */
export interface HistorySettings {
  /** `none` in a private window. */
  readonly state: 'none' | 'off' | 'on';
  readonly busy: boolean;
  readonly problem: string | null;
  /** What was done last. */
  readonly done: 'created' | 'changed' | 'deleted' | null;
}

export interface OptionsView {
  readonly evidence: readonly KeptEvidence[];
  readonly builtIn: DomainSummary;
  readonly imported: readonly (DomainSummary & { readonly importedAt: number })[];
  /** A file waiting for the person's decision. */
  readonly candidate: {
    readonly file: string;
    readonly text: string;
    readonly domain: DomainSummary;
    /** What it would allow, next to the built-in one; empty where none is built in. */
    readonly lines: readonly DiffLine[];
  } | null;
  /** Why nothing was added or changed: its code, that of what lies behind it, and where in the file. */
  readonly refusal: {
    readonly code: string;
    readonly reason: string | null;
    readonly place: string | null;
  } | null;
  readonly enclaves: readonly {
    readonly service: string;
    readonly name: string;
    readonly domain: string;
    readonly chosen: boolean;
  }[];
  readonly sites: readonly { readonly origin: string; readonly box: boolean; readonly adapter: boolean }[];
  readonly seal: Uint8Array | null;
  readonly history: HistorySettings;
  readonly preferences: Preferences;
  readonly version: string;
  /** Hex digest of the files that run here; null while it is computed, or where one is missing. */
  readonly build: string | null;
}

/** Implemented by extension/session/options-controller.ts: `createOptionsController()`. */
export interface OptionsController extends Observable<OptionsView> {
  /** Reads a trust domain file; sets `candidate` or `refusal`. */
  offerImport(file: string, text: string): void;
  acceptImport(): void;
  declineImport(): void;
  /** Demands a preset of a type of hardware, beyond what the domain says; null for that. */
  demand(domain: string, type: HardwareType, preset: string | null): void;
  removeDomain(name: string): void;
  dismissEvidence(evidence: KeptEvidence): void;
  chooseEnclave(service: string): void;
  removeSite(origin: string): void;
  setAdapter(origin: string, on: boolean): void;
  createHistory(passphrase: string): void;
  changePassphrase(from: string, to: string): void;
  /** Turns the history off and deletes every chat. */
  deleteHistory(): void;
  setPreferences(preferences: Preferences): void;
  /** Deletes everything that Waxseal keeps on this computer. */
  forget(): void;
  setSeal(seed: Uint8Array): void;
  openWelcome(): void;
}
