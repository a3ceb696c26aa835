import { describe, expect, it } from "vitest";
import { createRng } from "../tensor/rng.ts";
import { type Candidates, everyToken, softmax } from "./candidates.ts";
import { minP, topK, topP, typicalP } from "./truncation.ts";

/** Candidates whose probabilities are in proportion to `weights`. */
const weighted = (...weights: number[]): Candidates => everyToken(Float64Array.from(weights, Math.log));
const ids = (candidates: Candidates): number[] => [...candidates.ids];

/** A vocabulary with the spread of a real model's logits, and a definition of its order that shares nothing with the code. */
function vocabulary(size: number, seed: number): { all: Candidates; order: number[]; p: Float64Array } {
  const rng = createRng(seed);
  const all = everyToken(new Float64Array(Float32Array.from({ length: size }, () => 3 * rng.normal())));
  const order = Array.from(all.ids).sort((a, b) => all.logits[b] - all.logits[a] || a - b);
  return { all, order, p: softmax(all.logits) };
}

describe("top-k", () => {
  it("keeps the k likeliest of a large vocabulary, whatever k is", () => {
    const { all, order } = vocabulary(30_000, 1);
    for (const k of [1, 2, 40, 1000, 29_999]) expect(ids(topK(all.logits, k))).toEqual(order.slice(0, k).sort((a, b) => a - b));
  });

  it("keeps the lowest ids of those that tie", () => {
    expect(ids(topK(weighted(1, 5, 2, 2, 2).logits, 3))).toEqual([1, 2, 3]);
    expect(ids(topK(weighted(...Array(1000).fill(1)).logits, 2))).toEqual([0, 1]);
  });

  it("keeps all with k = 0 or k beyond the vocabulary", () => {
    expect(ids(topK(weighted(1, 2, 3).logits, 0))).toEqual([0, 1, 2]);
    expect(ids(topK(weighted(1, 2, 3).logits, 7))).toEqual([0, 1, 2]);
  });

  it("prefers a possible token to a forbidden one, and separates logits that are very far apart", () => {
    expect(ids(topK(Float64Array.of(-Infinity, -1e30, 0, -2e30, -Infinity), 3))).toEqual([1, 2, 3]);
    expect(ids(topK(Float64Array.of(-Infinity, -Infinity, 0, -Infinity), 3))).toEqual([0, 1, 2]);
  });
});

describe("top-p", () => {
  it("keeps the smallest set that reaches p", () => {
    const p = weighted(0.1, 0.5, 0.15, 0.25);
    expect(ids(topP(p, 0.4))).toEqual([1]);
    expect(ids(topP(p, 0.6))).toEqual([1, 3]);
    expect(ids(topP(p, 0.76))).toEqual([1, 2, 3]);
    expect(ids(topP(p, 0.95))).toEqual([0, 1, 2, 3]);
  });

  it("reaches p in a large vocabulary, and would not without its unlikeliest member", () => {
    const { all, order, p } = vocabulary(30_000, 2);
    for (const target of [0.01, 0.5, 0.9, 0.999]) {
      const kept = ids(topP(all, target));
      expect(kept).toEqual(order.slice(0, kept.length).sort((a, b) => a - b));
      const mass = kept.reduce((sum, id) => sum + p[id], 0);
      expect(mass).toBeGreaterThanOrEqual(target - 1e-9);
      expect(mass - p[order[kept.length - 1]]).toBeLessThan(target);
    }
  });

  it("keeps all with p = 1, and everything possible just below it", () => {
    expect(topP(weighted(1, 1, 1, 1e-12), 1).ids.length).toBe(4);
    expect(ids(topP(weighted(1, 1, 1, 1, 1, 1, 1), 1 - 1e-16))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

describe("min-p", () => {
  it("measures against the likeliest", () => {
    const p = weighted(0.02, 0.5, 0.13, 0.35);
    expect(ids(minP(p, 0.25))).toEqual([1, 2, 3]);
    expect(ids(minP(p, 0.27))).toEqual([1, 3]);
    expect(ids(minP(p, 1))).toEqual([1]);
    expect(ids(minP(p, 0))).toEqual([0, 1, 2, 3]);
  });
});

describe("typical sampling", () => {
  it("leaves out what is too likely as well as what is too unlikely", () => {
    // Entropy 1.0889 nats. Surprises: 0.6931 (off by 0.396), 1.2040 (0.115), 1.8971 (0.808), 2.9957 (1.907).
    const p = weighted(0.5, 0.3, 0.15, 0.05);
    expect(ids(typicalP(p, 0.3 - 1e-9))).toEqual([1]);
    expect(ids(typicalP(p, 0.6))).toEqual([0, 1]);
    expect(ids(typicalP(p, 0.9))).toEqual([0, 1, 2]);
    expect(ids(typicalP(p, 1))).toEqual([0, 1, 2, 3]);
  });

  it("never keeps a forbidden token while a possible one is left", () => {
    expect(ids(typicalP(everyToken(Float64Array.of(-Infinity, 0, -Infinity, 0.1)), 0.99))).toEqual([1, 3]);
  });
});
