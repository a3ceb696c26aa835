// The evolution as configuration: one typed value says what a decoder is made of. From the 2017 decoder to Llama 3.2, Qwen, Gemma and
// Falcon, models differ by these values and by nothing else. Names are Meta's.
import { FormatError, UsageError } from "../errors.ts";
import type { Activation } from "../ops/ops.ts";
import type { Pooling } from "./heads/pooling.ts";

/** Whose names and conventions a checkpoint follows; the computation depends on the other fields only. */
export type Family =
  | "llama"
  | "mistral"
  | "qwen"
  | "qwen2"
  | "qwen3"
  | "gemma"
  | "gemma2"
  | "gemma3"
  | "gpt2"
  | "bloom"
  | "falcon"
  | "mpt"
  | "gpt-neox";

export interface ModelConfig {
  family: Family;
  dim: number;
  nLayers: number;
  nHeads: number;
  nKvHeads: number;
  headDim: number;
  /** Width inside the feed-forward network. */
  hiddenDim: number;
  vocabSize: number;
  /** Tokens that the model was trained to see. */
  maxSeqLen: number;

  norm: NormConfig;
  residual: Residual;
  attention: AttentionConfig;
  ffn: FfnConfig;
  positions: Positions;

  /** The output matrix is the embedding table. */
  tiedEmbeddings: boolean;
  /** Embeddings are multiplied by it (Gemma: sqrt(dim)). */
  embeddingScale?: number;
  /** A norm right after the embedding (BLOOM). */
  embeddingNorm?: boolean;
  /** Logits become cap * tanh(logits / cap) (Gemma 2). */
  logitSoftcap?: number;
  /** How the model was trained to make one vector of a text. "rank": to judge pairs of texts, by a head that cria does not run. */
  pooling?: Pooling | "rank";
}

export interface NormConfig {
  kind: "rms" | "layer";
  eps: number;
  /** LayerNorm with an offset. */
  bias: boolean;
  /** The mean square is taken over this part of the row (partial RMSNorm). */
  part?: number;
}

/**
 * Where the norms stand. "pre": in front of each half (GPT-2, Llama). "post": after each sum (Vaswani 2017). "parallel": both halves read the
 * same stream, each through its norm (GPT-NeoX, Falcon-40B); "parallel-shared": through one norm (Falcon-7B). "sandwich": before and after
 * each half (Gemma 2).
 */
export type Residual = "pre" | "post" | "parallel" | "parallel-shared" | "sandwich";

export interface AttentionConfig {
  /** Scores are scale * (q . k); headDim^-0.5 by default. */
  scale?: number;
  qkvBias: boolean;
  outputBias: boolean;
  /** RMSNorm on every head of q and k, before they are rotated (Qwen 3, Gemma 3). */
  qkNorm?: boolean;
  softcap?: number;
  /** In the layers marked local, a token sees itself and the `size - 1` tokens before it. */
  window?: { size: number; local: readonly boolean[] };
}

export interface FfnConfig {
  activation: Activation;
  /** w2(act(w1 x) * w3 x) (Shazeer 2020); without a gate, w2(act(w1 x)). */
  gated: boolean;
  bias: boolean;
}

export type Positions =
  | { kind: "none" }
  | RotaryPositions
  /** A trained vector for each of the maxSeqLen positions (GPT-2). */
  | { kind: "learned" }
  /** Fixed sines and cosines added to the embedding (Vaswani 2017). */
  | { kind: "sinusoidal" }
  | AlibiPositions;

export interface RotaryPositions extends RopeConfig {
  kind: "rope";
  /** The local layers of the window turn with this theta and no scaling (Gemma 3). */
  localTheta?: number;
}

/** Distance penalties (Press 2022): slopes scale * 2^(-maxBias i / nHeads). */
export interface AlibiPositions {
  kind: "alibi";
  /** 8 by default, as published. */
  maxBias?: number;
  /** 1 by default. Falcon adds the penalties before it divides scores by sqrt(headDim). */
  slopeScale?: number;
}

export interface RopeConfig {
  theta: number;
  /** Entries of each head that turn; headDim by default. */
  rotaryDim?: number;
  scaling?: RopeScaling;
}

/** How rotary frequencies are stretched for contexts longer than the original one. */
export type RopeScaling =
  | { kind: "linear"; factor: number }
  | { kind: "ntk"; factor: number }
  | { kind: "dynamic"; factor: number; originalMaxSeqLen: number }
  | {
      kind: "yarn";
      factor: number;
      originalMaxSeqLen: number;
      betaFast: number;
      betaSlow: number;
      /** What cosines and sines are multiplied by; 0.1 ln(factor) + 1 by default. */
      attentionFactor?: number;
    }
  | { kind: "llama3"; factor: number; lowFreqFactor: number; highFreqFactor: number; originalMaxSeqLen: number }
  /** Each frequency is divided by its factor (`rope_freqs.weight` of a GGUF). */
  | { kind: "factors"; factors: readonly number[] };

