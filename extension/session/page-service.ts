/**
 * service.html: verifies, and seals what the page itself has written, in a frame that the page cannot reach into.
 * It shows nothing. The page can read its own requests and their answers; no more is claimed anywhere.
 * @module
 */
import { ask } from '../ask.ts';
import { type AdapterRequest, parseAdapterRequest, type ServiceMessage } from '../page/service-port.ts';
import type { Status } from '../ui/surfaces/status.ts';
import { ChatSession } from './chat-session.ts';
import type { TurnEvent } from './chat-status.ts';
import { awaitLink, type FrameLink } from './frame-link.ts';
import { clock, createLook } from './look.ts';
import { ApiAnswer, refuse } from './openai-answer.ts';
import { type ApiError, notVerified } from './openai-errors.ts';
import { readPageChat } from './openai-request.ts';
import { type Choice, chosen, type HeldLog, readTrust } from './trust.ts';
import { chatStatus } from './view-status.ts';

/** A page that asks again and again gets the same word for so long, in milliseconds. */
const wordLife = 30_000;

interface Service {
  readonly choice: Choice;
  readonly session: ChatSession;
  log: HeldLog | null;
}

class PageService {
  readonly #link: FrameLink;
  #service: Service | null = null;
  #turns: Promise<void> = Promise.resolve();
  #word: { readonly at: number; readonly word: Promise<string> } | null = null;

  constructor(link: FrameLink) {
    this.#link = link;
  }

  /** The session with the chosen service; begun anew when another was chosen. */
  async #open(): Promise<Service | null> {
    const choice = chosen(await readTrust());
    if (this.#service?.choice.enclave.service === choice?.enclave.service) return this.#service;
    this.#service?.session.close();
    this.#service = null;
    if (choice === null) return null;
    const { service: origin } = choice.enclave;
    const look = createLook({
      service: origin,
      onLog: (log) => {
        if (this.#service) this.#service.log = log;
      },
    });
    const session = new ChatSession({
      service: { origin, fetch: (...request) => fetch(...request) },
      clock,
      look,
    });
    this.#service = { choice, session, log: null };
    return this.#service;
  }

  #status({ choice, session, log }: Service): Status {
    const now = Date.now();
    return chatStatus({ choice, chat: session.status, log, asked: false, sealedBefore: false, now });
  }

  /** Tells the background what became of a request; a sealed one is told as one that the page wrote. */
  #report(service: Service): void {
    const status = this.#status(service);
    const { report } = service.session.status;
    const passed = report?.verdict === 'pass';
    const told: Status = passed ? { ...status, id: 'adapter' } : status;
    const facts = JSON.parse(JSON.stringify({ status: told, report }));
    const checkedAt = report === null ? null : Date.parse(report.checkedAt);
    ask('view/status', { ...facts, checkedAt, windowId: this.#link.windowId }).catch(() => {});
  }

  /** `sealed`, `simulated`, or the id of the state that keeps it from being so. */
  async #verify(): Promise<string> {
    const service = await this.#open();
    if (service === null) return 'not-set-up';
    await service.session.check();
    return this.#status(service).id;
  }

  async verify(port: MessagePort): Promise<void> {
    if (this.#word === null || Date.now() - this.#word.at > wordLife)
      this.#word = { at: Date.now(), word: this.#verify().catch(() => 'storage') };
    port.postMessage(await this.#word.word);
    port.close();
  }

  /** Serves one request of the page. One goes out at a time, as in any chat. */
  serve(port: MessagePort): void {
    const aborted = new AbortController();
    const post = (message: ServiceMessage) => port.postMessage(message);
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message: AdapterRequest | null = parseAdapterRequest(data);
      if (message?.kind === 'abort') aborted.abort();
      if (message?.kind !== 'request') return;
      if (!this.#link.adapter) return refuse(post, notOn);
      const { promise: contentEnded, resolve: onContentEnd } = Promise.withResolvers<void>();
      const before = this.#turns;
      this.#turns = contentEnded;
      void before
        .then(() => this.#answer(message.body, aborted.signal, post, onContentEnd))
        .catch(() => post({ kind: 'broken', message: 'Waxseal could not go on' }))
        .finally(onContentEnd);
    };
  }

  async #answer(
    text: string,
    signal: AbortSignal,
    post: (message: ServiceMessage) => void,
    onContentEnd: () => void,
  ): Promise<void> {
    if (signal.aborted) return;
    const service = await this.#open();
    if (service === null) return refuse(post, notSetUp);
    const { session } = service;
    // Which models there are is known once the service has been verified.
    if (session.status.report?.verdict !== 'pass') await session.check();
    const { report } = session.status;
    if (report?.verdict !== 'pass') {
      this.#report(service);
      return refuse(post, notVerified(session.status));
    }
    const chat = readPageChat(
      text,
      report.models.map(({ id }) => id),
    );
    if ('status' in chat) return refuse(post, chat);
    const reply = new ApiAnswer(
      chat,
      { origin: service.choice.enclave.service, simulated: report.simulated },
      post,
    );
    const onEvent = (event: TurnEvent) => {
      reply.take(event);
      if (event.kind === 'end' || event.kind === 'error') onContentEnd();
    };
    const result = await session.send(chat.request, { signal, onEvent });
    this.#report(service);
    reply.close(result, session.status);
  }
}

const notOn: ApiError = {
  status: 403,
  type: 'waxseal_error',
  code: 'WAX_EXT_NOT_GRANTED',
  message: 'The fetch adapter is not switched on for this site',
};
const notSetUp: ApiError = {
  status: 503,
  type: 'waxseal_error',
  code: 'WAX_EXT_DOMAIN',
  message: 'No service has been chosen',
};

/** Waits for the token, and then serves the page until the document ends. */
export async function startPageService(): Promise<void> {
  const link = await awaitLink();
  const service = new PageService(link);
  link.listen(({ kind }, port) => {
    if (port === undefined) return;
    if (kind === 'fetch') service.serve(port);
    if (kind === 'verify') void service.verify(port);
  });
}
