/**
 * The chat of a panel or a sealed box: holds the session with the chosen service, the thread and the draft,
 * and shows one state at a time. Everything lives and dies with the document; nothing of it is kept.
 * @module
 */
import { parseBase64 } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import type { Mode } from '../../protocol/session/sizes.ts';
import { ask } from '../ask.ts';
import type { Interference } from '../messaging.ts';
import { openPanel } from '../panel.ts';
import type { ChatController, ChatSetup, ChatView, Status } from '../ui/controller.ts';
import { Store } from '../ui/store.ts';
import { Asking } from './asking.ts';
import { onChainAsked } from './chain-asked.ts';
import { ChatSession } from './chat-session.ts';
import { chosenModel } from './chat-setup.ts';
import { Composing } from './composing.ts';
import { historyPlace } from './history/history-place.ts';
import { Keeper } from './history/keeper.ts';
import type { StoredChat } from './history/stored-chat.ts';
import { initialView } from './initial-view.ts';
import { LastTime } from './last-time.ts';
import { logFacts } from './log-facts.ts';
import { clock, createLook } from './look.ts';
import { openPage } from './pages.ts';
import { present } from './present.ts';
import { openSurface, type Surface } from './surface.ts';
import { type Choice, choices, chosen, type HeldLog, readTrust } from './trust.ts';
import { createTypingLight } from './typing-light.ts';
import { chatProgress, chatStatus, forkEvidence, type Known } from './view-status.ts';

/** Height of the folded box when it has something to explain, in CSS pixels. */
const noticeHeight = 300;
const foldedHeight = 142;

const bare = (id: Status['id']): Status => ({ id, simulated: false, figures: {} });

class Chat {
  readonly store: Store<ChatView>;
  readonly composing: Composing;
  readonly asking: Asking;
  readonly keeper: Keeper;
  readonly #light = createTypingLight(() => this.#surface?.windowId);
  readonly #lastTime = new LastTime((lastTime) => this.store.update({ lastTime }));
  #surface: Surface | null = null;
  #choice: Choice | null = null;
  #session: ChatSession | null = null;
  #log: HeldLog | null = null;
  /** A state that needs no session: not set up, page interferes, memory damaged. It hides all others. */
  #fixed: Status | null;
  #asked = false;
  #mode: Mode = 'steady';
  #reported = '';

  constructor(kind: 'panel' | 'frame') {
    // Without its token a frame is nobody's: nothing is shown, asked or sent.
    this.#fixed = kind === 'frame' ? bare('not-granted') : null;
    this.store = new Store<ChatView>(initialView(kind, this.#fixed ?? bare('checking')));
    this.composing = new Composing(this.store);
    this.asking = new Asking({
      store: this.store,
      composing: this.composing,
      session: () => (this.#fixed === null ? this.#session : null),
      mode: () => this.#mode,
      onSealed: () => this.setOpen(true),
      onEnd: () => {
        this.#show();
        void this.keeper.keep();
      },
      onTrouble: (error) => this.#trouble(error),
    });
    this.keeper = new Keeper({
      store: this.store,
      database: kind === 'panel' ? historyPlace() : null,
      now: Date.now,
      service: () => this.#choice?.enclave.service ?? null,
      show: (chat) => this.#resume(chat),
      empty: () => this.#empty(),
    });
    void this.#start(kind);
  }

  async #start(kind: 'panel' | 'frame'): Promise<void> {
    this.#surface = await openSurface(kind, (what) => this.#interfered(what));
    const { site } = this.#surface;
    if (site !== null) this.store.update({ frame: { site: new URL(site).host, open: false } });
    document.addEventListener('visibilitychange', () => this.#onVisibility());
    for (const sign of ['keydown', 'pointerdown']) {
      document.addEventListener(sign, () => this.keeper.active(), { passive: true });
    }
    if (kind === 'panel') {
      onChainAsked(this.#surface.windowId, () =>
        this.store.update({ chainAsked: this.store.current().chainAsked + 1 }),
      );
    }
    await Promise.all([this.load(), this.keeper.look()]);
  }

  /** Reads settings and trust domains, and begins with the chosen service. */
  async load(service?: string): Promise<void> {
    if (this.#isInterfered()) return;
    try {
      const [settings, trust] = await Promise.all([ask('settings/get', {}), readTrust()]);
      // A box in a page learns how it is wanted only now that its token was taken.
      if (this.store.current().surface === 'frame') void present(settings);
      this.#mode = settings.mode;
      this.#choice = chosen(trust, service ?? this.#choice?.enclave.service ?? trust.service);
      const ready = settings.seal !== null && settings.firstRunDone && this.#choice !== null;
      this.#fixed = ready ? null : bare('not-set-up');
      this.store.update({
        seal: settings.seal === null ? null : parseBase64(settings.seal, 16),
        enclaves: choices(trust).map(({ enclave: { service, name } }) => ({ service, name })),
        explorer: this.#choice?.domain.log.url ?? null,
      });
      if (ready) this.#openSession();
    } catch (error) {
      this.#trouble(error);
    }
    this.#show();
  }

  #openSession(): void {
    this.#session?.close();
    this.#session = null;
    const choice = this.#choice;
    if (choice === null) return;
    const { service } = choice.enclave;
    const look = createLook({
      service,
      onLog: (log) => {
        this.#log = log;
        this.#show();
      },
    });
    this.#session = new ChatSession({
      service: { origin: service, fetch: (...request) => fetch(...request) },
      clock,
      look: (wanted) => look(wanted).catch((error: unknown) => this.#rethrow(error)),
      onStatus: () => this.#show(),
    });
    this.#onVisibility();
  }

  /** Errors of our own parts end in a state of their own; the session only learns that it cannot go on. */
  #rethrow(error: unknown): never {
    this.#trouble(error);
    throw error;
  }

  #trouble(error: unknown): void {
    const code = error instanceof CodedError ? error.code : 'WAX_EXT_REFUSED';
    this.#fixed = { ...bare('storage'), figures: { code } };
    this.#show();
  }

