// cria embed: texts as vectors, one a line, or how near they are to each other.
import * as v from "valibot";
import { UsageError } from "../errors.ts";
import { poolingOf } from "../generate/embed.ts";
import { defineCommand } from "./command.ts";
import { interruption } from "./interrupt.ts";
import { contextFlag, engineFlags, jsonFlag, modelFlag, quietFlag } from "./model-flags.ts";
import { openModel } from "./open-model.ts";
import { aside, print, printJson } from "./terminal/output.ts";
import { printable } from "./terminal/printable.ts";
import { table } from "./terminal/table.ts";
import { showCount } from "./terminal/units.ts";
import { readText } from "./text-input.ts";

export const command = defineCommand({
  argument: { name: "TEXT or -", optional: true, many: true },
  about: `Each text becomes a vector of length 1: the dot product of two is their cosine, 1 for the same direction. Texts are arguments, or lines of --file or of a
pipe. Vectors come one a line, each a JSON array, in the order of the texts; --similarity shows the cosines of all pairs instead. Use a
model that was trained for it (most have "embed" in their name; their files say how they are pooled): of others, texts are near each other for many reasons.`,
  flags: {
    ...modelFlag,
    file: { schema: v.optional(v.string()), value: "FILE", short: "f", help: "A file with a text a line; - is stdin" },
    pooling: {
      schema: v.optional(v.picklist(["mean", "last", "cls"])),
      value: "KIND",
      help: "Which tokens make the vector: all, the last, the first; without it, what the model's file says, or else all",
    },
    similarity: { schema: v.optional(v.boolean(), false), help: "Cosines of all pairs of texts instead of vectors" },
    ...engineFlags,
    ...contextFlag,
    ...jsonFlag,
    ...quietFlag,
  },
  examples: [
    ['embed --model model.gguf "a small brown dog"', "one vector"],
    ['embed --model model.gguf --similarity "a small dog" "a young puppy" "tax law"', "what is near to what"],
    ["embed --model model.gguf --file titles.txt > vectors.jsonl", "one vector for each line"],
    ["embed --model model.gguf --file titles.txt --json", "vectors and counts, as one JSON document"],
  ],
  async run({ file, pooling, similarity, json, ...options }, argument, all) {
    const texts = await readTexts(argument, all, file);
    const { name, llama } = await openModel(options);
    try {
      const kind = poolingOf(llama.config, pooling);
      const { embeddings, promptTokens } = await llama.embed(texts, { pooling: kind, signal: interruption() });
      const facts = { model: name, pooling: kind, dimensions: llama.config.dim, prompt_tokens: promptTokens };
      if (similarity) {
        const cosines = embeddings.map((a) => embeddings.map((b) => dot(a, b)));
        if (json) printJson({ ...facts, similarities: cosines });
        else print(similarityTable(texts, cosines));
      } else if (json) {
        printJson({ ...facts, embeddings: embeddings.map(shortest) });
      } else {
        for (const vector of embeddings) printJson(shortest(vector));
      }
      const counted = [`${texts.length} ${texts.length === 1 ? "text" : "texts"}`, `${showCount(promptTokens)} tokens`, `pooling ${kind}`];
      if (!options.quiet) aside(`[${counted.join(", ")}]`);
    } finally {
      await llama.dispose();
    }
  },
});

async function readTexts(argument: string | undefined, all: readonly string[], file: string | undefined): Promise<readonly string[]> {
  if (all.length > 1 && file === undefined) return all;
  const text = await readText({ text: argument, file });
  if (text === argument) return [text];
  const lines = text.split(/\r?\n/);
  const empty = lines.indexOf("");
  if (empty >= 0) {
    const place = lines.length === 1 ? "is empty" : `line ${empty + 1} is empty`;
    throw new UsageError(`${file === undefined || file === "-" ? "stdin" : file}: ${place}, and each line is a text: take it out`);
  }
  return lines;
}

/** The fewest digits that say which float32 it is: nine are always enough. */
function shortest(vector: Float32Array): number[] {
  return Array.from(vector, (x) => Number(x.toPrecision(9)));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}

/** A row and a column for each text; columns go by the number of the text. */
function similarityTable(texts: readonly string[], cosines: readonly (readonly number[])[]): string {
  const rows = cosines.map((row, i) => [String(i + 1), ...row.map((cosine) => cosine.toFixed(3)), shown(texts[i])]);
  return table([["", ...texts.map((_, i) => String(i + 1)), ""], ...rows], [0, ...texts.map((_, i) => i + 1)]);
}

function shown(text: string): string {
  const line = printable(text);
  return line.length > 60 ? `${line.slice(0, 59)}...` : line;
}
