// What a batch refuses: ids and positions that would read beside the tables.
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { createReference } from "../ops/reference/index.ts";
import { buildBatch } from "./batch.ts";
import { presets } from "./presets/index.ts";

const ops = createReference();

describe("a batch is refused", () => {
  it.each([[-1], [96], [1.5], [Number.NaN]])("with the id %d of a vocabulary of 96", (id) => {
    expect(() => buildBatch(ops, presets.tiny_llama, [{ ids: [1, id], start: 0 }])).toThrow(UsageError);
    expect(() => buildBatch(ops, presets.tiny_llama, [{ ids: [1, id], start: 0 }])).toThrow(/outside the vocabulary.* from 0 to 95/);
  });

  it("without tokens", () => {
    expect(() => buildBatch(ops, presets.tiny_llama, [])).toThrow(/give at least one/);
  });

  it("with more positions than were learned, where they were learned", () => {
    const chunk = { ids: [1, 2], start: 63 };
    expect(() => buildBatch(ops, presets.tiny_gpt2, [chunk])).toThrow(/a sequence of 65 tokens: the model has learned 64 positions/);
    expect(() => buildBatch(ops, presets.tiny_bloom, [{ ...chunk, start: 0 }])).not.toThrow();
  });
});
