import { describe, expect, it } from "vitest";
import { createScale } from "./scale.ts";

describe("a scale", () => {
  it("places values, and gives them back", () => {
    const linear = createScale([2, 4], { range: [100, 0], log: false, ticks: 4 });
    expect([2, 3, 4].map(linear.place)).toEqual([100, 50, 0]);
    expect(linear.value(25)).toBe(3.5);
    const log = createScale([1, 100], { range: [0, 10], log: true, ticks: 4 });
    expect(log.place(10)).toBeCloseTo(5, 12);
    expect(log.value(5)).toBeCloseTo(10, 12);
    expect(log.place(0)).toBeNaN();
  });

  it.each([
    [
      [0, 1],
      [0, 0.2, 0.4, 0.6, 0.8, 1],
    ],
    [
      [1.61, 8.32],
      [2, 4, 6, 8],
    ],
    [
      [0, 0.0006],
      [0, 0.0002, 0.0004, 0.0006],
    ],
    [
      [-3, 3],
      [-2, 0, 2],
    ],
    [
      [0, 18_000_000],
      [0, 5e6, 1e7, 1.5e7],
    ],
  ] as const)("from %j has round ticks", (domain, ticks) => {
    const scale = createScale(domain, { range: [0, 1], log: false, ticks: 5 });
    expect(scale.ticks.map((tick) => tick + 0)).toEqual(ticks);
  });

  it.each([
    [
      [1e-5, 1e-3],
      [1e-5, 3e-5, 1e-4, 3e-4, 1e-3],
    ],
    [
      [1.6, 8],
      [2, 4, 6, 8],
    ],
    [
      [1, 30],
      [1, 2, 5, 10, 20],
    ],
    [
      [1, 1e12],
      [1, 1e3, 1e6, 1e9, 1e12],
    ],
  ] as const)("from %j has ticks that suit a logarithm", (domain, ticks) => {
    expect(createScale(domain, { range: [0, 1], log: true, ticks: 5 }).ticks).toEqual(ticks);
  });
});
