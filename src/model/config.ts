// The evolution as configuration: one typed value says what a decoder is made of. From the 2017 decoder to Llama 3.2, Qwen, Gemma and
// Falcon, models differ by these values and by nothing else. Names are Meta's.
import { UsageError } from "../errors.ts";
import type { Activation } from "../ops/ops.ts";

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
  /** Scores are scale * (q . k). */
  scale: number;
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
  | ({
      kind: "rope" /** The local layers of the window turn with this theta and no scaling (Gemma 3). */;
      localTheta?: number;
    } & RopeConfig)
  /** A trained vector for each of the maxSeqLen positions (GPT-2). */
  | { kind: "learned" }
  /** Fixed sines and cosines added to the embedding (Vaswani 2017). */
  | { kind: "sinusoidal" }
  /** Distance penalties (Press 2022); the published slopes times `slopeScale`. */
  | { kind: "alibi"; slopeScale?: number };

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

/** @throws UsageError naming the first pair of values that do not go together */
export function checkConfig(config: ModelConfig): ModelConfig {
  const positive = ["dim", "nLayers", "nHeads", "nKvHeads", "headDim", "hiddenDim", "vocabSize", "maxSeqLen"] as const;
  for (const name of positive) {
    const value = config[name];
    if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`config: ${name} is ${value}, expected a whole number above 0`);
  }
  if (config.nHeads % config.nKvHeads !== 0) {
    throw new UsageError(
      `config: nHeads ${config.nHeads} is not a multiple of nKvHeads ${config.nKvHeads}: query heads share key/value heads evenly`,
    );
  }
  const { positions } = config;
  if (positions.kind === "rope") {
    const rotaryDim = positions.rotaryDim ?? config.headDim;
    if (rotaryDim % 2 !== 0 || rotaryDim > config.headDim) {
      throw new UsageError(
        `config: ${rotaryDim} entries of each head should turn, expected an even number up to headDim ${config.headDim}`,
      );
    }
    const { scaling } = positions;
    if (scaling?.kind === "factors" && scaling.factors.length !== rotaryDim / 2) {
      throw new UsageError(`config: ${scaling.factors.length} rope factors, expected one for each of the ${rotaryDim / 2} frequencies`);
    }
  }
  const { window } = config.attention;
  if (window && window.local.length !== config.nLayers) {
    throw new UsageError(`config: the window names ${window.local.length} layers, the model has ${config.nLayers}`);
  }
  return config;
}
