// A tokenizer keeps its ids on the way from tokenizer.json into a GGUF file and back.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { goldenPath, sharedPath } from "../../../test/goldens.ts";
import { UnsupportedError, UsageError } from "../../errors.ts";
import { openGguf } from "../../formats/gguf/open.ts";
import { createGgufTokenizer } from "../gguf-tokenizer.ts";
import { parseTokenizerJson } from "../json/tokenizer-json.ts";
import { loadTokenizer } from "../load.ts";
import { prePatterns, preTokenizerNames } from "../split/pre-tokenizers.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { ggufTokenizerMetadata } from "../training/gguf-metadata.ts";
import { type TrainTokenizerOptions, trainTokenizer } from "../training/train-tokenizer.ts";
import { writeTokenizerConfig, writeTokenizerJson } from "../training/write-tokenizer-json.ts";
import { ggufToJson, jsonToGguf } from "./convert.ts";

const corpus =
  "It was a dark and stormy night; it's said they've never seen 1830's like.\n\nconst x = [1, 22, 333];\n caf\u00e9 \u65e5\u672c\u8a9e\n".repeat(
    8,
  );
const texts = [
  corpus,
  "",
  " ",
  "   a  b\n\n",
  "<|im_start|>user\nWhat's 2024?<|im_end|>",
  "<s>[INST] <unk> </s>",
  "quixotic \u{1f98a} \u05d0 \u0000",
];

function expectSame(other: Tokenizer, original: Tokenizer): void {
  for (const text of texts) {
    for (const how of [{}, { addSpecial: true }, { parseSpecial: true }])
      expect(other.encode(text, how)).toEqual(original.encode(text, how));
  }
  const ids = original.encode(corpus, { addSpecial: true });
  expect(other.decode(ids)).toBe(original.decode(ids));
  expect([other.bosId, other.eosId, other.endIds]).toEqual([original.bosId, original.eosId, original.endIds]);
  expect(new Map(other.specialTokens)).toEqual(new Map(original.specialTokens));
}

const kinds: [name: string, options: Omit<TrainTokenizerOptions, "vocabSize">][] = [
  ["llama3", { split: "llama3" }],
  ["gpt2", { split: "gpt2", bos: "<|endoftext|>", eos: "<|endoftext|>" }],
  ["qwen2", { split: "qwen2" }],
  ["smollm", { split: "smollm" }],
  ["sentencepiece", { kind: "sentencepiece" }],
];

describe.each(kinds)("a %s tokenizer that was trained here", (_, options) => {
  it("goes from tokenizer.json to GGUF and back", async () => {
    const { vocabulary, tokenizer } = await trainTokenizer([corpus], {
      vocabSize: 320,
      special: ["<|im_start|>", "<|im_end|>"],
      ...options,
    });
    const json = writeTokenizerJson(vocabulary);
    const metadata = jsonToGguf({ json, tokenizer, source: "tokenizer.json" }, 320, "{{ bos_token }}");
    const withoutScores = (all: ReadonlyMap<string, unknown>): unknown =>
      [...all].filter(([key]) => key !== "tokenizer.ggml.scores").sort();
    expect(withoutScores(metadata)).toEqual(withoutScores(ggufTokenizerMetadata(vocabulary, "{{ bos_token }}")));
    expectSame(createGgufTokenizer(metadata, "made"), tokenizer);
    const back = ggufToJson(metadata, "made", "{{ bos_token }}");
    expect(back.get("tokenizer.json")).toBe(json);
    expect(back.get("tokenizer_config.json")).toBe(writeTokenizerConfig(vocabulary, "{{ bos_token }}"));
  });
});

