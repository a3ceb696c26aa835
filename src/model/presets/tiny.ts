// Models that run on every backend in well under a second: one for each way of building a decoder, in sizes that are no multiples of each other.
import type { ModelConfig, SizeName } from "../config.ts";
import { evenLocal, families } from "../families.ts";

const sizes = {
  dim: 48,
  nLayers: 2,
  nHeads: 4,
  nKvHeads: 4,
  headDim: 12,
  hiddenDim: 80,
  vocabSize: 96,
  maxSeqLen: 64,
} satisfies Pick<ModelConfig, SizeName>;

const rope = { kind: "rope", theta: 10_000 } as const;

/** As Llama 3.2: grouped queries, stretched frequencies, tied embeddings. */
export const tiny_llama = {
  ...families.llama,
  ...sizes,
  nKvHeads: 2,
  positions: {
    kind: "rope",
    theta: 500_000,
    scaling: { kind: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxSeqLen: 16 },
  },
  tiedEmbeddings: true,
} satisfies ModelConfig;

export const tiny_mistral = {
  ...families.mistral,
  ...sizes,
  nKvHeads: 2,
  attention: { ...families.mistral.attention, window: { size: 8, local: [true, true] } },
  positions: rope,
} satisfies ModelConfig;

export const tiny_qwen2 = { ...families.qwen2, ...sizes, nKvHeads: 1, positions: rope } satisfies ModelConfig;
export const tiny_qwen3 = { ...families.qwen3, ...sizes, nKvHeads: 2, headDim: 16, positions: rope } satisfies ModelConfig;

export const tiny_gemma2 = {
  ...families.gemma2,
  ...sizes,
  nKvHeads: 2,
  headDim: 16,
  attention: { ...families.gemma2.attention, softcap: 50, window: { size: 8, local: evenLocal(2) } },
  embeddingScale: Math.sqrt(48),
  logitSoftcap: 30,
  positions: rope,
} satisfies ModelConfig;

export const tiny_gemma3 = {
  ...families.gemma3,
  ...sizes,
  nKvHeads: 1,
  headDim: 16,
  attention: { ...families.gemma3.attention, window: { size: 8, local: evenLocal(2) } },
  embeddingScale: Math.sqrt(48),
  positions: { kind: "rope", theta: 1_000_000, localTheta: 10_000 },
} satisfies ModelConfig;

/** The decoder of 2017 (Vaswani), without the encoder that it looked at: norms after the sums, sines and cosines, ReLU. */
export const tiny_2017 = {
  ...families.gpt2,
  ...sizes,
  residual: "post",
  ffn: { activation: "relu", gated: false, bias: true },
  embeddingScale: Math.sqrt(48),
  positions: { kind: "sinusoidal" },
} satisfies ModelConfig;

export const tiny_gpt2 = { ...families.gpt2, ...sizes, positions: { kind: "learned" } } satisfies ModelConfig;
export const tiny_bloom = { ...families.bloom, ...sizes, positions: { kind: "alibi" } } satisfies ModelConfig;
export const tiny_falcon = { ...families.falcon, ...sizes, nKvHeads: 1, positions: rope } satisfies ModelConfig;
export const tiny_mpt = { ...families.mpt, ...sizes, positions: { kind: "alibi" } } satisfies ModelConfig;
export const tiny_neox = { ...families["gpt-neox"], ...sizes, positions: { ...rope, rotaryDim: 4 } } satisfies ModelConfig;
