/**
 * The chats of one model in the engine process: each sealed session has a sequence of the context to itself,
 * and loses it when the session ends or when another one needs the place.
 * @module
 */
import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import type { ChatJob, EngineModel, Generation } from './engine.ts';
import { renderPrompt } from './template.ts';
import { StopText, TokenText } from './text.ts';

interface Place {
  sequence: LlamaContextSequence;
  /** Jobs under way in it: 0 or 1. */
  busy: boolean;
  /** Set when the session ended while a job was under way. */
  released: boolean;
}

/** A full context must refuse, never drop the beginning of a chat to go on. */
const NEVER_SHIFT = {
  size: 1,
  strategy: (): never => {
    throw new RangeError('the context is full');
  },
};

export class LlamaChats {
  readonly #model: LlamaModel;
  readonly #context: LlamaContext;
  readonly #settings: EngineModel;
  /** In order of last use, oldest first. */
  readonly #places = new Map<number, Place>();

  constructor(model: LlamaModel, context: LlamaContext, settings: EngineModel) {
    this.#model = model;
    this.#context = context;
    this.#settings = settings;
  }

  /** Runs one job to its end; the end is reported only when its place is free again. */
  async generate(
    chat: ChatJob,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generation | 'too-long' | 'busy'> {
    const prompt = renderPrompt(this.#settings.template, chat.messages).flatMap(({ text, special }) =>
      this.#model.tokenize(text, special),
    );
    const room = this.#settings.contextTokens - prompt.length;
    if (room < 1) return 'too-long';
    const place = await this.#take(chat.session);
    if (!place) return 'busy';
    place.busy = true;
    try {
      return await this.#run(
        place.sequence,
        prompt,
        { ...chat, maxTokens: Math.min(chat.maxTokens, room) },
        onText,
        signal,
      );
    } finally {
      place.busy = false;
      if (place.released) await this.#drop(chat.session);
    }
  }

  async #run(
    sequence: LlamaContextSequence,
    prompt: Token[],
    chat: ChatJob,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generation> {
    const text = new TokenText<Token>((tokens) => this.#model.detokenize(tokens));
    const stops = new StopText(chat.stop);
    const say = (piece: string) => {
      if (piece !== '') onText(piece);
    };
    let completionTokens = 0;
    let finish: Generation['finish'] = 'stop';
    // All but the last token may be there from the turn before; one must be left to evaluate.
    await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
    const rest = prompt.slice(sequence.nextTokenIndex);
    const { temperature, topP, seed } = chat;
    for await (const token of sequence.evaluate(rest, { temperature, topP, seed })) {
      if (signal.aborted) {
        finish = 'aborted';
        break;
      }
      completionTokens++;
      say(stops.push(text.push(token)));
      if (stops.stopped) break;
      if (completionTokens === chat.maxTokens) {
        finish = 'length';
        break;
      }
    }
    if (finish !== 'aborted') say(stops.push(text.flush()) + stops.flush());
    return { finish, promptTokens: prompt.length, completionTokens };
  }

  /** Forgets a session's state, now or when its job has ended. */
  release(session: number): void {
    const place = this.#places.get(session);
    if (place?.busy) place.released = true;
    else void this.#drop(session);
  }

  async #take(session: number): Promise<Place | null> {
    const own = this.#places.get(session);
    if (own) {
      if (own.busy || own.released) return null;
      this.#places.delete(session);
      this.#places.set(session, own);
      return own;
    }
    // Again after each wait: another session may have taken the place that was made.
    while (this.#context.sequencesLeft === 0) {
      const idle = [...this.#places].find(([, place]) => !place.busy);
      if (!idle) return null;
      await this.#drop(idle[0]);
    }
    const place = {
      sequence: this.#context.getSequence({ contextShift: NEVER_SHIFT }),
      busy: false,
      released: false,
    };
    this.#places.set(session, place);
    return place;
  }

  async #drop(session: number): Promise<void> {
    const place = this.#places.get(session);
    this.#places.delete(session);
    await place?.sequence.dispose();
  }
}
