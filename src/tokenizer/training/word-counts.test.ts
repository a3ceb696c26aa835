import { describe, expect, it } from "vitest";
import { createRng } from "../../tensor/rng.ts";
import { WordCounts } from "./word-counts.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function counted(words: Iterable<string>): [string, number][] {
  const counts = new WordCounts();
  for (const word of words) {
    const bytes = encoder.encode(`<${word}>`);
    counts.add(bytes, 1, bytes.length - 1);
  }
  return Array.from({ length: counts.size }, (_, word) => [
    decoder.decode(counts.keys.subarray(counts.starts[word], counts.starts[word + 1])),
    counts.counts[word],
  ]);
}

describe("WordCounts", () => {
  it("keeps words in the order of first sight", () => {
    expect(counted(["b", "a", "b", "ab", "a", "b"])).toEqual([
      ["b", 3],
      ["a", 2],
      ["ab", 1],
    ]);
    expect(counted([])).toEqual([]);
  });

  it("counts as a Map does, far beyond the room that it starts with", () => {
    const rng = createRng(5);
    const words = Array.from(
      { length: 60_000 },
      () => "w".repeat(1 + Math.floor(rng.uniform() * 9)) + Math.floor(rng.uniform() ** 3 * 20_000),
    );
    const expected = new Map<string, number>();
    for (const word of words) expected.set(word, (expected.get(word) ?? 0) + 1);
    expect(counted(words)).toEqual([...expected]);
  });
});
