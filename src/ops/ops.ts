// THE contract: the operations that Llama is made of, as every backend offers them and as the model calls them.
//
// - Synchronous and recording: an op checks shapes, returns a handle and records work; a value exists when `read` resolves.
// - A flat list of tokens: activations are [tokens, dim]. A batch is tokens of several sequences one after the other; who sees
//   whom is said by an AttentionView, so prefill, decode, packed training documents and mixed batches are one case.
// - What varies is a handle (ids, ranges, page tables), what shapes is a number.
// - Weights are another kind: made once, repacked as the backend likes, in any storage type.
// - Each differentiable op has its backward op beside it; `tape.ts` strings them together.
//
// Letters in shapes: H nHeads, K nKvHeads, D headDim, V vocabSize.
import type { StorageType } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";

/** A value somewhere in a backend: float32 activations, or int32 inputs such as ids. */
export interface Tensor {
  readonly shape: Shape;
  readonly dtype: "f32" | "i32";
}

/** A weight somewhere in a backend, in the layout that the backend likes. `shape` and `type` are those it was made from. */
export interface Weight {
  readonly shape: Shape;
  readonly type: StorageType;
}

/** Keys and values of past tokens for every layer, in pages of `pageSize` tokens. Opaque: only its backend looks inside. */
export interface KvCache {
  readonly layout: KvLayout;
}

export interface KvLayout {
  nLayers: number;
  nKvHeads: number;
  headDim: number;
  /** Pages in the pool; a page holds `pageSize` tokens of one sequence, for all layers. */
  pages: number;
  pageSize: number;
}

/**
 * Which keys each token sees: one range a token. Keys are the tokens of the same call, counted along the flat list; or, with a
 * cache, the tokens of the sequence counted by position.
 *
 * Causal: [start of its document, itself + 1). Sliding window of w: [itself - w + 1, itself + 1). Bidirectional: its whole
 * document. Prefix: until max(prefix end, itself + 1). Cross: the range of the other side's tokens. Padding: an empty range, which gives zeros.
 */
export interface AttentionView<T> {
  /** int32 [tokens]: the first key that the token sees. */
  readonly first: T;
  /** int32 [tokens]: one past the last key that it sees. */
  readonly end: T;
  readonly paged?: PagedKeys<T>;
}

/** Keys and values live in a cache: those of this call are stored first, then every token looks at its sequence's pages. */
export interface PagedKeys<T> {
  readonly cache: KvCache;
  /** int32 [tokens]: where each token's key and value go, as page * pageSize + place in the page. */
  readonly slots: T;
  /** int32 [tokens]: the token's row in `pages`. */
  readonly sequence: T;
  /** int32 [sequences, most pages of any]: the page that holds positions [i * pageSize, (i + 1) * pageSize). */
  readonly pages: T;
}

export interface AttentionSpec {
  nHeads: number;
  nKvHeads: number;
  headDim: number;
  /** The score of a query and a key is scale * (q . k). */
  scale: number;
  /** Scores become cap * tanh(score / cap) (Gemma 2). */
  softcap?: number;
  /** ALiBi (Press 2022): minus slope[head] * distance, counted back from the last key that the token sees. */
  alibiSlopes?: readonly number[];
  /** Which layer of the cache, with {@link AttentionView.paged}. */
  layer: number;
}

/** Elementwise functions; `swish` is x * sigmoid(beta x), `silu` is swish with beta 1. */
export type Activation =
  | "identity"
  | "relu"
  | "gelu"
  | "gelu-tanh"
  | "gelu-quick"
  | "sigmoid"
  | "tanh"
  | "silu"
  | { readonly swish: number };

/** The numbers of one step of {@link Ops.adamW}. */
export interface AdamWStep<T> {
  learningRate: number;
  /** How much of the moments stays: of the mean of gradients, and of the mean of their squares. */
  beta1: number;
  beta2: number;
  /** Added to the root of the second moment. */
  eps: number;
  /** What a weight loses besides, as a part of itself and of the learning rate; 0 for none. */
  weightDecay: number;
  /** Which step of this weight it is, from 1 on: moments that began as zeros are corrected by it. */
  step: number;
  /** The gradient is multiplied by it first: 1 / n for the mean of n batches. */
  gradientScale: number;
  /** All gradients of a step are made smaller together until their norm is `most` (Pascanu 2013). `norm` [1] is theirs before `gradientScale`. */
  clip?: { readonly norm: T; readonly most: number };
}

