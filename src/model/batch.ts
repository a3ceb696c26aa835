// From sequences to the flat list of tokens that the model runs on: ids, positions, rotations, and which keys each token sees.
import { UsageError } from "../errors.ts";
import type { AttentionView, KvCache, Ops, PagedKeys, Tensor, Weight } from "../ops/ops.ts";
import type { ModelConfig } from "./config.ts";
import { ropeRotation } from "./rope.ts";
import { sinusoid } from "./sinusoid.ts";

/** The next tokens of one sequence. */
export interface SequenceChunk {
  ids: ArrayLike<number>;
  /** Position of the first of them: how many tokens of the sequence the cache already holds. 0 without a cache. */
  start: number;
  /** Tokens of the prompt that the sequence began with; start + ids.length by default. Dynamic NTK turns by them, and a token beyond by its own place. */
  promptLength?: number;
  /** With a cache: the pages that hold positions [i * pageSize, (i + 1) * pageSize) of this sequence, up to its new end. */
  pages?: readonly number[];
}

/** What one run of the model looks at; the layers only pick from it. */
export interface Batch<T> {
  readonly ids: T; // int32 [tokens]
  readonly positions: T; // int32 [tokens]
  /** Position vectors to add to the embeddings, where the model has fixed ones: [tokens, dim]. */
  readonly sinusoid?: T;
  readonly global: LayerInputs<T>;
  /** For the layers with a sliding window. */
  readonly local: LayerInputs<T>;
}

export interface LayerInputs<T> {
  readonly view: AttentionView<T>;
  /** [tokens, rotaryDim], for the op `rope`. */
  readonly rotation?: T;
}

/**
 * What can be said of tokens before they run.
 *
 * @param start position of the first
 * @throws UsageError for an id outside the vocabulary, or a position that the model has not learned
 */
export function checkTokens({ positions, vocabSize, maxSeqLen }: ModelConfig, ids: ArrayLike<number>, start: number): void {
  const length = start + ids.length;
  if (positions.kind === "learned" && length > maxSeqLen) {
    throw new UsageError(`a sequence of ${length} tokens: the model has learned ${maxSeqLen} positions, and none beyond`);
  }
  for (let i = 0; i < ids.length; i++) {
    if (Number.isInteger(ids[i]) && ids[i] >= 0 && ids[i] < vocabSize) continue;
    throw new UsageError(`token id ${ids[i]} is outside the vocabulary, expected a whole number from 0 to ${vocabSize - 1}`);
  }
}

/**
 * Lays sequences one after the other. Every token sees its own sequence up to itself, within the window where a layer has one.
 *
 * @throws UsageError for an id outside the vocabulary, a position that the model has not learned, or an empty batch
 */
export function buildBatch<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  chunks: readonly SequenceChunk[],
  cache?: KvCache,
): Batch<T> {
  const tokens = chunks.reduce((sum, chunk) => sum + chunk.ids.length, 0);
  if (tokens === 0) throw new UsageError("there are no tokens to run: give at least one");
  const ids = new Int32Array(tokens);
  const positions = new Int32Array(tokens);
  const lengths = new Int32Array(tokens); // of the token's sequence when it ran
  const origins = new Int32Array(tokens); // index of the key at position 0 of the token's sequence

  let t = 0;
  for (const chunk of chunks) {
    checkTokens(config, chunk.ids, chunk.start);
    const origin = cache ? 0 : t;
    const { promptLength = chunk.start + chunk.ids.length } = chunk;
    for (let i = 0; i < chunk.ids.length; i++, t++) {
      ids[t] = chunk.ids[i];
      positions[t] = chunk.start + i;
      lengths[t] = Math.max(promptLength, positions[t] + 1);
      origins[t] = origin;
    }
  }

  const paged = cache && pagedKeys(ops, cache, chunks, positions);
  const end = ops.input(positions.map((position, i) => origins[i] + position + 1));
  const layerInputs = (window: number, theta: number | undefined): LayerInputs<T> => ({
    view: { first: ops.input(positions.map((position, i) => origins[i] + Math.max(0, position - window + 1))), end, paged },
    rotation: rotation(ops, config, theta, positions, lengths),
  });
  const localTheta = config.positions.kind === "rope" ? config.positions.localTheta : undefined;
  const global = layerInputs(Number.POSITIVE_INFINITY, undefined);
  const { window } = config.attention;
  return {
    ids: ops.input(ids),
    positions: ops.input(positions),
    sinusoid:
      config.positions.kind === "sinusoidal"
        ? ops.input(Float32Array.from(sinusoid(positions, config.dim)), [tokens, config.dim])
        : undefined,
    global,
    local: window ? layerInputs(window.size, localTheta) : global,
  };
}

/** @param localTheta replaces the configured theta and its scaling */
function rotation<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  localTheta: number | undefined,
  positions: Int32Array,
  lengths: Int32Array,
): T | undefined {
  if (config.positions.kind !== "rope") return undefined;
  const rotaryDim = config.positions.rotaryDim ?? config.headDim;
  const rope = localTheta === undefined ? config.positions : { theta: localTheta };
  return ops.input(ropeRotation(rope, rotaryDim, positions, lengths), [positions.length, rotaryDim]);
}

function pagedKeys<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  cache: KvCache,
  chunks: readonly SequenceChunk[],
  positions: Int32Array,
): PagedKeys<T> {
  const { pageSize } = cache.layout;
  const mostPages = Math.max(...chunks.map((chunk) => chunk.pages?.length ?? 0));
  const pages = new Int32Array(chunks.length * mostPages);
  const sequence = new Int32Array(positions.length);
  const slots = new Int32Array(positions.length);
  let t = 0;
  chunks.forEach((chunk, row) => {
    pages.set(chunk.pages ?? [], row * mostPages);
    for (let i = 0; i < chunk.ids.length; i++, t++) {
      sequence[t] = row;
      slots[t] = pages[row * mostPages + Math.floor(positions[t] / pageSize)] * pageSize + (positions[t] % pageSize);
    }
  });
  return { cache, slots: ops.input(slots), sequence: ops.input(sequence), pages: ops.input(pages, [chunks.length, mostPages]) };
}
