/**
 * What each surface shows and what a person can do there. Views render these states and call these actions;
 * they hold no key, no network and no browser API. Words and numbers are put together by the views, so the
 * states carry facts (names, times, counts), never sentences.
 * @module
 */
import type { StricterPreset } from '../../protocol/demands.ts';
import type { HardwareType } from '../../protocol/hardware-diff.ts';
import type { DiffLine } from '../../protocol/policy-diff.ts';
import type { ReportState, Row, VerificationReport } from '../../protocol/report.ts';
import type { Interference } from '../messaging.ts';
import type { SeenRelease } from '../seen.ts';
import type { Preferences } from '../settings.ts';
import type { Observable } from './store.ts';

/** Everything a surface can stand at: what a report says, and what keeps Waxseal from having one. */
export type StateId =
  | ReportState
  | 'not-set-up'
  | 'not-granted'
  | 'checking'
  | 'adapter'
  | 'cannot-reach'
  | 'busy'
  /** The page took the keyboard from the box. */
  | 'page'
  /** The page drew over the box. */
  | 'page-covered'
  | 'storage';

/** Facts that sentences are made of. Times are milliseconds since 1970. A missing fact drops its clause. */
export interface Figures {
  /** Host of the enclave service, as shown: `chat.fernhill.example`. */
  readonly service?: string;
  /** Who runs the service: `Fernhill`. */
  readonly operator?: string;
  readonly model?: string;
  /** Name of the trust domain the service belongs to. */
  readonly domain?: string;
  /** What stands between this computer and the service, and who runs it; missing where nothing does. */
  readonly relay?: { readonly host: string; readonly operator: string };
  /** Maker of the chip: `AMD`. */
  readonly vendor?: string;
  /** Which of the vendor's papers is out of date. */
  readonly paper?: 'certificate' | 'revocation-list' | 'firmware';
  /** When something ended or will end: a paper, a grace period, an approval. */
  readonly endsAt?: number;
  /** Age of the last check, in minutes. */
  readonly minutes?: number;
  /** Age of the last good copy of the log, in hours. */
  readonly hours?: number;
  /** For how many more hours the last good copy may be used. */
  readonly hoursLeft?: number;
  /** When the next try starts, for a busy or silent server. */
  readonly retryAt?: number;
  /** When the log last answered; shows that the connection itself works. */
  readonly logAnsweredAt?: number;
  readonly release?: number;
  /** Days since the running release was replaced. */
  readonly days?: number;
  /** Publishers who accepted a grace period, and how many there are. */
  readonly publishers?: { readonly signed: number; readonly all: number };
  /** The witnesses' time and how many agree on it, for a clock that is wrong. */
  readonly witnessTime?: { readonly at: number; readonly agree: number; readonly localAt: number };
  /** Version of Waxseal that runs, and the one the log asks for if it says so. */
  readonly version?: { readonly have: string; readonly need?: string };
  /** The last message went out sealed to the program checked before, which is no longer the one there. */
  readonly sealedBefore?: boolean;
  /** What the page did to the box. */
  readonly interference?: Interference;
  /** Stable error code, shown small and last. */
  readonly code?: string;
  /** Address to write to the operator: https or mailto. */
  readonly contact?: string;
}

/** Where a surface stands. The loudest state wins; `simulated` stays visible beside any other state. */
export interface Status {
  readonly id: StateId;
  readonly simulated: boolean;
  readonly figures: Figures;
}

/** How far the check before sealing has come. */
export interface Progress {
  readonly phase: 'log' | 'asking' | 'verifying';
  /** Rows that have a result, in the order they got it. */
  readonly rows: readonly Row[];
}

/** A text file that goes with a message. */
export interface Attachment {
  readonly id: string;
  /** Its name, cleaned of everything that could make it look like another. */
  readonly name: string;
  readonly text: string;
  /** Its length in UTF-8. */
  readonly bytes: number;
}

export interface OwnMessage {
  readonly kind: 'own';
  readonly id: string;
  readonly text: string;
  readonly files?: readonly Attachment[];
}

/** What an answer took. Times are milliseconds as this computer saw them, tokens as the enclave counted. */
export interface AnswerFigures {
  readonly promptTokens: number;
  readonly answerTokens: number;
  readonly tookMs: number;
  /** The answer ended because it had reached its length limit. */
  readonly atLimit: boolean;
}

export interface AnswerMessage {
  readonly kind: 'answer';
  readonly id: string;
  /** Markdown as it came so far. Grows while `outcome` is `streaming`. */
  readonly text: string;
  readonly outcome: 'streaming' | 'complete' | 'stopped' | 'incomplete' | 'engine-error';
  /** What the engine said about its error, from inside the seal. */
  readonly reason?: string;
  /** When the question went out, sealed. */
  readonly askedAt?: number;
  readonly figures?: AnswerFigures;
  /** A receipt can be saved (docs/receipts.md); not for answers out of the history. */
  readonly receipt?: true;
}

/** A line in the thread that tells of a new session. */
interface SessionLine {
  readonly kind: 'session';
  readonly id: string;
  readonly checkedAt: number;
  readonly restarted: boolean;
}

/** The chat no longer fits the model, and nothing of it was cut. Counts are words, rounded. */
export interface TooLongLine {
  readonly kind: 'too-long';
  readonly id: string;
  readonly words: number;
  readonly limit: number;
  /** The enclave counted and refused, inside the seal; otherwise nothing left this computer. */
  readonly refusedInside: boolean;
  /** How many of the oldest messages would have to be left out; 0 if there are none to leave out. */
  readonly oldest: number;
}

/** The person left out everything above this line; it is shown, but no longer sent. */
interface CutLine {
  readonly kind: 'cut';
  readonly id: string;
}

/** What stands above came here from the box in a page of this host. */
interface MovedLine {
  readonly kind: 'moved';
  readonly id: string;
  readonly site: string;
}

export type ThreadItem = OwnMessage | AnswerMessage | SessionLine | TooLongLine | CutLine | MovedLine;

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

/** A chat with nobody, on the practice page. */
export interface PracticeController extends ChatController {
  /** Does what a page that takes the keyboard away causes. */
  interfere(): void;
}

/** What the first run knows. */
export interface WelcomeView {
  readonly seal: Uint8Array | null;
  /** Name of the built-in trust domain; null where none is built in. */
  readonly domain: string | null;
}

/** Implemented by extension/session/welcome-controller.ts: `createWelcomeController()`. */
export interface WelcomeController extends Observable<WelcomeView> {
  /** Keeps the chosen seal. */
  setSeal(seed: Uint8Array): void;
  /** The lesson was passed; `place` is where the person wants to write. Called inside a click. */
  finish(place: 'panel' | 'box'): void;
  /** The lesson was passed, and the practice page follows. */
  practise(): PracticeController;
  openOptions(): void;
}
