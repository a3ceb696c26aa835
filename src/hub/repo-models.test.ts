import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { chooseModel, modelsIn, type NamedFile, showBytes } from "./repo-models.ts";

const files = (...names: string[]): NamedFile[] => names.map((name) => ({ name, size: 1000 }));
const choice = (names: string[], wanted?: string): string[] => chooseModel(files(...names), wanted, "hf:o/r").files.map(({ name }) => name);
const shards = (prefix: string, count: number, ending: string): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-0000${i + 1}-of-0000${count}.${ending}`);

describe("the model that a repository means", () => {
  it("is the checkpoint where there is one, with what belongs to it and nothing else", () => {
    const checkpoint = [
      "added_tokens.json",
      "config.json",
      "generation_config.json",
      "merges.txt",
      "model.safetensors",
      "special_tokens_map.json",
    ];
    const tokenizer = ["tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json"];
    const other = [
      "gemma.gguf",
      "onnx/model.onnx",
      "pytorch_model.bin",
      "README.md",
      "original/tokenizer.model",
      "optimizer.safetensors",
      "adapter/config.json",
    ];
    expect(choice([...other, ...tokenizer, ...checkpoint]).sort()).toEqual([...checkpoint, ...tokenizer].sort());
  });

  it("has all shards", () => {
    const sharded = ["config.json", "model.safetensors.index.json", ...shards("model", 3, "safetensors")];
    expect(choice(sharded).sort()).toEqual([...sharded].sort());
    expect(choice([...shards("a-Q8_0", 2, "gguf"), "a-Q2_K.gguf"])).toEqual(shards("a-Q8_0", 2, "gguf"));
    expect(modelsIn(files(...sharded.slice(0, -1)))).toEqual([]);
    expect(modelsIn(files(...shards("a", 3, "gguf").slice(1)))).toEqual([]);
  });

  it.each([
    [["a.gguf", "mmproj-a-f16.gguf", "a.imatrix.gguf"], "a.gguf"],
    [["a-Q2_K.gguf", "a-Q4_K_M.gguf", "a-Q8_0.gguf"], "a-Q4_K_M.gguf"],
    [["a.q2_k.gguf", "a.q4_k_m.gguf"], "a.q4_k_m.gguf"],
    [["a-Q4_K_S.gguf", "a-Q8_0.gguf", "a-UD-Q4_K_XL.gguf"], "a-Q8_0.gguf"],
    [["Q4_K_M/a.gguf", "Q5_K_M/a.gguf"], "Q4_K_M/a.gguf"],
  ])("of %j is %s", (names, expected) => {
    expect(choice(names)).toEqual([expected]);
  });

  it.each([
    [
      ["a-Q4_K_M.gguf", "b-Q4_K_M.gguf"],
      undefined,
      /several models: name one of them\n {2}a-Q4_K_M.gguf {2}1.0 kB\n {2}b-Q4_K_M.gguf {2}1.0 kB/,
    ],
    [["a-Q5_K_M.gguf", "a-Q6_K.gguf"], undefined, /several models/],
    [["a.gguf"], "b.gguf", /has no file b.gguf\n {2}a.gguf/],
    [shards("a", 2, "gguf"), "a-00002-of-00002.gguf", /part of a split model/],
    [shards("a", 2, "gguf").slice(1), undefined, /holds no model/],
    [["README.md"], undefined, /holds no model/],
  ])("of %j, %s, is not guessed", (names, wanted, message) => {
    expect(() => choice(names, wanted)).toThrow(UsageError);
    expect(() => choice(names, wanted)).toThrow(message);
  });

  it("may be any single file, when it is named", () => {
    expect(choice(["a-Q8_0.gguf", "a-Q4_K_M.gguf"], "a-Q8_0.gguf")).toEqual(["a-Q8_0.gguf"]);
    expect(choice(["a.gguf", "tokenizer.json"], "tokenizer.json")).toEqual(["tokenizer.json"]);
  });

  it("takes no time from a number of shards that is a lie", () => {
    expect(modelsIn(files("a-00001-of-99999999999999999999.gguf", "a-1-of-1e9.gguf")).map(({ file }) => file)).toEqual(["a-1-of-1e9.gguf"]);
  });
});

describe("sizes", () => {
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1000, "1.0 kB"],
    [123_456_789, "123 MB"],
    [4_920_000_000, "4.9 GB"],
    [9e15, "9000 TB"],
  ])("of %d bytes read %s", (bytes, text) => {
    expect(showBytes(bytes)).toBe(text);
  });
});
