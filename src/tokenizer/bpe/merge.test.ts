import { describe, expect, it } from "vitest";
import { FormatError } from "../../errors.ts";
import { createRng } from "../../tensor/rng.ts";
import { mergeSymbols } from "./merge.ts";
import { addMerge, createMergeTable, findMerge, type MergeTable, mergeTableOf } from "./merge-table.ts";

function merged(table: MergeTable, symbols: readonly number[]): number[] {
  const ids = Int32Array.from(symbols);
  return [...ids.subarray(0, mergeSymbols(table, ids, ids.length))];
}

/** The definition: the pair of lowest rank, the leftmost of these, again and again. */
function mergedByDefinition(table: MergeTable, symbols: readonly number[]): number[] {
  const ids = [...symbols];
  for (;;) {
    const slots = ids.slice(1).map((right, i) => findMerge(table, ids[i], right));
    const ranks = slots.map((slot) => (slot === -1 ? Number.POSITIVE_INFINITY : table.slots[slot + 2]));
    const best = ranks.indexOf(Math.min(...ranks));
    if (best === -1 || slots[best] === -1) return ids;
    ids.splice(best, 2, table.slots[slots[best] + 3]);
  }
}

describe("merging", () => {
  it("follows the definition on random merges, in short words and in long ones", () => {
    const rng = createRng(1);
    for (let round = 0; round < 300; round++) {
      const table = createMergeTable(60);
      const ranks = round % 3 === 0 ? 8 : 60; // every third table has pairs of equal rank
      for (let i = 0; i < 60; i++) addMerge(table, rng.integer(12), rng.integer(12), rng.integer(ranks), rng.integer(12));
      const symbols = Array.from({ length: rng.integer(120) }, () => rng.integer(12));
      expect(merged(table, symbols)).toEqual(mergedByDefinition(table, symbols));
    }
  });

  // Look-ups in the table are counted, not seconds.
  it.each([
    ["2,000 repeated letters and more", () => 0],
    ["alternating letters", (i: number) => i % 3],
  ])("takes look-ups in proportion to the length: %s", (_, symbolAt) => {
    const table = createMergeTable(100);
    for (let id = 0; id < 20; id++) addMerge(table, id, id, id, id + 1);
    addMerge(table, 0, 1, 30, 21);
    addMerge(table, 21, 2, 31, 22);
    const lookups = [20_000, 40_000].map((length) => {
      let count = 0;
      const counting: MergeTable = {
        ...table,
        get leftFactor() {
          count++;
          return table.leftFactor;
        },
      };
      mergeSymbols(
        counting,
        Int32Array.from({ length }, (__, i) => symbolAt(i)),
        length,
      );
      return count;
    });
    expect(lookups[1]).toBeLessThan(lookups[0] * 2.1);
  });

  it("merges a million equal letters into the largest pieces", () => {
    const table = createMergeTable(20);
    for (let id = 0; id < 20; id++) addMerge(table, id, id, id, id + 1);
    expect(merged(table, new Array(2 ** 20).fill(0))).toEqual([20]);
    expect(merged(table, new Array(2 ** 19 + 3).fill(0))).toEqual([19, 1, 0]);
  });
});

describe("a table of merges", () => {
  const idOf = new Map(Object.entries({ a: 0, b: 1, ab: 2, abb: 3 }));

  it("reads both spellings of a pair", () => {
    for (const merges of [
      ["a b", "ab b"],
      [
        ["a", "b"],
        ["ab", "b"],
      ],
    ]) {
      expect(merged(mergeTableOf(merges, idOf, "file"), [0, 1, 1, 0, 1])).toEqual([3, 2]);
    }
  });

  it("refuses what is no pair of known pieces, and names the place", () => {
    for (const merge of ["a", "a  b", "a b b", "", 3, null, undefined, ["a"], ["a", 1], ["a", "b", "c"], { a: "b" }]) {
      expect(() => mergeTableOf(["a b", merge], idOf, "file"), JSON.stringify(merge)).toThrow(FormatError);
      expect(() => mergeTableOf(["a b", merge], idOf, "file"), JSON.stringify(merge)).toThrow("merge 1");
    }
    expect(() => mergeTableOf(["a c"], idOf, "file")).toThrow('"c"');
    expect(() => mergeTableOf(["b a"], idOf, "file")).toThrow('"ba"');
  });
});