  #isInterfered(): boolean {
    return this.#fixed?.id === 'page' || this.#fixed?.id === 'page-covered';
  }

  #interfered(what: Interference): void {
    this.asking.stop();
    this.#session?.close();
    this.#session = null;
    this.#light.set(false);
    this.#fixed = bare(what === 'cover' ? 'page-covered' : 'page');
    this.setOpen(false);
    this.#show();
  }

  #onVisibility(): void {
    const visible = document.visibilityState === 'visible';
    if (visible && this.#fixed?.id === 'not-set-up') void this.load();
    // It may have been turned on, or off, in Options.
    if (visible) void this.keeper.look();
    this.#session?.setVisible(visible);
  }

  #known(): Known | null {
    if (this.#choice === null || this.#session === null) return null;
    const chat = this.#session.status;
    const [log, asked, { sealedBefore }] = [this.#log, this.#asked, this.asking];
    return { choice: this.#choice, chat, log, asked, sealedBefore, now: Date.now() };
  }

  /** Shows the one state that follows from all that is known, and tells the background of it. */
  #show(): void {
    const known = this.#known();
    const told = this.#fixed ?? (known ? chatStatus(known) : bare('checking'));
    const model = chosenModel(known?.chat.report ?? null, this.store.current().setup)?.id;
    const status = model === undefined ? told : { ...told, figures: { ...told.figures, model } };
    this.store.update({
      status,
      progress: known && status.id === 'checking' ? chatProgress(known) : null,
      report: known?.chat.report ?? null,
      fork: known && status.id === 'fork' ? forkEvidence(known) : null,
      logFacts: known && logFacts(known.choice, known.log),
    });
    const { report, surface } = this.store.current();
    if (report !== null && surface === 'panel') void this.#lastTime.note(report);
    this.#layout();
    this.#report();
  }

  #report(): void {
    const surface = this.#surface;
    const { status, report } = this.store.current();
    if (surface === null || this.#isInterfered()) return;
    const text = JSON.stringify([status.id, status.simulated, report?.checkedAt]);
    if (text === this.#reported) return;
    this.#reported = text;
    const checkedAt = report === null ? null : Date.parse(report.checkedAt);
    const { windowId } = surface;
    const facts = JSON.parse(JSON.stringify({ status, report }));
    ask('view/status', { ...facts, checkedAt, windowId }).catch(() => {
      // The background sleeps or is being replaced; the next change tells it.
      this.#reported = '';
    });
  }

  #layout(): void {
    const { frame, status } = this.store.current();
    if (frame === null) return;
    const explains = !['checking', 'sealed', 'sealed-imported', 'sealed-grace', 'simulated'].includes(
      status.id,
    );
    this.#surface?.setLayout(frame.open, explains ? noticeHeight : foldedHeight);
  }

  /** Shows a chat from the history. It goes on in a new session, as any other chat does. */
  #resume({ service, thread, setup, draft, attachments }: StoredChat): void {
    this.#empty();
    this.store.update({ thread, setup, draft, attachments });
    const known = this.store.current().enclaves.some((one) => one.service === service);
    if (known && service !== this.#choice?.enclave.service) void this.load(service);
  }

  /** Takes the chat off the screen, its draft included. */
  #empty(): void {
    this.asking.stop();
    this.composing.begin();
    this.store.update({ thread: [], draft: '', attachments: [] });
    if (this.#fixed === null) this.#openSession();
    this.#show();
  }

  newChat(): void {
    this.asking.stop();
    void this.keeper.keep().then(() => this.#begin());
  }

  #begin(): void {
    this.keeper.begin();
    this.composing.begin();
    this.store.update({ thread: [] });
    // Another chat, another session: the service cannot tell that both are one person's.
    if (this.#fixed === null) this.#openSession();
    this.#show();
  }

  async checkNow(): Promise<void> {
    if (this.#isInterfered()) return;
    const choice = this.#choice;
    if (this.#fixed !== null || choice === null || this.#session === null) {
      const panel = this.store.current().surface === 'panel';
      if (panel && choice && this.#fixed?.id === 'storage')
        await ask('log/restart', { domain: choice.domain.name });
      return this.load();
    }
    this.#asked = true;
    this.#show();
    try {
      await ask('log/sync', { domain: choice.domain.name });
      await this.#session.check();
    } catch (error) {
      this.#trouble(error);
    } finally {
      this.#asked = false;
      this.#show();
    }
  }

  async chooseEnclave(service: string): Promise<void> {
    this.asking.stop();
    await this.keeper.keep();
    this.keeper.begin();
    this.composing.begin();
    this.store.update({ thread: [] });
    // A frame in a page has no say over what is kept: there the choice is for this box only.
    if (this.store.current().surface === 'panel') await ask('settings/service', { service });
    await this.load(service);
  }

  changeSetup(setup: ChatSetup): void {
    this.store.update({ setup });
    this.#show();
  }

  setTyping(typing: boolean): void {
    this.#light.set(typing && this.#surface !== null && !this.#isInterfered());
  }

  setOpen(open: boolean): void {
    const { frame } = this.store.current();
    if (frame === null) return;
    this.store.update({ frame: { ...frame, open: open && !this.#isInterfered() } });
    this.#layout();
  }

  openPanel(): void {
    void openPanel(this.#surface?.windowId);
  }

  close(): void {
    this.#session?.close();
    this.#surface?.close();
  }
}

/** The controller of sidepanel.html (`panel`) or composer.html (`frame`). */
export function createChatController(kind: 'panel' | 'frame'): ChatController {
  const chat = new Chat(kind);
  const { store } = chat;
  return {
    current: () => store.current(),
    subscribe: (listener) => store.subscribe(listener),
    edit: (draft) => store.update({ draft }),
    send: () => chat.asking.send(),
    stop: () => chat.asking.stop(),
    retry: (answerId) => chat.asking.retry(answerId),
    receipt: (answerId) => chat.asking.receipt(answerId),
    attach: (files) => void chat.composing.attach(files),
    detach: (id) => chat.composing.detach(id),
    editLast: () => chat.composing.editLast(),
    cancelEdit: () => chat.composing.cancelEdit(),
    changeSetup: (setup) => chat.changeSetup(setup),
    leaveOutOldest: () => chat.asking.leaveOutOldest(),
    unlockHistory: (passphrase) => void chat.keeper.unlock(passphrase),
    lockHistory: () => void chat.keeper.lock(),
    openChat: (id) => void chat.keeper.open(id),
    deleteChat: (id) => void chat.keeper.remove(id),
    newChat: () => chat.newChat(),
    checkNow: () => void chat.checkNow(),
    openPanel: () => chat.openPanel(),
    chooseEnclave: (service) => void chat.chooseEnclave(service),
    setTyping: (typing) => chat.setTyping(typing),
    open: openPage,
    setOpen: (open) => chat.setOpen(open),
    close: () => chat.close(),
  };
}
