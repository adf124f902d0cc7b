/**
 * The chats of one model in the engine process: each sealed session has a sequence of the context to itself,
 * and loses it when the session ends or when another one needs the place.
 * @module
 */
import {
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  LlamaGrammarEvaluationState,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';
import type { EngineModel, Generation } from './engine.ts';
import type { PlainJob } from './messages.ts';
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

/** Ends an answer by a schema: the grammar allows nothing else after the value, and never inside it. */
const GRAMMAR_END = '\n\n\n\n';

interface Listener {
  /** The grammar of the job is compiled. */
  compiled: () => void;
  text: (text: string) => void;
}

export class LlamaChats {
  readonly #llama: Llama;
  readonly #model: LlamaModel;
  readonly #context: LlamaContext;
  readonly #settings: EngineModel;
  /** In order of last use, oldest first. */
  readonly #places = new Map<number, Place>();
  /** Changes of sequences that wait or are under way, and what answers wait for meanwhile. */
  #changes = 0;
  #still: PromiseWithResolvers<void> | null = null;

  constructor(llama: Llama, model: LlamaModel, context: LlamaContext, settings: EngineModel) {
    this.#llama = llama;
    this.#model = model;
    this.#context = context;
    this.#settings = settings;
  }

  /** Runs one job to its end; the end is reported only when its place is free again. */
  async generate(
    chat: PlainJob,
    listener: Listener,
    signal: AbortSignal,
  ): Promise<Generation | 'too-long' | 'busy' | 'format'> {
    const prompt = renderPrompt(this.#settings.template, chat.messages).flatMap(({ text, special }) =>
      this.#model.tokenize(text, special),
    );
    const room = this.#settings.contextTokens - prompt.length;
    if (room < 1) return 'too-long';
    const grammar = await this.#compile(chat.grammar);
    if (grammar === null) return 'format';
    listener.compiled();
    const place = await this.#take(chat.session);
    if (!place) return 'busy';
    place.busy = true;
    try {
      return await this.#run(
        place.sequence,
        prompt,
        { ...chat, maxTokens: Math.min(chat.maxTokens, room) },
        grammar,
        listener.text,
        signal,
      );
    } finally {
      place.busy = false;
      if (place.released) await this.#drop(chat.session);
    }
  }

  /** The state that a grammar begins in; undefined without one, null where llama.cpp cannot make it. */
  async #compile(grammar: PlainJob['grammar']): Promise<LlamaGrammarEvaluationState | undefined | null> {
    if (grammar === null) return undefined;
    try {
      const compiled =
        grammar === 'json'
          ? await this.#llama.getGrammarFor('json')
          : await this.#llama.createGrammarForJsonSchema(grammar as object as { type: 'null' });
      return new LlamaGrammarEvaluationState({ model: this.#model, grammar: compiled });
    } catch {
      return null;
    }
  }

  async #run(
    sequence: LlamaContextSequence,
    prompt: Token[],
    chat: PlainJob,
    grammarEvaluationState: LlamaGrammarEvaluationState | undefined,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generation> {
    const text = new TokenText<Token>((tokens) => this.#model.detokenize(tokens));
    const stops = new StopText(grammarEvaluationState ? [...chat.stop, GRAMMAR_END] : chat.stop);
    const say = (piece: string) => {
      if (piece !== '') onText(piece);
    };
    let completionTokens = 0;
    let finish: Generation['finish'] = 'stop';
    // All but the last token may be there from the turn before; one must be left to evaluate.
    await this.#change(() => sequence.adaptStateToTokens(prompt.slice(0, -1), false));
    const rest = prompt.slice(sequence.nextTokenIndex);
    const { temperature, topP, seed } = chat;
    const sampling = { temperature, topP, seed, ...(grammarEvaluationState && { grammarEvaluationState }) };
    for await (const token of sequence.evaluate(rest, sampling)) {
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
      await this.#still?.promise;
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
    if (place) await this.#change(() => place.sequence.dispose());
  }

  /**
   * Changes a sequence. The library lets that wait for as long as any answer has a next token to compute, which
   * with a few of them is until all are finished: so they hold still for it, after the token that they are at.
   */
  async #change(change: () => Promise<void>): Promise<void> {
    this.#changes++;
    this.#still ??= Promise.withResolvers();
    try {
      await change();
    } finally {
      this.#changes--;
      if (this.#changes === 0) {
        this.#still?.resolve();
        this.#still = null;
      }
    }
  }
}
