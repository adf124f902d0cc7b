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
import { Store } from '../ui/store.ts';
import type { ChatSetup, ChatView } from '../ui/surfaces/chat.ts';
import type { Status } from '../ui/surfaces/status.ts';
import { Asking } from './asking.ts';
import { boxLayout } from './box-layout.ts';
import { onChainAsked } from './chain-asked.ts';
import { chosenModel } from './chat-setup.ts';
import { ChosenService } from './chosen-service.ts';
import { Composing } from './composing.ts';
import { historyPlace } from './history/history-place.ts';
import { Keeper } from './history/keeper.ts';
import type { StoredChat } from './history/stored-chat.ts';
import { initialView } from './initial-view.ts';
import { LastTime } from './last-time.ts';
import { logFacts } from './log-facts.ts';
import { startMoveIn } from './moving/move-in.ts';
import { MoveOut } from './moving/move-out.ts';
import { movedLine, WaitingChats } from './moving/waiting.ts';
import { present } from './present.ts';
import { StatusTeller } from './status-teller.ts';
import { openSurface, type Surface } from './surface.ts';
import { choices, chosen, readTrust } from './trust.ts';
import { createTypingLight } from './typing-light.ts';
import { chatProgress, chatStatus, forkEvidence, type Known } from './view-status.ts';

const bare = (id: Status['id']): Status => ({ id, simulated: false, figures: {} });

