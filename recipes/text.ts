// The recipe for a folder of texts: a small Llama, and a tokenizer of its own.
import { families, type Recipe, type RecipeArguments, textDocuments } from "cria/recipe";

export default ({ data, onSkipped }: RecipeArguments): Recipe => ({
  name: "text",
  documents: (signal) => textDocuments(data, { onSkipped, signal }),
  tokenizer: { train: { vocabSize: 4096 } },
  model: {
    ...families.llama,
    dim: 192,
    nLayers: 6,
    nHeads: 6,
    nKvHeads: 3,
    headDim: 32,
    hiddenDim: 512,
    maxSeqLen: 256,
    positions: { kind: "rope", theta: 10_000 },
    tiedEmbeddings: true,
  },
  batch: { rows: 16, rowLength: 256 },
  length: { epochs: 2 },
  schedule: { kind: "cosine", peak: 2e-3, least: 2e-4, warmup: 100 },
  adamW: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
  clip: 1,
  validation: { every: 100, rows: 96, rowLength: 256 },
  checkpointEvery: 100,
  samples: ["The"],
  seed: 1,
});
