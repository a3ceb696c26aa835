// nanoGPT's character model of Shakespeare, in the size that it gives for a CPU: a GPT-2 of 0.8 million parameters. Data: input.txt of
// https://github.com/karpathy/char-rnn (data/tinyshakespeare). Published: a validation loss of 1.88 nats a character.
import { families, type Recipe, type RecipeArguments, type TrainingDocument, textFiles } from "cria/recipe";

/** The last tenth of the one text is kept to measure with. */
async function* nineTenths({ data, onSkipped }: RecipeArguments, signal?: AbortSignal): AsyncGenerator<TrainingDocument> {
  for await (const { text } of textFiles(data, { onSkipped, signal })) {
    const end = Math.floor(0.9 * text.length);
    yield { content: text.slice(0, end), side: "train" };
    yield { content: text.slice(end), side: "val" };
  }
}

export default (given: RecipeArguments): Recipe => ({
  name: "shakespeare-char",
  documents: (signal) => nineTenths(given, signal),
  // 256 bytes and two marks, and nothing learned: the text is ASCII, so a token is a character.
  tokenizer: { train: { vocabSize: 258, split: "gpt2" } },
  model: {
    ...families.gpt2,
    dim: 128,
    nLayers: 4,
    nHeads: 4,
    nKvHeads: 4,
    headDim: 32,
    hiddenDim: 512,
    maxSeqLen: 64,
    positions: { kind: "learned" },
  },
  batch: { rows: 12, rowLength: 64 },
  length: { steps: 2000 },
  schedule: { kind: "cosine", peak: 1e-3, least: 1e-4, warmup: 100 },
  adamW: { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1 },
  clip: 1,
  validation: { every: 250, rows: 1700, rowLength: 64 },
  checkpointEvery: 250,
  samples: ["\n"],
  seed: 1337,
});
