import { describe, expect, it } from "vitest";
import { createRng, restoreRng } from "./rng.ts";

const draw = (count: number, next: () => number): number[] => Array.from({ length: count }, next);

describe("the random generator", () => {
  it("draws the same numbers for the same seed, on every machine", () => {
    const { uniform } = createRng(1);
    expect(draw(3, uniform)).toEqual(draw(3, createRng(1).uniform));
    expect(draw(3, createRng(2).uniform)).not.toEqual(draw(3, createRng(1).uniform));
    const seeds = [1, 1 + 2 ** 32, 1 - 2 ** 32, -1, 2 ** 32 - 1, 2 ** 53, 2 ** 54, 2 ** 62, -(2 ** 63)];
    expect(new Set(seeds.map((seed) => String(draw(3, createRng(seed).uniform)))).size).toBe(seeds.length);
    expect(draw(2, createRng(1).uniform)).toEqual([0.5150678481966439, 0.09066245728893418]);
  });

  it("goes on where its state was taken", () => {
    const rng = createRng(5);
    draw(10, rng.normal);
    const rest = restoreRng(rng.state());
    expect(draw(5, rest.uniform)).toEqual(draw(5, rng.uniform));
  });

  it("is uniform: the hundredths of 100,000 draws by a chi-square test", () => {
    const { uniform } = createRng(3);
    const counts = new Array(100).fill(0);
    for (const x of draw(100_000, uniform)) counts[Math.floor(x * 100)]++;
    const chiSquare = counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeGreaterThan(58); // 99.9% of true generators lie between, with 99 degrees of freedom
    expect(chiSquare).toBeLessThan(149);
  });

  it("is normal: mean, variance and the share beyond two deviations", () => {
    const values = draw(100_000, createRng(4).normal);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length).toBeCloseTo(1, 1);
    expect(values.filter((x) => Math.abs(x) > 2).length / values.length).toBeCloseTo(0.0455, 2);
  });

  it("gives every integer below n, and no other", () => {
    const { integer } = createRng(6);
    expect(new Set(draw(1000, () => integer(7)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
  });
});