export interface Ops<T extends Tensor, W extends Weight> {
  /** "reference", "wasm", "webgpu": for messages. */
  readonly backend: string;

  // Values in and out

  /** @param shape [values.length] by default */
  input(values: Int32Array | Float32Array, shape?: Shape): T;
  /** The values of `x`, row-major; all work recorded before it is done. */
  read(x: T): Promise<Float32Array>;
  /** @param bytes little-endian, in storage type `type`, row-major; the backend copies or repacks them */
  weight(shape: Shape, type: StorageType, bytes: Uint8Array): W;
  /**
   * The same weight from its bytes as they come, cut anywhere: never whole but in its own place. A piece is not looked at any more when the next one
   * is asked for.
   *
   * @throws whatever `pieces` throws; ShapeError when they are more or fewer bytes than the weight takes
   */
  streamWeight(shape: Shape, type: StorageType, pieces: AsyncIterable<Uint8Array>): Promise<W>;
  /** The weight as float32, row-major. */
  exportWeight(w: W): Promise<Float32Array>;
  kvCache(layout: KvLayout): KvCache;
  /**
   * Page to[i] becomes a copy of page from[i], in every layer: after all work recorded before, and before all that follows. No page is both a source and
   * a target, and no target comes twice.
   */
  copyPages(cache: KvCache, from: readonly number[], to: readonly number[]): void;
  /**
   * Gives back the memory of every tensor that `body` makes, but of those that it returns (alone, or in arrays and records): they belong to the
   * scope around. Wraps a step and, inside it, each layer. A step asks for its values with `read` inside its scope and returns the promises.
   */
  scope<R>(body: () => R): R;
  /** Gives everything back: weights, caches, workers. Idempotent. */
  dispose(): Promise<void>;

  // Rows

  /** y[t] = table[ids[t]]. @param table [V, dim] @param ids int32 [tokens] @returns [tokens, dim] */
  embed(table: W, ids: T): T;
  /** Given dy [tokens, dim]: dtable [V, dim], the sum of the dy of each id. */
  embedBackward(dy: T, table: W, ids: T): T;

  /** y[i] = x[rows[i]]. @param x [tokens, dim] @param rows int32 [n] @returns [n, dim] */
  gather(x: T, rows: T): T;
  /** Given dy [n, dim]: dx [tokens, dim]. */
  gatherBackward(dy: T, rows: T, tokens: number): T;

  /** The same values under another shape. */
  reshape(x: T, shape: Shape): T;

  // Matrices

  /** y[t, o] = sum_i x[t, i] * w[o, i] + bias[o]. @param x [tokens, in] @param w [out, in] @param bias [out] @returns [tokens, out] */
  linear(x: T, w: W, bias?: W): T;
  /** Given dy [tokens, out]: dx[t, i] = sum_o dy[t, o] * w[o, i], through any storage type. */
  linearInputGradient(dy: T, w: W): T;
  /** Given dy [tokens, out] and x [tokens, in]: dw[o, i] = sum_t dy[t, o] * x[t, i]. */
  linearWeightGradient(dy: T, x: T): T;
  /** Given dy [tokens, out]: dbias[o] = sum_t dy[t, o]. */
  biasGradient(dy: T): T;

  // Norms

  /**
   * Root mean square normalisation of each row (Zhang & Sennrich 2019, eq. 4; section 4 for `part`):
   *
   *     y[t, i] = x[t, i] / sqrt(mean_j(x[t, j]^2) + eps) * gain[i]
   *
   * @param x    [tokens, dim]
   * @param gain [dim]
   * @param part the mean is taken over the first ceil(part * dim) entries only (partial RMSNorm); 1 by default
   * @returns    [tokens, dim]
   */
  rmsNorm(x: T, gain: W, eps: number, part?: number): T;
  /** Given dy [tokens, dim]: dx [tokens, dim] and dgain [dim]. */
  rmsNormBackward(dy: T, x: T, gain: W, eps: number, part?: number): { dx: T; dgain: T };

