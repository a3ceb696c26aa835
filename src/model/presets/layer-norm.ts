// Decoders with LayerNorm: GPT-2, Pythia (GPT-NeoX), Falcon, BLOOM, MPT. All are four times as wide inside the feed-forward network.
import type { ModelConfig } from "../config.ts";
import { families } from "../families.ts";

const gpt2Like = {
  ...families.gpt2,
  headDim: 64,
  vocabSize: 50_257,
  maxSeqLen: 1024,
  positions: { kind: "learned" },
} satisfies Partial<ModelConfig>;

export const gpt2 = { ...gpt2Like, dim: 768, nLayers: 12, nHeads: 12, nKvHeads: 12, hiddenDim: 3072 } satisfies ModelConfig;
export const gpt2_medium = { ...gpt2Like, dim: 1024, nLayers: 24, nHeads: 16, nKvHeads: 16, hiddenDim: 4096 } satisfies ModelConfig;
export const gpt2_large = { ...gpt2Like, dim: 1280, nLayers: 36, nHeads: 20, nKvHeads: 20, hiddenDim: 5120 } satisfies ModelConfig;
export const gpt2_xl = { ...gpt2Like, dim: 1600, nLayers: 48, nHeads: 25, nKvHeads: 25, hiddenDim: 6400 } satisfies ModelConfig;

/** A quarter of each head turns. */
export const pythia_14m = {
  ...families["gpt-neox"],
  dim: 128,
  nLayers: 6,
  nHeads: 4,
  nKvHeads: 4,
  headDim: 32,
  hiddenDim: 512,
  vocabSize: 50_304,
  maxSeqLen: 512,
  positions: { kind: "rope", theta: 10_000, rotaryDim: 8 },
} satisfies ModelConfig;
export const pythia_70m = {
  ...pythia_14m,
  dim: 512,
  nHeads: 8,
  nKvHeads: 8,
  headDim: 64,
  hiddenDim: 2048,
  maxSeqLen: 2048,
  positions: { kind: "rope", theta: 10_000, rotaryDim: 16 },
} satisfies ModelConfig;

/** One key/value head; both halves read the stream through one norm. */
export const falcon_7b = {
  ...families.falcon,
  dim: 4544,
  nLayers: 32,
  nHeads: 71,
  nKvHeads: 1,
  headDim: 64,
  hiddenDim: 18_176,
  vocabSize: 65_024,
  maxSeqLen: 2048,
  positions: { kind: "rope", theta: 10_000 },
} satisfies ModelConfig;
/** Eight key/value heads; two parallel norms. */
export const falcon_40b = {
  ...falcon_7b,
  residual: "parallel",
  dim: 8192,
  nLayers: 60,
  nHeads: 128,
  nKvHeads: 8,
  hiddenDim: 32_768,
} satisfies ModelConfig;

export const bloom_176b = {
  ...families.bloom,
  dim: 14_336,
  nLayers: 70,
  nHeads: 112,
  nKvHeads: 112,
  headDim: 128,
  hiddenDim: 57_344,
  vocabSize: 250_880,
  maxSeqLen: 2048,
  positions: { kind: "alibi" },
} satisfies ModelConfig;

export const mpt_7b = {
  ...families.mpt,
  dim: 4096,
  nLayers: 32,
  nHeads: 32,
  nKvHeads: 32,
  headDim: 128,
  hiddenDim: 16_384,
  vocabSize: 50_368,
  maxSeqLen: 2048,
  positions: { kind: "alibi" },
} satisfies ModelConfig;