describe.each(["gpt2", "llama2-style", "llama3-style", "smollm2"])("the tokenizer of %s", (name) => {
  const folder = goldenPath(`tokenizers/hf/${name}`);
  it.skipIf(!folder)("goes from tokenizer.json to GGUF and back", async () => {
    const tokenizer = await loadTokenizer(folder!);
    const json = readFileSync(join(folder!, "tokenizer.json"), "utf8");
    const metadata = jsonToGguf({ json, tokenizer, source: name }, tokenizer.vocabSize + 7);
    expectSame(createGgufTokenizer(metadata, name), tokenizer);
    expect(metadata.get("tokenizer.ggml.tokens")).toMatchObject({ value: { length: tokenizer.vocabSize + 7 } });
    const back = ggufToJson(metadata, name);
    expectSame(parseTokenizerJson(back.get("tokenizer.json")!, { config: back.get("tokenizer_config.json") }), tokenizer);
  });
});

describe("the tokenizer of a published GGUF", () => {
  const path = sharedPath("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
  it.skipIf(!path)("becomes a tokenizer.json", async () => {
    const { metadata, close } = await openGguf(path!);
    await close();
    const files = ggufToJson(metadata, "smollm2", "{{ messages }}");
    expectSame(
      parseTokenizerJson(files.get("tokenizer.json")!, { config: files.get("tokenizer_config.json") }),
      createGgufTokenizer(metadata, "smollm2"),
    );
    expect(JSON.parse(files.get("tokenizer_config.json")!).chat_template).toBe("{{ messages }}");
  });
});

/** Of the names that cut alike, one. */
const oneOfEach = [...new Map(preTokenizerNames.map((name) => [prePatterns(name).join("\n"), name])).values()];

describe("every pre-tokenizer that has a name", () => {
  it.each(oneOfEach)("%s is found again by how it cuts", async (pre) => {
    const { vocabulary } = await trainTokenizer([corpus], { vocabSize: 300, split: "gpt2" });
    if (vocabulary.kind !== "byte-bpe") throw new Error("gpt2 is byte-level");
    const named = ggufTokenizerMetadata({ ...vocabulary, pre });
    const json = ggufToJson(named, pre).get("tokenizer.json")!;
    const found = jsonToGguf({ json, tokenizer: parseTokenizerJson(json), source: pre }, 300).get("tokenizer.ggml.pre");
    expect(found?.type === "string" && prePatterns(found.value)).toEqual(prePatterns(pre));
  });
});

describe("what cannot be carried over", () => {
  const plain = async (change: (document: Record<string, unknown>) => void): Promise<() => unknown> => {
    const { vocabulary } = await trainTokenizer([corpus], { vocabSize: 300 });
    const document = JSON.parse(writeTokenizerJson(vocabulary));
    change(document);
    const json = JSON.stringify(document);
    return () => jsonToGguf({ json, tokenizer: parseTokenizerJson(json), source: "t.json" }, 300);
  };

  it("is refused: words cut in an unknown way", async () => {
    const convert = await plain((document) => {
      document.pre_tokenizer = {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: "[aeiou]" }, behavior: "Isolated" },
          { type: "ByteLevel", use_regex: false, add_prefix_space: false },
        ],
      };
    });
    expect(convert).toThrow(UnsupportedError);
    expect(convert).toThrow(/^t.json: cuts a text into words in a way that GGUF has no name for, with ignore_merges$/);
  });

  it("is refused: letters made small first", async () => {
    const convert = await plain((document) => {
      document.normalizer = { type: "Lowercase" };
    });
    expect(convert).toThrow(UnsupportedError);
    expect(convert).toThrow(/^t.json: as the tokenizer of a GGUF file it would cut texts otherwise/);
  });

  it("is refused: a tokenizer larger than the model", async () => {
    const { vocabulary, tokenizer } = await trainTokenizer([corpus], { vocabSize: 300 });
    const convert = (): unknown => jsonToGguf({ json: writeTokenizerJson(vocabulary), tokenizer, source: "t.json" }, 299);
    expect(convert).toThrow(UsageError);
    expect(convert).toThrow(/has 300 pieces, the model's embeddings only 299 rows/);
  });
});
