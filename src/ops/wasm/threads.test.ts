import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../errors.ts";
import { MOST_THREADS, threadCount } from "./threads.ts";

describe("how many threads there are", () => {
  it("is one for each core, up to the most", () => {
    expect(threadCount()).toBe(Math.min(availableParallelism(), MOST_THREADS));
  });

  it.each([1, 3, MOST_THREADS])("is what was asked for: %d", (asked) => {
    expect(threadCount(asked)).toBe(asked);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, MOST_THREADS + 1])("is never %d", (asked) => {
    expect(() => threadCount(asked)).toThrow(
      new UsageError(`threads is ${asked}, expected a whole number from 1 to 256: give the number of cores, or leave \`threads\` out`),
    );
  });
});
