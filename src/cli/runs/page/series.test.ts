import { describe, expect, it } from "vitest";
import { indexAt, smooth } from "./series.ts";

const line = (length: number, at: (i: number) => number): number[] => Array.from({ length }, (_, i) => at(i));

describe("smoothing", () => {
  it("leaves a straight line where it is, but for its end, and no value at 0", () => {
    const values = line(200, (i) => 5 - i / 100);
    expect(smooth(values, 0)).toBe(values);
    const smoothed = smooth(values, 0.5);
    for (const i of [0, 1, 50, 150, 180]) expect(smoothed[i]).toBeCloseTo(values[i], 9);
  });

  it("takes noise away without moving the curve; at its end, where there is no future, less of it", () => {
    const noisy = line(1000, (i) => 3 + (i % 2 === 0 ? 0.5 : -0.5));
    const noise = smooth(noisy, 0.4).map((value) => Math.abs(value - 3));
    expect(Math.max(...noise.slice(50, -50))).toBeLessThan(0.001);
    expect(Math.max(...noise.slice(-50))).toBeLessThan(0.05);
  });

  it("neither fills gaps nor is torn by them", () => {
    const smoothed = smooth(
      line(100, (i) => (i === 50 ? Number.NaN : 2)),
      0.5,
    );
    expect(smoothed[50]).toBeNaN();
    expect(smoothed.filter((value) => !Number.isNaN(value)).every((value) => Math.abs(value - 2) < 1e-12)).toBe(true);
  });
});

describe("a reading", () => {
  it("is the last point at or before a place", () => {
    expect([0, 1, 5, 9, 10, 99].map((x) => indexAt([1, 5, 10], x))).toEqual([-1, 0, 1, 1, 2, 2]);
  });
});
