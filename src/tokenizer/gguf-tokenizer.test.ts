import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { goldenPath, readGolden, sharedPath } from "../../test/goldens.ts";
import { FormatError, UnsupportedError } from "../errors.ts";
import type { GgufValue } from "../formats/gguf/metadata.ts";
import { openGguf } from "../formats/gguf/open.ts";
import { createGgufTokenizer } from "./gguf-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";

async function tokenizerOf(path: string): Promise<Tokenizer> {
  const gguf = await openGguf(path);
  await gguf.close();
  return createGgufTokenizer(gguf.metadata, path);
}

describe.each([
  ["llama2", "data/tokenizers/ggml-vocab/ggml-vocab-llama-spm.gguf", { bosId: 1, eosId: 2, endIds: [2] }],
  ["gpt2", "data/tokenizers/ggml-vocab/ggml-vocab-gpt-2.gguf", { bosId: 50256, eosId: 50256, endIds: [50256] }],
  ["smollm2", "models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf", { bosId: 1, eosId: 2, endIds: [0, 2] }],
])("the tokenizer inside a GGUF file of %s", (name, path, ids) => {
  const file = sharedPath(path);
  describe.skipIf(!file || !goldenPath(`tokenizers/${name}.json`))(path.split("/").pop()!, () => {
    let golden: ReturnType<typeof readGolden>;
    beforeAll(() => {
      golden = readGolden(`tokenizers/${name}.json`);
    });

    it("encodes and decodes every text as the original", async () => {
      const tokenizer = await tokenizerOf(file!);
      for (const { text, allow_special, ids, tokens, decoded } of golden.cases) {
        expect([text, tokenizer.encode(text, { parseSpecial: allow_special })]).toEqual([text, ids]);
        expect(ids.map(tokenizer.piece)).toEqual(tokens);
        expect(tokenizer.decode(ids, { skipSpecial: name === "llama2" })).toBe(decoded);
      }
    });

    it("streams text as soon as it is whole", async () => {
      const tokenizer = await tokenizerOf(file!);
      for (const { ids, deltas, flush } of golden.stream_cases) {
        const stream = tokenizer.stream({ skipSpecial: name === "llama2" });
        expect([ids, ids.map((id: number) => stream.push(id)), stream.end()]).toEqual([ids, deltas, flush]);
      }
    });

    it("knows the special tokens and which of them end an answer", async () => {
      const tokenizer = await tokenizerOf(file!);
      expect(Object.fromEntries(tokenizer.specialTokens)).toEqual(golden.special_tokens);
      const { bosId, eosId, endIds } = tokenizer;
      expect({ bosId, eosId, endIds: [...endIds].sort() }).toEqual(ids);
    });
  });
});

describe.each([
  ["llama-spm", "llama-spm"],
  ["phi-3", "llama-spm"],
  ["gpt-2", "gpt-2"],
])("llama.cpp's own cases for %s", (cases, vocabulary) => {
  const file = sharedPath(`data/tokenizers/ggml-vocab/ggml-vocab-${vocabulary}.gguf`);
  it.skipIf(!file)(`with the vocabulary of ${vocabulary}`, async () => {
    const tokenizer = await tokenizerOf(file!);
    const path = sharedPath(`data/tokenizers/ggml-vocab/ggml-vocab-${cases}.gguf.inp`)!;
    const texts = readFileSync(path, "utf8").split("\n__ggml_vocab_test__\n").slice(0, -1);
    const lines = readFileSync(path.replace(/inp$/, "out"), "utf8").trimEnd().split("\n");
    expect(texts.map((text) => tokenizer.encode(text).join(" "))).toEqual(lines.map((line) => line.trim()));
  });
});

