// The Llama family, and models with its architecture and nothing else. Sources: Meta's model cards and papers, litgpt's and torchtune's configurations.
import type { ModelConfig, RopeScaling } from "../config.ts";
import { families } from "../families.ts";
import { ffnWidth } from "../ffn-width.ts";

// LLaMA (Touvron 2023): RMSNorm 1e-6, 2,048 tokens of context

const llama1 = {
  ...families.llama,
  norm: { kind: "rms", eps: 1e-6, bias: false },
  headDim: 128,
  vocabSize: 32_000,
  maxSeqLen: 2048,
  positions: { kind: "rope", theta: 10_000 },
} satisfies Partial<ModelConfig>;

export const llama_7b = {
  ...llama1,
  dim: 4096,
  nLayers: 32,
  nHeads: 32,
  nKvHeads: 32,
  hiddenDim: ffnWidth(4096, 256),
} satisfies ModelConfig;
export const llama_13b = {
  ...llama1,
  dim: 5120,
  nLayers: 40,
  nHeads: 40,
  nKvHeads: 40,
  hiddenDim: ffnWidth(5120, 256),
} satisfies ModelConfig;
/** Also called 30B. */
export const llama_33b = {
  ...llama1,
  dim: 6656,
  nLayers: 60,
  nHeads: 52,
  nKvHeads: 52,
  hiddenDim: ffnWidth(6656, 256),
} satisfies ModelConfig;
export const llama_65b = {
  ...llama1,
  dim: 8192,
  nLayers: 80,
  nHeads: 64,
  nKvHeads: 64,
  hiddenDim: ffnWidth(8192, 256),
} satisfies ModelConfig;

// Llama 2: RMSNorm 1e-5, 4,096 tokens, grouped queries from 34B on

const llama2 = { ...llama1, norm: families.llama.norm, maxSeqLen: 4096 } satisfies Partial<ModelConfig>;

export const llama2_7b = {
  ...llama2,
  dim: 4096,
  nLayers: 32,
  nHeads: 32,
  nKvHeads: 32,
  hiddenDim: ffnWidth(4096, 256),
} satisfies ModelConfig;
export const llama2_13b = {
  ...llama2,
  dim: 5120,
  nLayers: 40,
  nHeads: 40,
  nKvHeads: 40,
  hiddenDim: ffnWidth(5120, 256),
} satisfies ModelConfig;
/** Never released; the sizes are those of CodeLlama 34B. */
export const llama2_34b = {
  ...llama2,
  dim: 8192,
  nLayers: 48,
  nHeads: 64,
  nKvHeads: 8,
  hiddenDim: ffnWidth(8192, 256),
} satisfies ModelConfig;
export const llama2_70b = {
  ...llama2,
  dim: 8192,
  nLayers: 80,
  nHeads: 64,
  nKvHeads: 8,
  hiddenDim: ffnWidth(8192, 4096, 1.3),
} satisfies ModelConfig;

// CodeLlama: Llama 2, trained on at theta 1e6 and 16,384 tokens, with 16 tokens more for infilling in some sizes

const codeLlama = { maxSeqLen: 16_384, positions: { kind: "rope", theta: 1_000_000 } } satisfies Partial<ModelConfig>;

export const codellama_7b = { ...llama2_7b, ...codeLlama, vocabSize: 32_016 } satisfies ModelConfig;
export const codellama_13b = { ...llama2_13b, ...codeLlama, vocabSize: 32_016 } satisfies ModelConfig;
export const codellama_34b = { ...llama2_34b, ...codeLlama } satisfies ModelConfig;
export const codellama_70b = { ...llama2_70b, ...codeLlama, vocabSize: 32_016 } satisfies ModelConfig;

// Llama 3: 128,256 tokens of vocabulary, theta 5e5; from 3.1 on with frequencies stretched for 131,072 tokens

const llama3 = {
  ...families.llama,
  headDim: 128,
  nKvHeads: 8,
  vocabSize: 128_256,
  maxSeqLen: 8192,
  positions: { kind: "rope", theta: 500_000 },
} satisfies Partial<ModelConfig>;

const stretched = (factor: number): Pick<ModelConfig, "maxSeqLen" | "positions"> => {
  const scaling: RopeScaling = { kind: "llama3", factor, lowFreqFactor: 1, highFreqFactor: 4, originalMaxSeqLen: 8192 };
  return { maxSeqLen: 131_072, positions: { kind: "rope", theta: 500_000, scaling } };
};

export const llama3_8b = { ...llama3, dim: 4096, nLayers: 32, nHeads: 32, hiddenDim: ffnWidth(4096, 1024, 1.3) } satisfies ModelConfig;
export const llama3_70b = { ...llama3, dim: 8192, nLayers: 80, nHeads: 64, hiddenDim: ffnWidth(8192, 4096, 1.3) } satisfies ModelConfig;

export const llama31_8b = { ...llama3_8b, ...stretched(8) } satisfies ModelConfig;
export const llama31_70b = { ...llama3_70b, ...stretched(8) } satisfies ModelConfig;
export const llama31_405b = {
  ...llama3,
  ...stretched(8),
  dim: 16_384,
  nLayers: 126,
  nHeads: 128,
  hiddenDim: ffnWidth(16_384, 4096, 1.2),
} satisfies ModelConfig;
export const llama33_70b = llama31_70b;

export const llama32_1b = {
  ...llama3,
  ...stretched(32),
  dim: 2048,
  nLayers: 16,
  nHeads: 32,
  headDim: 64,
  hiddenDim: ffnWidth(2048, 256, 1.5),
  tiedEmbeddings: true,
} satisfies ModelConfig;
export const llama32_3b = {
  ...llama3,
  ...stretched(32),
  dim: 3072,
  nLayers: 28,
  nHeads: 24,
  hiddenDim: ffnWidth(3072, 256),
  tiedEmbeddings: true,
} satisfies ModelConfig;

// Others with this architecture

/** eps 1e-6, heads of 100. */
export const openllama_3b = {
  ...llama1,
  dim: 3200,
  nLayers: 26,
  nHeads: 32,
  nKvHeads: 32,
  headDim: 100,
  hiddenDim: 8640,
} satisfies ModelConfig;

export const tinyllama_1_1b = {
  ...llama2,
  dim: 2048,
  nLayers: 22,
  nHeads: 32,
  nKvHeads: 4,
  headDim: 64,
  hiddenDim: 5632,
  maxSeqLen: 2048,
} satisfies ModelConfig;

const smolLm2 = {
  ...families.llama,
  headDim: 64,
  vocabSize: 49_152,
  maxSeqLen: 8192,
  positions: { kind: "rope", theta: 100_000 },
  tiedEmbeddings: true,
} satisfies Partial<ModelConfig>;

export const smollm2_135m = { ...smolLm2, dim: 576, nLayers: 30, nHeads: 9, nKvHeads: 3, hiddenDim: 1536 } satisfies ModelConfig;
export const smollm2_360m = { ...smolLm2, dim: 960, nLayers: 32, nHeads: 15, nKvHeads: 5, hiddenDim: 2560 } satisfies ModelConfig;
export const smollm2_1_7b = {
  ...smolLm2,
  dim: 2048,
  nLayers: 24,
  nHeads: 32,
  nKvHeads: 32,
  hiddenDim: 8192,
  positions: { kind: "rope", theta: 130_000 },
} satisfies ModelConfig;
