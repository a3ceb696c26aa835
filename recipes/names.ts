// makemore's names with a Transformer. Data: names.txt of https://github.com/karpathy/makemore, 32,033 names; a character a token. Published for makemore's Transformer: a test loss of 1.92 nats a character, the end of a name counted as one.
import { families, type Recipe, type RecipeArguments, sideOf, type TrainingDocument, textFiles } from "cria/recipe";

/** As makemore splits them: by the line, of which 2,539 repeat a name, so one in twelve names that are measured was learned. */
async function* names({ data, onSkipped }: RecipeArguments, signal?: AbortSignal): AsyncGenerator<TrainingDocument> {
  for await (const { text } of textFiles(data, { onSkipped, signal })) {
    for (const [line, name] of text.split("\n").entries()) if (name !== "") yield { content: name, side: sideOf(`${line} ${name}`, 32) };
  }
}

export default (given: RecipeArguments): Recipe => ({
  name: "names",
  documents: (signal) => names(given, signal),
  tokenizer: { train: { vocabSize: 258, split: "gpt2" } },
  model: {
    ...families.llama,
    dim: 64,
    nLayers: 4,
    nHeads: 4,
    nKvHeads: 4,
    headDim: 16,
    hiddenDim: 176,
    maxSeqLen: 1024,
    positions: { kind: "rope", theta: 10_000 },
    tiedEmbeddings: true,
  },
  // About 112 names a step.
  batch: { rows: 4, rowLength: 256 },
  length: { steps: 4000 },
  schedule: { kind: "cosine", peak: 3e-3, least: 1.5e-4, warmup: 100 },
  adamW: { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1 },
  clip: 1,
  validation: { every: 1000, rows: 8, rowLength: 1024 },
  checkpointEvery: 1000,
  samples: ["", "a"],
  seed: 1,
});
