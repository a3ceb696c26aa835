import { describe, expect, it } from "vitest";
import { FormatError } from "../../errors.ts";
import { type GgufValue, metadataGetters } from "./metadata.ts";

const values: Record<string, GgufValue> = {
  "general.name": { type: "string", value: "cria" },
  "llama.block_count": { type: "uint32", value: 22 },
  "llama.rope.freq_base": { type: "float32", value: 0.5 },
  "general.big": { type: "uint64", value: 2n ** 60n },
  "general.yes": { type: "bool", value: true },
  "general.tokens": { type: "array", of: "string", value: ["a", "b"] },
  "general.ids": { type: "array", of: "int32", value: [1, -2] },
  "general.scores": { type: "array", of: "float32", value: [0.5, 1] },
  "general.flags": { type: "array", of: "bool", value: [true] },
};
const gguf = metadataGetters("model.gguf", new Map(Object.entries(values)));

describe("metadata getters", () => {
  it("give values of their kind", () => {
    expect(gguf.string("general.name")).toBe("cria");
    expect(gguf.integer("llama.block_count")).toBe(22);
    expect(gguf.number("llama.block_count")).toBe(22);
    expect(gguf.number("llama.rope.freq_base")).toBe(0.5);
    expect(gguf.boolean("general.yes")).toBe(true);
    expect(gguf.strings("general.tokens")).toEqual(["a", "b"]);
    expect(gguf.integers("general.ids")).toEqual([1, -2]);
    expect(gguf.numbers("general.scores")).toEqual([0.5, 1]);
    expect(gguf.booleans("general.flags")).toEqual([true]);
  });

  it("give the fallback for absent keys only", () => {
    expect(gguf.string("absent", undefined)).toBeUndefined();
    expect(gguf.number("absent", 10_000)).toBe(10_000);
    expect(gguf.string("general.name", "other")).toBe("cria");
    expect(() => gguf.number("general.name", 1)).toThrow(FormatError);
  });

  it.each<[string, () => unknown]>([
    ['model.gguf: metadata key "absent" is missing, expected a string', () => gguf.string("absent")],
    ['model.gguf: metadata key "toString" is missing, expected a number', () => gguf.number("toString")],
    ['model.gguf: metadata key "llama.block_count" is the uint32 22, expected a string', () => gguf.string("llama.block_count")],
    ['model.gguf: metadata key "general.name" is the string "cria", expected a number', () => gguf.number("general.name")],
    [
      'model.gguf: metadata key "llama.rope.freq_base" is the float32 0.5, expected an integer below 2^53',
      () => gguf.integer("llama.rope.freq_base"),
    ],
    ['model.gguf: metadata key "general.big" is the uint64 1152921504606846976, expected a number', () => gguf.number("general.big")],
    [
      'model.gguf: metadata key "general.tokens" is an array of 2 string, expected an array of numbers',
      () => gguf.numbers("general.tokens"),
    ],
  ])("say what stands there: %s", (message, get) => {
    expect(get).toThrow(new FormatError(message));
  });
});
