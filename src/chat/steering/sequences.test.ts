import { describe, expect, it } from "vitest";
import { either, oneOf } from "./sequences.ts";

const scores = Float32Array.of(1, 2, 3, 4, 5, 6);
const allowed = (row: Float32Array): number[] => [...row.keys()].filter((id) => row[id] > Number.NEGATIVE_INFINITY);

describe("one of several sequences", () => {
  it("allows what goes on with one of them, and says which has come", () => {
    const sequences = oneOf([[1, 2, 3], [1, 4], [5]]);
    expect(allowed(sequences.mask(scores))).toEqual([1, 5]);
    sequences.accept(1);
    expect(allowed(sequences.mask(scores))).toEqual([2, 4]);
    expect(sequences.mask(scores)[4]).toBe(5);
    expect([sequences.finished, sequences.chosen]).toEqual([false, undefined]);
    sequences.accept(4);
    expect([sequences.finished, sequences.chosen]).toEqual([true, 1]);
  });

  it("takes no other token", () => {
    expect(() => oneOf([[1]]).accept(2)).toThrow("token 2 is none of those that may come");
  });
});

describe("either of two constraints", () => {
  it("allows what one of them allows, and goes on with those that it fits", () => {
    const [a, b] = [oneOf([[1, 2], [3]]), oneOf([[1, 4]])];
    const both = either([a, b]);
    expect(allowed(both.mask(scores))).toEqual([1, 3]);
    both.accept(1);
    expect(allowed(both.mask(scores))).toEqual([2, 4]);
    both.accept(4);
    expect([a.chosen, b.chosen, both.finished]).toEqual([undefined, 0, true]);
  });

  it("leaves scores alone where all may come", () => {
    const free = { ...oneOf([]), mask: (row: Float32Array) => row, accept() {} };
    const both = either([free, oneOf([[2]])]);
    expect(both.mask(scores)).toEqual(scores);
    both.accept(5);
    expect(both.mask(scores)).toBe(scores);
    expect(scores).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });
});
