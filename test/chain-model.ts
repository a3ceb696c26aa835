// A file of a model that says what a test wants, for tests that need a real one: the vocabulary of the bundled model and words of its own, any chat template, and
// weights that let each word be followed by the next of its chain. What constrains an answer can make it say something else.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type GgufValue, openGguf, writeGguf } from "../src/formats/index.ts";
import type { ModelConfig } from "../src/model/config.ts";
import { exportGguf } from "../src/model/gguf-export.ts";
import { smollm2_135m } from "../src/model/presets/llama-family.ts";
import { pieceType } from "../src/tokenizer/sentencepiece/sentencepiece-model.ts";

/** Ends an answer. */
export const END = "<|end_of_text|>";

const bundled = fileURLToPath(new URL("../models/llama-cria-stories.gguf", import.meta.url));

/**
 * @param template Jinja source; the last token of what it writes begins a chain
 * @param chains a token for each word, which is found as a whole in any text; `<|...|>` are special. A word is followed by the same one wherever it stands, and one
 * that none follows by any token
 */
export async function writeChainModel(path: string, template: string, chains: readonly (readonly string[])[]): Promise<void> {
  const { metadata, close } = await openGguf(bundled);
  await close();
  const known = listOf<string>(metadata, "tokenizer.ggml.tokens");
  const words = [...new Set(chains.flat())].filter((word) => !known.includes(word));
  const types = words.map((word) => (/^<\|.*\|>$/s.test(word) ? pieceType.control : pieceType.userDefined));
  const tokens = [...known, ...words];
  const ownMetadata = new Map([...metadata].filter(([key]) => key.startsWith("tokenizer.")))
    .set("tokenizer.chat_template", { type: "string", value: template })
    .set("tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens })
    .set("tokenizer.ggml.token_type", {
      type: "array",
      of: "int32",
      value: [...listOf<number>(metadata, "tokenizer.ggml.token_type"), ...types],
    });

  const size = { dim: 64, nLayers: 1, nHeads: 1, nKvHeads: 1, headDim: 64, hiddenDim: 64, maxSeqLen: 1024, tiedEmbeddings: false };
  const config: ModelConfig = { ...smollm2_135m, ...size, vocabSize: tokens.length };
  const next = new Map(chains.flatMap((chain) => chain.slice(0, -1).map((word, i) => [word, chain[i + 1]] as const)));
  if (next.size > size.dim) throw new Error(`${next.size} words that others follow, and ${size.dim} dimensions`);
  /** A dimension for each word that another follows. */
  const rows = (of: (word: string, follower: string) => string, value: number, matrix: Float32Array): Float32Array => {
    for (const [i, [word, follower]] of [...next].entries()) matrix[tokens.indexOf(of(word, follower)) * size.dim + i] = value;
    return matrix;
  };
  const content = await exportGguf(
    config,
    async (name, shape) => {
      const zeros = new Float32Array(shape.reduce((a, b) => a * b, 1));
      if (name === "tokEmbeddings") return rows((word) => word, 1, zeros);
      if (name === "output") return rows((_, follower) => follower, 8, zeros);
      return shape.length === 1 ? zeros.fill(1) : zeros; // gains; layers add nothing
    },
    { metadata: ownMetadata },
  );
  await writeFile(path, writeGguf(content));
}

function listOf<T>(metadata: ReadonlyMap<string, GgufValue>, key: string): readonly T[] {
  const list = metadata.get(key);
  if (list?.type !== "array") throw new Error(`the bundled model has ${key}`);
  return list.value as T[];
}
