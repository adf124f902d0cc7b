/** The chat of the panel, and of the sealed box in a page. */
import type { VerificationReport } from '../../../protocol/report.ts';
import type { SeenRelease } from '../../seen.ts';
import type { Observable } from '../store.ts';
import type { Progress, Status } from './status.ts';
import type { Attachment, ThreadItem } from './thread.ts';

/** How the model is to answer in this chat. What is null is left to the enclave. */
export interface ChatSetup {
  /** Id of the model; null for the first one that the enclave has. */
  readonly model: string | null;
  /** Said to the model before everything else; empty for nothing. */
  readonly system: string;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly maxTokens: number | null;
  readonly stop: readonly string[];
  readonly seed: number | null;
}

/** A file that was not attached, and why. */
export interface FileRefusal {
  readonly name: string;
  readonly reason: 'too-large' | 'too-many' | 'not-text';
  readonly code: string;
}

/** The two histories of a log that contradicts itself. */
export interface ForkEvidence {
  readonly log: string;
  readonly code: string;
  /** Last entry both histories share, if known. */
  readonly sameUntil?: number;
  readonly first: { readonly seenAt: number };
  readonly second: { readonly seenAt: number };
  /** Both signed copies, as a JSON document. */
  readonly document: string;
}

/** What the accepted copy of the log says beside the report. */
export interface LogFacts {
  /** Everybody who may approve, by name. */
  readonly publishers: readonly string[];
  /** The newest release of the service's program that stands, with its measured registers in hex. */
  readonly newest: {
    readonly version: number;
    readonly index: number;
    readonly digests: readonly string[];
  } | null;
}

/** The encrypted history, as a view may show it. */
interface HistoryView {
  /** `none` where nothing can be kept: in a page, or in a private window. */
  readonly state: 'none' | 'off' | 'locked' | 'open';
  /** A key is being derived from the passphrase. */
  readonly busy: boolean;
  /** Kept chats, the newest first; empty unless it is open. */
  readonly chats: readonly { readonly id: string; readonly title: string; readonly updatedAt: number }[];
  /** Id of the open chat, once it is kept. */
  readonly current: string | null;
  /** Code of what went wrong last. */
  readonly problem: string | null;
}

export interface ChatView {
  /** `frame` is the sealed box over a web page, `panel` the browser's own side panel or sidebar. */
  readonly surface: 'panel' | 'frame';
  readonly status: Status;
  /** Set while `status.id` is `checking`. */
  readonly progress: Progress | null;
  readonly thread: readonly ThreadItem[];
  /** What the person has typed and not sent. Survives every refusal. */
  readonly draft: string;
  /** Files that go with the draft. */
  readonly attachments: readonly Attachment[];
  readonly fileRefusal: FileRefusal | null;
  /** Id of the earlier message that the draft will replace; null while a new one is written. */
  readonly editing: string | null;
  /** The draft is on its way into the seal: a last check runs. */
  readonly sending: boolean;
  readonly setup: ChatSetup;
  readonly history: HistoryView;
  readonly logFacts: LogFacts | null;
  /** What the service ran when it was last checked before; null where that is not known. */
  readonly lastTime: SeenRelease | null;
  /** How often the chain was asked for from elsewhere; each time it opens. */
  readonly chainAsked: number;
  /** The latest report for this service, passed or failed. */
  readonly report: VerificationReport | null;
  /** Set while `status.id` is `fork`. */
  readonly fork: ForkEvidence | null;
  /** The person's seal seed (16 bytes); null until first run is done. */
  readonly seal: Uint8Array | null;
  /**
   * Chats that came to a panel which had one already, the next one first: the host of the page that each is from,
   * or null for one that was here itself.
   */
  readonly waiting: readonly { readonly site: string | null }[];
  /** Services to choose from; the current one is `figures.service`. */
  readonly enclaves: readonly { readonly service: string; readonly name: string }[];
  /** Address of the log's explorer, to open entries in; null if it has none. */
  readonly explorer: string | null;
  /** Only for `frame`. */
  readonly frame: { readonly site: string; readonly open: boolean } | null;
}

/** Implemented by extension/session/chat-controller.ts: `createChatController(surface)`. */
export interface ChatController extends Observable<ChatView> {
  /** Keeps the draft. Must be called at each input, and updates the view at once. */
  edit(text: string): void;
  /** Seals and sends the draft. The draft is emptied once it is sealed, not before. */
  send(): void;
  /** Stops the answer that is arriving. */
  stop(): void;
  /** Asks again for the given answer (the last one). */
  retry(answerId: string): void;
  /** The text of an answer's receipt, or null where there is none. */
  receipt(answerId: string): string | null;
  /** Attaches text files to the draft; what is refused shows in `fileRefusal`. */
  attach(files: readonly File[]): void;
  detach(id: string): void;
  /** Takes the last own message back into the composer; sending then replaces it and what came after. */
  editLast(): void;
  /** Leaves the last message as it was, and brings back what was being written. */
  cancelEdit(): void;
  changeSetup(setup: ChatSetup): void;
  /** Leaves the oldest messages out of what is sent, as a `too-long` line offered, and sends the draft. */
  leaveOutOldest(): void;
  unlockHistory(passphrase: string): void;
  lockHistory(): void;
  openChat(id: string): void;
  deleteChat(id: string): void;
  /** Goes on with the first chat that waits; the one that is shown waits in its place. */
  takeWaiting(): void;
  /** Throws the first chat that waits away. */
  dropWaiting(): void;
  /** Begins anew; the draft stays. */
  newChat(): void;
  /** Checks again, from the log on. Also "Try now" and "I've fixed it, check again". */
  checkNow(): void;
  /** Opens the side panel; called inside a click. */
  openPanel(): void;
  chooseEnclave(service: string): void;
  /** The composer got or lost the keyboard; drives the toolbar icon. */
  setTyping(typing: boolean): void;
  /** Opens a page of the extension or, for `update`, the browser's page for it. */
  open(page: 'options' | 'welcome' | 'update'): void;
  /** Frame only: fold to the composer or unfold, and close for good on this page. */
  setOpen(open: boolean): void;
  close(): void;
}