/** The sizes of a model: what differs within a family. */
export type SizeName = "dim" | "nLayers" | "nHeads" | "nKvHeads" | "headDim" | "hiddenDim" | "vocabSize" | "maxSeqLen";

/** Far above anything published, and low enough that nothing allocated from a configuration alone hurts. */
export const sizeLimits: Readonly<Record<SizeName, number>> = {
  dim: 2 ** 18,
  nLayers: 2 ** 14,
  nHeads: 2 ** 14,
  nKvHeads: 2 ** 14,
  headDim: 2 ** 14,
  hiddenDim: 2 ** 22,
  vocabSize: 2 ** 24,
  maxSeqLen: 2 ** 31,
};

/** @throws UsageError naming the first value that cannot be, or the first pair that does not go together */
export function checkConfig(config: ModelConfig): ModelConfig {
  const { dim, nHeads, nKvHeads, headDim, nLayers } = config;
  for (const [name, limit] of Object.entries(sizeLimits)) {
    const value = config[name as SizeName];
    if (!(Number.isInteger(value) && value >= 1 && value <= limit)) {
      throw new UsageError(`config: ${name} is ${value}, expected a whole number from 1 to ${limit}`);
    }
  }
  if (nHeads * headDim > sizeLimits.dim) {
    throw new UsageError(`config: ${nHeads} heads of ${headDim} entries for a dim of ${dim}: at most ${sizeLimits.dim} entries in all`);
  }
  if (nHeads % nKvHeads !== 0) {
    throw new UsageError(`config: nHeads ${nHeads} is not a multiple of nKvHeads ${nKvHeads}: query heads share key/value heads evenly`);
  }
  positive("norm.eps", config.norm.eps, 0);
  positive("attention.scale", config.attention.scale);
  positive("attention.softcap", config.attention.softcap);
  positive("embeddingScale", config.embeddingScale);
  positive("logitSoftcap", config.logitSoftcap);
  if (config.positions.kind === "rope") checkRope(config.positions, headDim);
  if (config.positions.kind === "alibi") {
    positive("positions.maxBias", config.positions.maxBias);
    positive("positions.slopeScale", config.positions.slopeScale);
  }
  const { window } = config.attention;
  if (window && (window.local.length !== nLayers || !(Number.isInteger(window.size) && window.size >= 1))) {
    throw new UsageError(
      `config: a window of ${window.size} tokens over ${window.local.length} layers, expected at least 1 token and ${nLayers} layers`,
    );
  }
  return config;
}

/** {@link checkConfig} for values out of a file: what does not fit is the file's fault. @throws FormatError */
export function checkFileConfig(config: ModelConfig, file: string): ModelConfig {
  try {
    return checkConfig(config);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new FormatError(`${file}: ${cause.message}`, { cause });
  }
}

function checkRope(rope: RotaryPositions, headDim: number): void {
  const rotaryDim = rope.rotaryDim ?? headDim;
  if (!(Number.isInteger(rotaryDim) && rotaryDim >= 2 && rotaryDim % 2 === 0 && rotaryDim <= headDim)) {
    throw new UsageError(`config: ${rotaryDim} entries of each head should turn, expected an even number from 2 to headDim ${headDim}`);
  }
  positive("rope theta", rope.theta);
  positive("rope localTheta", rope.localTheta);
  const { scaling } = rope;
  if (!scaling) return;
  for (const [name, value] of Object.entries(scaling)) if (typeof value === "number") positive(`rope scaling ${name}`, value);
  if (scaling.kind !== "factors") return;
  if (scaling.factors.length !== rotaryDim / 2) {
    throw new UsageError(`config: ${scaling.factors.length} rope factors, expected one for each of the ${rotaryDim / 2} frequencies`);
  }
  for (const factor of scaling.factors) positive("rope factor", factor);
}

/** Refuses what is not a finite number of at least `least`, or above 0 where that is left out. */
function positive(name: string, value: number | undefined, least?: number): void {
  if (value === undefined) return;
  const fits = Number.isFinite(value) && (least === undefined ? value > 0 : value >= least);
  if (!fits)
    throw new UsageError(`config: ${name} is ${value}, expected a finite number ${least === undefined ? "above 0" : `from ${least} on`}`);
}
