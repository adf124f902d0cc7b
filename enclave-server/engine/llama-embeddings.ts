/** Vectors by one model in the engine process, in a context of their own that forgets each text with the next. @module */
import type { LlamaEmbeddingContext, LlamaModel } from 'node-llama-cpp';
import type { Embeddings } from './engine.ts';
import { unitVector } from './vectors.ts';

export class LlamaEmbeddings {
  readonly #model: LlamaModel;
  readonly #context: LlamaEmbeddingContext;
  readonly #mostTokens: number;

  private constructor(model: LlamaModel, context: LlamaEmbeddingContext, mostTokens: number) {
    this.#model = model;
    this.#context = context;
    this.#mostTokens = mostTokens;
  }

  static async open(model: LlamaModel, mostTokens: number, threads: number): Promise<LlamaEmbeddings> {
    // One more than the text, which the library asks for; all of a text is computed in one batch.
    const contextSize = mostTokens + 1;
    const context = await model.createEmbeddingContext({ contextSize, batchSize: contextSize, threads });
    return new LlamaEmbeddings(model, context, mostTokens);
  }

  /** One vector for each text; only those that were made before the signal where that ended it. */
  async embed(inputs: readonly string[], signal: AbortSignal): Promise<Embeddings | 'too-long' | 'format'> {
    // Like in a chat, what people wrote never stands for special tokens.
    const texts = inputs.map((input) => this.#model.tokenize(input, false));
    if (texts.some(({ length }) => length === 0)) return 'format';
    const counts = texts.map((tokens) => this.#context.calculateInputLength(tokens));
    if (counts.some((count) => count > this.#mostTokens)) return 'too-long';
    const vectors: Float32Array[] = [];
    for (const tokens of texts) {
      if (signal.aborted) break;
      const { vector } = await this.#context.getEmbeddingFor(tokens);
      vectors.push(unitVector(vector));
    }
    return { vectors, promptTokens: counts.reduce((sum, count) => sum + count, 0) };
  }
}
