// Texts as vectors, for search and comparison: pooled, cut, normalised.
import { UnsupportedError, UsageError } from "../errors.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Pooling } from "../model/heads/pooling.ts";
import type { Engine } from "./engine.ts";
import { ContextLengthError } from "./generate.ts";
import { checkOptionNames } from "./option-names.ts";

export interface EmbedOptions {
  /** Which hidden states of a text make its vector; what the file says by default, and "mean" where it says nothing. */
  pooling?: Pooling;
  /** Length 1, so that a dot product is a cosine; true by default. */
  normalize?: boolean;
  /** Only so many of the first entries, for models that were trained to put what matters there (Matryoshka: Kusupati 2022). Cut, then normalised. */
  dimensions?: number;
  signal?: AbortSignal;
}

export interface Embeddings {
  /** In the order of the texts: [dimensions, or dim] each. */
  readonly embeddings: Float32Array[];
  /** Of all texts together, with those that the tokenizer puts around a text. */
  readonly promptTokens: number;
}

const optionNames: Record<keyof EmbedOptions, true> = { pooling: true, normalize: true, dimensions: true, signal: true };
const poolings: Record<Pooling, true> = { mean: true, cls: true, last: true };

/** Texts of one call that wait in the engine: enough to fill its steps with short ones, few enough that other requests are not behind thousands. */
const AT_ONCE = 32;

/**
 * @param texts as ids
 * @throws UsageError before anything runs, for options out of range and for a text without tokens, or with more than the context holds; the signal's
 *   reason when aborted
 */
export async function embed(engine: Engine, texts: readonly (readonly number[])[], options: EmbedOptions = {}): Promise<Embeddings> {
  checkOptionNames(options, optionNames);
  const { normalize = true, signal } = options;
  const pooling = poolingOf(engine.config, options.pooling);
  const dimensions = checkDimensions(engine.config, options.dimensions);
  texts.forEach((ids, i) => {
    checkLength(ids.length, engine.contextLength, texts.length === 1 ? "the text" : `text ${i + 1} of ${texts.length}`);
  });
  signal?.throwIfAborted();

  const embeddings = new Array<Float32Array>(texts.length);
  const queue = inOrder(texts);
  const lane = async (): Promise<void> => {
    // A loop that is left by an error ends the generator, and so every other lane after the text that it is at.
    for (const [i, ids] of queue) {
      const vector = (await engine.embed(ids, pooling, signal)).subarray(0, dimensions);
      embeddings[i] = normalize ? normalized(vector) : vector.slice();
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, texts.length) }, lane));
  return { embeddings, promptTokens: texts.reduce((sum, { length }) => sum + length, 0) };
}

function* inOrder<T>(items: readonly T[]): Generator<[number, T]> {
  yield* items.entries();
}

/** What a text of this model is pooled by. */
export function poolingOf({ pooling }: ModelConfig, asked: Pooling | undefined): Pooling {
  if (asked !== undefined && !Object.hasOwn(poolings, asked)) {
    throw new UsageError(`pooling is ${JSON.stringify(asked)}, expected "mean", "cls" or "last"`);
  }
  const chosen = asked ?? pooling ?? "mean";
  if (chosen === "rank") {
    throw new UnsupportedError(
      'this model was trained to rank pairs of texts, which cria does not do: ask for its hidden states with pooling "mean", "cls" or "last"',
    );
  }
  return chosen;
}

function checkDimensions({ dim }: ModelConfig, dimensions: number = dim): number {
  if (Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= dim) return dimensions;
  throw new UsageError(`dimensions is ${dimensions}, expected a whole number from 1 to ${dim}, the width of the model`);
}

function checkLength(length: number, contextLength: number, what: string): void {
  if (length === 0) throw new UsageError(`${what} is empty: give at least one token`);
  if (length > contextLength) {
    throw new ContextLengthError(
      `${what} has ${length} tokens, the context holds ${contextLength}: shorten it, cut it into several, or raise contextLength (--ctx)`,
    );
  }
}

/** To length 1, summed in float64; zeros stay zeros. */
function normalized(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return norm > 0 ? vector.map((x) => x / norm) : vector.slice();
}