describe("the vocabulary of 512 in the quantised models", () => {
  const cases: { files: string[]; prompt: string; ids: number[] }[] = readGolden("quant/models/expected.json").cases;
  describe.each(cases)("of $files.0", ({ files, prompt, ids }) => {
    const path = goldenPath(`quant/models/${files[0]}`); // a fresh clone has some of them
    it.skipIf(!path)("encodes its prompt", async () => {
      const tokenizer = await tokenizerOf(path!);
      expect(tokenizer.vocabSize).toBe(512);
      expect(tokenizer.encode(prompt)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(prompt);
    });
  });
});

/** Metadata of a small vocabulary; `change` replaces keys, undefined removes them. */
function metadata(model: string, change: Record<string, unknown> = {}): Map<string, GgufValue> {
  const tokens = ["<unk>", "<s>", "</s>", "<|im_end|>", "<tool>", "\u2581", "a", "b", "ab", "\u2581ab"];
  const keys: Record<string, unknown> = {
    "tokenizer.ggml.model": model,
    "tokenizer.ggml.pre": model === "gpt2" ? "gpt-2" : undefined,
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.token_type": [2, 3, 3, 1, 4, 1, 1, 1, 1, 1],
    "tokenizer.ggml.scores": [0, 0, 0, 0, 0, -4, -5, -6, -1, -2],
    "tokenizer.ggml.merges": ["a b"],
    ...change,
  };
  const given = Object.entries(keys).filter(([, value]) => value !== undefined);
  return new Map(given.map(([key, value]) => [key, typed(value)]));
}

function typed(value: unknown): GgufValue {
  if (Array.isArray(value)) return { type: "array", of: typeof value[0] === "string" ? "string" : "float32", value };
  if (typeof value === "boolean") return { type: "bool", value };
  return typeof value === "string" ? { type: "string", value } : { type: "int32", value: value as number };
}

describe("metadata of a GGUF file", () => {
  it("has llama.cpp's defaults: BOS before, a space before each part, the end of a turn is special whatever its type", () => {
    const tokenizer = createGgufTokenizer(metadata("llama"), "m.gguf");
    expect(tokenizer.encode("ab", { addSpecial: true })).toEqual([1, 9]);
    expect(tokenizer.encode("ab<tool>ab")).toEqual([9, 4, 9]); // user-defined tokens are always found
    expect(tokenizer.encode("ab<|im_end|>", { parseSpecial: true })).toEqual([9, 3]);
    expect(tokenizer.encode("<|im_end|>")).toEqual([5, 0]); // and control tokens only when asked for; a run of unknown characters is one token
    expect([...tokenizer.endIds].sort()).toEqual([2, 3]);
    expect(tokenizer.decode([9, 4, 9, 3])).toBe("ab<tool> ab<|im_end|>");
    expect(tokenizer.decode([9, 4, 9, 3], { skipSpecial: true })).toBe("ab<tool> ab");
  });

  it("obeys the keys", () => {
    const change = {
      "tokenizer.ggml.add_space_prefix": false,
      "tokenizer.ggml.add_bos_token": false,
      "tokenizer.ggml.add_eos_token": true,
    };
    const tokenizer = createGgufTokenizer(metadata("llama", { ...change, "tokenizer.ggml.eot_token_id": 4 }), "m.gguf");
    expect(tokenizer.encode("ab", { addSpecial: true })).toEqual([8, 2]);
    expect([...tokenizer.endIds].sort()).toEqual([2, 3, 4]);
  });

  it("works for byte-level BPE and unigram", () => {
    expect(createGgufTokenizer(metadata("gpt2"), "m.gguf").encode("abba", { addSpecial: true })).toEqual([8, 7, 6]);
    expect(
      createGgufTokenizer(metadata("t5", { "tokenizer.ggml.add_space_prefix": true }), "m.gguf").encode("ab", { addSpecial: true }),
    ).toEqual([9, 1]);
  });

  it.each([
    ["tokenizer.ggml.model", "bert"],
    ["tokenizer.ggml.pre", "nobody-knows"],
  ])("names an unknown %s", (key, value) => {
    expect(() => createGgufTokenizer(metadata("gpt2", { [key]: value }), "m.gguf")).toThrow(UnsupportedError);
    expect(() => createGgufTokenizer(metadata("gpt2", { [key]: value }), "m.gguf")).toThrow(value);
  });

  it.each([
    ["no model", { "tokenizer.ggml.model": undefined }],
    ["no tokens", { "tokenizer.ggml.tokens": undefined }],
    ["an empty vocabulary", { "tokenizer.ggml.tokens": [] }],
    ["tokens that are numbers", { "tokenizer.ggml.tokens": [1, 2, 3] }],
    ["too few types", { "tokenizer.ggml.token_type": [1, 1] }],
    ["too few scores", { "tokenizer.ggml.scores": [1, 1] }],
    ["no scores", { "tokenizer.ggml.scores": undefined }],
    ["a score that is no number", { "tokenizer.ggml.scores": [0, 0, 0, 0, 0, Number.NaN, 0, 0, 0, 0] }],
    ["a negative BOS", { "tokenizer.ggml.bos_token_id": -1 }],
    ["an EOS outside the vocabulary", { "tokenizer.ggml.eos_token_id": 10 }],
    ["nothing for unknown characters", { "tokenizer.ggml.token_type": [1, 3, 3, 1, 4, 1, 1, 1, 1, 1] }],
  ])("is refused with %s", (_, change) => {
    expect(() => createGgufTokenizer(metadata("llama", change), "m.gguf")).toThrow(FormatError);
    expect(() => createGgufTokenizer(metadata("llama", change), "m.gguf")).toThrow(/^m\.gguf: /);
  });
});