export class Chat {
  readonly store: Store<ChatView>;
  readonly composing: Composing;
  readonly asking: Asking;
  readonly keeper: Keeper;
  readonly #waiting: WaitingChats;
  readonly #light = createTypingLight(() => this.#surface?.windowId);
  readonly #lastTime = new LastTime((lastTime) => this.store.update({ lastTime }));
  #surface: Surface | null = null;
  /** The way of this chat to the panel; null in the panel itself. */
  #moveOut: MoveOut | null = null;
  readonly #service = new ChosenService({
    onChange: () => this.#show(),
    onTrouble: (error) => this.#trouble(error),
  });
  readonly #teller = new StatusTeller();
  /** A state that needs no session: not set up, page interferes, memory damaged. It hides all others. */
  #fixed: Status | null;
  #asked = false;
  #mode: Mode = 'steady';

  constructor(kind: 'panel' | 'frame') {
    // Without its token a frame is nobody's: nothing is shown, asked or sent.
    this.#fixed = kind === 'frame' ? bare('not-granted') : null;
    this.store = new Store<ChatView>(initialView(kind, this.#fixed ?? bare('checking')));
    this.#waiting = new WaitingChats(this.store);
    this.composing = new Composing(this.store);
    this.asking = new Asking({
      store: this.store,
      composing: this.composing,
      session: () => (this.#fixed === null ? this.#service.session : null),
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
      service: () => this.#service.choice?.enclave.service ?? null,
      show: (chat) => this.#resume(chat),
      empty: () => {
        this.#waiting.forgetKept();
        this.#empty();
      },
    });
    void this.#start(kind);
  }

  async #start(kind: 'panel' | 'frame'): Promise<void> {
    this.#surface = await openSurface(kind, (what) => this.#interfered(what));
    const { site } = this.#surface;
    if (site !== null) this.store.update({ frame: { site: new URL(site).host, open: false } });
    document.addEventListener('visibilitychange', () => this.#onVisibility());
    // Back in the network there is no reason to sit out a long pause between two tries.
    addEventListener('online', () => this.#onVisibility());
    for (const sign of ['keydown', 'pointerdown']) {
      document.addEventListener(sign, () => this.keeper.active(), { passive: true });
    }
    const { windowId } = this.#surface;
    if (kind === 'panel') {
      onChainAsked(windowId, () => this.store.update({ chainAsked: this.store.current().chainAsked + 1 }));
      void startMoveIn(windowId, (chat) => this.#takeUp(chat));
    } else {
      const moveOut = new MoveOut({
        windowId,
        chat: () => this.#chatNow(),
        onMoved: () => this.#onMoved(),
      });
      this.#moveOut = moveOut;
      this.store.subscribe(() => moveOut.changed());
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
      const before = this.#service.choice?.enclave.service;
      const choice = chosen(trust, service ?? before ?? trust.service);
      this.#service.choose(choice);
      const ready = settings.seal !== null && settings.firstRunDone && choice !== null;
      this.#fixed = ready ? null : bare('not-set-up');
      this.store.update({
        seal: settings.seal === null ? null : parseBase64(settings.seal, 16),
        enclaves: choices(trust).map(({ enclave: { service, name } }) => ({ service, name })),
        explorer: choice?.domain.log.url ?? null,
      });
      if (ready) this.#openSession();
    } catch (error) {
      this.#trouble(error);
    }
    this.#show();
  }

  #openSession(): void {
    this.#service.begin();
    this.#onVisibility();
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
    this.#service.end();
    this.#light.set(false);
    const id = what === 'cover' ? 'page-covered' : 'page';
    this.#fixed = { ...bare(id), figures: { interference: what } };
    this.setOpen(false);
    this.#show();
  }

  #onVisibility(): void {
    const visible = document.visibilityState === 'visible';
    if (visible && this.#fixed?.id === 'not-set-up') void this.load();
    // It may have been turned on, or off, in Options.
    if (visible) void this.keeper.look();
    this.#service.session?.setVisible(visible);
  }

  #known(): Known | null {
    return this.#service.known({ asked: this.#asked, sealedBefore: this.asking.sealedBefore });
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
    if (this.#surface && !this.#isInterfered())
      this.#teller.tell(this.store.current(), this.#surface.windowId);
  }

  #layout(): void {
    const layout = boxLayout(this.store.current());
    if (layout) this.#surface?.setLayout(layout.open, layout.height);
  }

  /** Shows a chat from the history. It goes on in a new session, as any other chat does. */
  #resume({ service, thread, setup, draft, attachments }: StoredChat): void {
    this.#empty();
    this.store.update({ thread, setup, draft, attachments });
    const known = this.store.current().enclaves.some((one) => one.service === service);
    if (known && service !== this.#service.choice?.enclave.service) void this.load(service);
  }

  /** The chat as it would go on elsewhere; null where nothing was said or written. */
  #chatNow(): StoredChat | null {
    const { thread, draft, attachments, setup } = this.store.current();
    const service = this.#service.choice?.enclave.service;
    const isEmpty = thread.length === 0 && draft === '' && attachments.length === 0;
    if (isEmpty || service === undefined) return null;
    return { service, thread: [...thread, ...movedLine(this.store.current())], setup, draft, attachments };
  }

  /** Goes on with the chat of a page's box, or lets it wait where there is one here already. */
  #takeUp(chat: StoredChat): void {
    if (this.#fixed === null && this.#chatNow() === null) this.#resume(chat);
    else this.#waiting.add(chat);
  }

  /** Goes on with the first chat that waits; the one that was shown waits in turn. */
  async takeWaiting(): Promise<void> {
    if (this.#fixed !== null) return;
    this.asking.stop();
    this.composing.cancelEdit();
    await this.keeper.keep();
    const next = this.#waiting.take();
    if (next === undefined) return;
    const shown = this.#chatNow();
    if (shown !== null) this.#waiting.add(shown, this.store.current().history.current);
    this.keeper.begin(next.kept);
    this.#resume(next.chat);
  }

  dropWaiting(): void {
    this.#waiting.take();
  }

  #onMoved(): void {
    this.#empty();
    this.setOpen(false);
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
    const { choice, session } = this.#service;
    if (this.#fixed !== null || choice === null || session === null) {
      const panel = this.store.current().surface === 'panel';
      if (panel && choice && this.#fixed?.id === 'storage')
        await ask('log/restart', { domain: choice.domain.name });
      return this.load();
    }
    this.#asked = true;
    this.#show();
    try {
      await ask('log/sync', { domain: choice.domain.name });
      await session.check();
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
    this.#moveOut?.moveNow();
  }

  close(): void {
    this.#moveOut?.end();
    this.#service.end();
    this.#surface?.close();
  }
}
