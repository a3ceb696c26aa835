// Gemma: heads of 256, large vocabularies, embeddings times sqrt(dim). RMSNorm's eps is 1e-6 as in torchtune and in the published files.
import type { ModelConfig } from "../config.ts";
import { evenLocal, everyNthGlobal, families } from "../families.ts";

export const gemma_2b = {
  ...families.gemma,
  dim: 2048,
  nLayers: 18,
  nHeads: 8,
  nKvHeads: 1,
  headDim: 256,
  hiddenDim: 16_384,
  vocabSize: 256_000,
  maxSeqLen: 8192,
  embeddingScale: Math.sqrt(2048),
  positions: { kind: "rope", theta: 10_000 },
} satisfies ModelConfig;

/** A window on every other layer, soft caps on scores and logits. */
export const gemma2_2b = {
  ...families.gemma2,
  dim: 2304,
  nLayers: 26,
  nHeads: 8,
  nKvHeads: 4,
  headDim: 256,
  hiddenDim: 9216,
  vocabSize: 256_000,
  maxSeqLen: 8192,
  attention: { ...families.gemma2.attention, scale: 256 ** -0.5, softcap: 50, window: { size: 4096, local: evenLocal(26) } },
  embeddingScale: Math.sqrt(2304),
  logitSoftcap: 30,
  positions: { kind: "rope", theta: 10_000 },
} satisfies ModelConfig;

/** Five local layers to one global, each kind with its own theta. */
export const gemma3_1b = {
  ...families.gemma3,
  dim: 1152,
  nLayers: 26,
  nHeads: 4,
  nKvHeads: 1,
  headDim: 256,
  hiddenDim: 6912,
  vocabSize: 262_144,
  maxSeqLen: 32_768,
  attention: { ...families.gemma3.attention, scale: 256 ** -0.5, window: { size: 512, local: everyNthGlobal(26, 6) } },
  embeddingScale: Math.sqrt(1152),
  positions: { kind: "rope", theta: 1_000_000, localTheta: 10_000 },
} satisfies ModelConfig;
