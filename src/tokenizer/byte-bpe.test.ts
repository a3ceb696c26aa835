import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { goldenPath, readGolden } from "../../test/goldens.ts";
import { assembleTokenizer } from "./assemble.ts";
import { createByteBpe } from "./byte-bpe.ts";
import { preTokenizer } from "./pre-tokenizers.ts";

interface Golden {
  special_tokens: Record<string, number>;
  cases: { text: string; allow_special: boolean; ids: number[]; decoded: string }[];
  stream_cases: { ids: number[]; deltas: string[]; flush: string }[];
}

describe.each([
  ["gpt2", "gpt2", "gpt-2"],
  ["smollm2", "smollm2", "smollm"],
  ["llama3", "llama3-style", "llama-bpe"],
])("%s", (name, folder, pre) => {
  const path = goldenPath(`tokenizers/hf/${folder}/tokenizer.json`);
  it.skipIf(!path)("encodes and decodes every case", () => {
    const { model } = JSON.parse(readFileSync(path!, "utf8"));
    const golden: Golden = readGolden(`tokenizers/${name}.json`);
    const vocab: string[] = [];
    for (const [piece, id] of Object.entries<number>(model.vocab)) vocab[id] = piece;
    const bpe = createByteBpe({
      vocab,
      merges: model.merges,
      split: preTokenizer(pre),
      ignoreMerges: model.ignore_merges,
      source: "tokenizer.json",
    });
    const tokenizer = assembleTokenizer(bpe, { special: Object.entries(golden.special_tokens).map(([text, id]) => ({ text, id })) });
    for (const { text, allow_special, ids, decoded } of golden.cases) {
      expect(tokenizer.encode(text, { parseSpecial: allow_special }), text).toEqual(ids);
      expect(tokenizer.decode(ids), text).toBe(decoded);
    }
    for (const { ids, deltas, flush } of golden.stream_cases) {
      const stream = tokenizer.stream();
      expect(ids.map((id) => stream.push(id))).toEqual(deltas);
      expect(stream.end()).toBe(flush);
    }
  });
});
