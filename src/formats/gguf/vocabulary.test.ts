// A vocabulary of the size of Llama 3's: 128,000 byte-level tokens and 280,000 merges. The time is reported, not judged.
import { expect, it } from "vitest";
import { createRng, type Rng } from "../../tensor/rng.ts";
import { collectBytes } from "../byte-writer.ts";
import type { GgufValue } from "./metadata.ts";
import { openGguf } from "./open.ts";
import { writeGguf } from "./write.ts";

const letters = "etaoinshrdlcumwfgypbvk";

/** As byte-level BPE spells words: a leading space is U+0120, one in eight is Cyrillic, one in sixteen has the first byte of an emoji. */
function word(rng: Rng): string {
  const start = rng.integer(16) === 0 ? "\u00f0\u0141" : rng.integer(8) === 0 ? "\u0434\u043e" : "\u0120";
  return start + Array.from({ length: 1 + rng.integer(8) }, () => letters[rng.integer(letters.length)]).join("");
}

it("128,000 tokens and 280,000 merges are read whole", async ({ annotate }) => {
  const rng = createRng(1);
  const tokens = Array.from({ length: 128_000 }, () => word(rng));
  const merges = Array.from({ length: 280_000 }, () => `${word(rng)} ${word(rng)}`);
  const metadata = new Map<string, GgufValue>([
    ["tokenizer.ggml.tokens", { type: "array", of: "string", value: tokens }],
    ["tokenizer.ggml.token_type", { type: "array", of: "int32", value: tokens.map(() => 1) }],
    ["tokenizer.ggml.scores", { type: "array", of: "float32", value: tokens.map((_, i) => -i) }],
    ["tokenizer.ggml.merges", { type: "array", of: "string", value: merges }],
  ]);
  const file = await collectBytes(writeGguf({ metadata, tensors: [] }));

  const start = performance.now();
  const gguf = await openGguf(new Blob([file]));
  await annotate(`${(file.length / 1e6).toFixed(1)} MB opened in ${(performance.now() - start).toFixed(0)} ms`);

  expect(gguf.strings("tokenizer.ggml.tokens")).toEqual(tokens);
  expect(gguf.strings("tokenizer.ggml.merges")).toEqual(merges);
  expect(gguf.integers("tokenizer.ggml.token_type")).toHaveLength(tokens.length);
  expect(gguf.numbers("tokenizer.ggml.scores").at(-1)).toBe(1 - tokens.length);
});
