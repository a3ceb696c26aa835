// The model that comes with cria: a story for a prompt. Data: the .md files of https://github.com/erikhyrkas/snakes, 11,818 prompts with a story each in simple English,
// 35 MB, written by Llama 3.1. Every 50th prompt is kept to measure with.
import { families, type Recipe, type RecipeArguments, sideOf, type TrainingDocument, textFiles } from "cria/recipe";

/** Llama 3's words around messages. The model has learned single answers: of a longer conversation it sees the last message, and each story has the whole context. */
const chatTemplate = `{{- bos_token }}
{%- for message in (messages[-1:] if add_generation_prompt else messages) %}
{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}`;

/** A file is a list of `prompt<start>story<end>`. */
async function* conversations({ data, onSkipped }: RecipeArguments, signal?: AbortSignal): AsyncGenerator<TrainingDocument> {
  for await (const { text } of textFiles(data, { onSkipped, signal })) {
    for (const pair of text.split("<end>")) {
      const [prompt, story] = pair.split("<start>").map((part) => part.trim());
      if (!prompt || !story) continue;
      const content = [
        { role: "user", content: prompt },
        { role: "assistant", content: story },
      ];
      yield { content, side: sideOf(prompt, 50) };
    }
  }
}

export default (given: RecipeArguments): Recipe => ({
  name: "llama-cria-stories",
  documents: (signal) => conversations(given, signal),
  tokenizer: {
    train: { vocabSize: 4096, split: "llama3", special: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"] },
    chatTemplate,
  },
  // 3.2 million parameters, as Llama 3 is built.
  model: {
    ...families.llama,
    dim: 192,
    nLayers: 6,
    nHeads: 6,
    nKvHeads: 3,
    headDim: 32,
    hiddenDim: 512,
    maxSeqLen: 1024,
    positions: { kind: "rope", theta: 10_000 },
    tiedEmbeddings: true,
  },
  // Stories have 770 tokens: most is learned from rows of 256, the last fifth sees them whole.
  batch: { rows: 16, rowLength: 256, longRows: { rowLength: 1024, from: 0.8 } },
  length: { epochs: 2 },
  schedule: { kind: "cosine", peak: 2e-3, least: 2e-4, warmup: 200 },
  adamW: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 },
  clip: 1,
  validation: { every: 100, rows: 96, rowLength: 256 },
  checkpointEvery: 100,
  samples: [[{ role: "user", content: "Tell me a story about a brown dog." }]],
  seed: 1,
});
