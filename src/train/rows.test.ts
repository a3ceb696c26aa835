import { describe, expect, it } from "vitest";
import { ignored } from "./loss.ts";
import { packRows, rowOrder } from "./rows.ts";

describe("packed rows", () => {
  it("cut documents apart, and ask nothing of the last token of each", () => {
    // One row of five tokens and the one behind it; a document begins with the 3.
    const { chunks, targets } = packRows([{ ids: Int32Array.of(1, 2, 3, 4, 5, 6), starts: [2] }]);
    expect(chunks.map(({ ids, start }) => ({ ids: Array.from(ids), start }))).toEqual([
      { ids: [1, 2], start: 0 },
      { ids: [3, 4, 5], start: 0 },
    ]);
    expect([...targets]).toEqual([2, ignored, 4, 5, 6]);
  });

  it("lay rows one behind the other", () => {
    const { chunks, targets } = packRows([
      { ids: Int32Array.of(1, 2, 3), starts: [0] },
      { ids: Int32Array.of(3, 4, 5), starts: [2] },
    ]);
    expect(chunks.map(({ ids }) => Array.from(ids))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([...targets]).toEqual([2, 3, 4, ignored]);
  });
});

describe("the order of rows", () => {
  const begins = (from: number, count: number, seed = 5): number[] => {
    const { begin } = rowOrder(1003, 10, seed);
    return Array.from({ length: count }, (_, i) => begin(from + i));
  };

  it("visits every row of a pass once, each with a token behind it", () => {
    const { rows } = rowOrder(1003, 10, 5);
    const all = begins(0, rows).sort((a, b) => a - b);
    expect(new Set(all.map((begin, i) => begin - 10 * i)).size).toBe(1);
    expect(all[0]).toBeGreaterThanOrEqual(0);
    expect(all[rows - 1] + 10).toBeLessThan(1003);
  });

  it("is another one in each pass and for each seed", () => {
    const { rows } = rowOrder(1003, 10, 5);
    expect(begins(rows, rows)).not.toEqual(begins(0, rows));
    expect(begins(0, rows, 6)).not.toEqual(begins(0, rows));
  });

  it("does not depend on what was asked before", () => {
    expect(begins(150, 80)).toEqual(begins(0, 230).slice(150));
  });
});
