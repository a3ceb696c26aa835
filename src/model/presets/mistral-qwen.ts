// Mistral (a window on every layer, in its first version) and Qwen (biases on q, k and v; from 3 on normalised queries and keys instead).
import type { ModelConfig } from "../config.ts";
import { families } from "../families.ts";

const mistral7b = {
  ...families.mistral,
  dim: 4096,
  nLayers: 32,
  nHeads: 32,
  nKvHeads: 8,
  headDim: 128,
  hiddenDim: 14_336,
  vocabSize: 32_000,
  maxSeqLen: 32_768,
  positions: { kind: "rope", theta: 10_000 },
} satisfies ModelConfig;

export const mistral_7b_v0_1 = {
  ...mistral7b,
  attention: { ...mistral7b.attention, window: { size: 4096, local: new Array<boolean>(32).fill(true) } },
} satisfies ModelConfig;
export const mistral_7b_v0_3 = { ...mistral7b, vocabSize: 32_768, positions: { kind: "rope", theta: 1_000_000 } } satisfies ModelConfig;

/** Sequences end at 2,048 tokens: beyond, Qwen 1 changes its frequencies and scores in ways of its own. Unverified. */
export const qwen_7b = {
  ...families.qwen,
  dim: 4096,
  nLayers: 32,
  nHeads: 32,
  nKvHeads: 32,
  headDim: 128,
  hiddenDim: 11_008,
  vocabSize: 151_936,
  maxSeqLen: 2048,
  positions: { kind: "rope", theta: 10_000 },
} satisfies ModelConfig;

// Qwen 1.5, 2 and 2.5 have one architecture

const qwen2 = {
  ...families.qwen2,
  vocabSize: 151_936,
  maxSeqLen: 32_768,
  positions: { kind: "rope", theta: 1_000_000 },
  tiedEmbeddings: true,
} satisfies Partial<ModelConfig>;

/** Unverified. */
export const qwen15_0_5b = {
  ...qwen2,
  dim: 1024,
  nLayers: 24,
  nHeads: 16,
  nKvHeads: 16,
  headDim: 64,
  hiddenDim: 2816,
} satisfies ModelConfig;
export const qwen2_0_5b = {
  ...qwen2,
  dim: 896,
  nLayers: 24,
  nHeads: 14,
  nKvHeads: 2,
  headDim: 64,
  hiddenDim: 4864,
} satisfies ModelConfig;
export const qwen2_1_5b = {
  ...qwen2,
  dim: 1536,
  nLayers: 28,
  nHeads: 12,
  nKvHeads: 2,
  headDim: 128,
  hiddenDim: 8960,
} satisfies ModelConfig;
export const qwen25_3b = {
  ...qwen2,
  dim: 2048,
  nLayers: 36,
  nHeads: 16,
  nKvHeads: 2,
  headDim: 128,
  hiddenDim: 11_008,
} satisfies ModelConfig;
export const qwen2_7b = {
  ...qwen2,
  dim: 3584,
  nLayers: 28,
  nHeads: 28,
  nKvHeads: 4,
  headDim: 128,
  hiddenDim: 18_944,
  vocabSize: 152_064,
  maxSeqLen: 131_072,
  tiedEmbeddings: false,
} satisfies ModelConfig;

// Qwen 3: heads of 128, whatever dim / nHeads is

const qwen3 = {
  ...families.qwen3,
  nKvHeads: 8,
  headDim: 128,
  vocabSize: 151_936,
  maxSeqLen: 40_960,
  positions: { kind: "rope", theta: 1_000_000 },
  tiedEmbeddings: true,
} satisfies Partial<ModelConfig>;

export const qwen3_0_6b = { ...qwen3, dim: 1024, nLayers: 28, nHeads: 16, hiddenDim: 3072 } satisfies ModelConfig;
export const qwen3_1_7b = { ...qwen3, dim: 2048, nLayers: 28, nHeads: 16, hiddenDim: 6144 } satisfies ModelConfig;
export const qwen3_4b = { ...qwen3, dim: 2560, nLayers: 36, nHeads: 32, hiddenDim: 9728 } satisfies ModelConfig;
export const qwen3_8b = { ...qwen3, dim: 4096, nLayers: 36, nHeads: 32, hiddenDim: 12_288, tiedEmbeddings: false } satisfies ModelConfig;