  /** (x - mean) / sqrt(variance + eps) * gain + bias for each row (Ba 2016). @param x [tokens, dim] @param gain [dim] @param bias [dim] */
  layerNorm(x: T, gain: W, bias: W | undefined, eps: number): T;
  /** Given dy [tokens, dim]: dx [tokens, dim], dgain [dim], dbias [dim]. */
  layerNormBackward(dy: T, x: T, gain: W, eps: number): { dx: T; dgain: T; dbias: T };

  // Attention

  /**
   * Rotary position embedding (Su 2021) of every head, in the half-split layout: entry i and entry i + r/2 of a head turn together.
   *
   * @param x        [tokens, heads * D]
   * @param rotation [tokens, r]: cosines of the r/2 angles, then their sines; r <= D, the rest of a head stays as it is
   * @returns        [tokens, heads * D]
   */
  rope(x: T, rotation: T, headDim: number): T;
  /** Given dy [tokens, heads * D]: dx, the rotation back. */
  ropeBackward(dy: T, rotation: T, headDim: number): T;

  /**
   * Softmax attention (Vaswani 2017) with grouped heads (Ainslie 2023): query head h reads key/value head floor(h * K / H).
   * Keys are visited in ascending order; tokens x tokens scores are never formed.
   *
   * @param q    [tokens, H * D]
   * @param k, v [keys, K * D]: without a cache any keys that the view's ranges point into, with one those of the same tokens
   * @returns    [tokens, H * D]
   */
  attend(q: T, k: T, v: T, view: AttentionView<T>, spec: AttentionSpec): T;
  /** Given dy and y [tokens, H * D]: dq, dk, dv. Not through a cache. */
  attendBackward(dy: T, y: T, q: T, k: T, v: T, view: AttentionView<T>, spec: AttentionSpec): { dq: T; dk: T; dv: T };

  // Elementwise

  add(x: T, y: T): T;
  multiply(x: T, y: T): T;
  scale(x: T, factor: number): T;
  activation(kind: Activation, x: T): T;
  activationBackward(kind: Activation, dy: T, x: T): T;
  /** act(gate) * up (Shazeer 2020): SwiGLU with silu, GEGLU with gelu, GLU with sigmoid. */
  gatedActivation(kind: Activation, gate: T, up: T): T;
  gatedActivationBackward(kind: Activation, dy: T, gate: T, up: T): { dgate: T; dup: T };
  /** cap * tanh(x / cap) (Gemma 2). */
  softcap(x: T, cap: number): T;
  softcapBackward(dy: T, x: T, cap: number): T;

  // Loss

  /** y[t] = log softmax(logits[t])[targets[t]], and 0 where the target is negative. @param logits [tokens, V] @param targets int32 [tokens] @returns [tokens] */
  logProbs(logits: T, targets: T): T;
  /** Given dy [tokens]: dlogits [tokens, V]. */
  logProbsBackward(dy: T, logits: T, targets: T): T;

  // Training

  /** The square root of the sum of all squares in all of `xs`. @returns [1] */
  globalNorm(xs: readonly T[]): T;
  /**
   * One step of AdamW (Loshchilov & Hutter 2019, algorithm 2) in the weight's own memory: after all work recorded before, and before all that follows.
   *
   *     g = gradientScale * min(1, clip.most / (gradientScale * clip.norm + 1e-6)) * gradient
   *     m = beta1 * m + (1 - beta1) * g
   *     v = beta2 * v + (1 - beta2) * g^2
   *     w = (1 - learningRate * weightDecay) * w - learningRate * (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + eps)
   *
   * The moments are weights, zeros at first: `exportWeight` and `weight` carry them through a checkpoint without loss.
   *
   * @param w, m, v  F32, of one shape; all three change
   * @param gradient in the same shape
   */
  adamW(w: W, m: W, v: W, gradient: T, step: AdamWStep<T>): void;
}
