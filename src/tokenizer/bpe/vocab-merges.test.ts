import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { readGolden, sharedPath } from "../../../test/goldens.ts";
import { FormatError } from "../../errors.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { parseVocabMerges } from "./vocab-merges.ts";

const vocabPath = sharedPath("data/tokenizers/gpt2/gpt2_vocab.json");
const mergesPath = sharedPath("data/tokenizers/gpt2/gpt2_merges.txt");

describe.skipIf(!vocabPath || !mergesPath)("GPT-2's vocab.json and merges.txt", () => {
  let tokenizer: Tokenizer;
  beforeAll(() => {
    tokenizer = parseVocabMerges(readFileSync(vocabPath!, "utf8"), readFileSync(mergesPath!, "utf8"));
  });

  it("give the ids of every golden case", () => {
    for (const { text, allow_special, ids, decoded } of readGolden("tokenizers/gpt2.json").cases) {
      expect(tokenizer.encode(text, { parseSpecial: allow_special }), JSON.stringify(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
  });

  it("give the ids of llama.cpp's test set", () => {
    const input = readFileSync(sharedPath("data/tokenizers/ggml-vocab/ggml-vocab-gpt-2.gguf.inp")!, "utf8").split(
      "\n__ggml_vocab_test__\n",
    );
    const output = readFileSync(sharedPath("data/tokenizers/ggml-vocab/ggml-vocab-gpt-2.gguf.out")!, "utf8").split("\n");
    for (const [i, text] of input.entries()) {
      expect(tokenizer.encode(text).join(" "), JSON.stringify(text)).toBe(output[i].trim());
    }
  });
});

describe("vocab.json and merges.txt of strangers", () => {
  it("need a vocabulary of pieces and whole ids, and merges of known pieces", () => {
    expect(parseVocabMerges('{"a":0,"b":1,"ab":2}', "#version: 0.2\na b\n").encode("abb")).toEqual([2, 1]);
    for (const vocab of ["[]", "{", "3", "{}", '{"a":-1}', '{"a":1.5}', '{"a":"0"}', '{"a":1e9}', '{"a":0,"b":0}']) {
      expect(() => parseVocabMerges(vocab, ""), vocab).toThrow(FormatError);
    }
    for (const merges of ["a c", "a", "a b c", "b a"])
      expect(() => parseVocabMerges('{"a":0,"b":1,"ab":2}', merges), merges).toThrow(FormatError);
  });
});
