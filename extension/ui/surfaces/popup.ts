/** The toolbar popup. */
import type { VerificationReport } from '../../../protocol/report.ts';
import type { Observable } from '../store.ts';
import type { ForkEvidence } from './chat.ts';
import type { Status } from './status.ts';

/** What the toolbar popup knows about the tab it was opened on. */
export interface PopupView {
  readonly status: Status;
  /** The page's site; null on pages no extension may touch. */
  readonly site: { readonly host: string; readonly granted: boolean; readonly boxOpen: boolean } | null;
  readonly checkedAt: number | null;
  readonly report: VerificationReport | null;
  readonly fork: ForkEvidence | null;
  /** What became of requests that the page itself wrote, the newest first. */
  readonly requests: readonly { readonly at: number; readonly status: Status }[];
}

/** Implemented by extension/session/popup-controller.ts: `createPopupController()`. */
export interface PopupController extends Observable<PopupView> {
  openPanel(): void;
  /** Asks the browser for access to this site; called inside a click. */
  useHere(): void;
  stopHere(): void;
  checkNow(): void;
  /** Opens the chain in the side panel. */
  seeChecks(): void;
  /** Puts the keyboard into the sealed box of this tab, opening it if needed. */
  write(): void;
  open(page: 'options' | 'welcome' | 'update'): void;
}
