import { describe, expect, it } from "vitest";
import { createCurve, MOST_POINTS } from "./curve.ts";

const place = (step: number) => ({ step, tokens: 10 * step, seconds: step / 2 });

describe("a curve", () => {
  it("keeps each point while there are few", () => {
    const curve = createCurve(["loss"]);
    for (const [i, loss] of [3, 2, Number.NaN, 1].entries()) curve.add(place(i + 1), { loss });
    expect(curve.data()).toEqual({
      step: [1, 2, 3, 4],
      tokens: [10, 20, 30, 40],
      seconds: [0.5, 1, 1.5, 2],
      metrics: { loss: { mean: [3, 2, null, 1] } },
    });
  });

  it("of a million points keeps 2,000 at most, their means, and a spike", () => {
    const curve = createCurve(["loss"]);
    const steps = 1_000_000;
    for (let step = 1; step <= steps; step++) curve.add(place(step), { loss: step === 123_457 ? 1000 : step / steps });
    const { step, metrics } = curve.data();
    expect(step.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(step.length).toBeGreaterThan(MOST_POINTS / 2 - 1);
    expect(step.at(-1)).toBe(steps);
    const { mean, low, high } = metrics.loss;
    expect(Math.max(...(high as number[]))).toBe(1000);
    const size = step[0];
    expect(mean[0]).toBeCloseTo((size + 1) / 2 / steps, 6);
    expect(low![0]).toBeCloseTo(1 / steps, 6);
    expect(high!.at(-1)).toBe(1);
  });

  it("cut back, forgets what came after, and goes on from there", () => {
    const curve = createCurve(["loss"]);
    for (let step = 1; step <= 5; step++) curve.add(place(step), { loss: step });
    curve.cutBack(3);
    expect(curve.last()).toMatchObject({ step: 3 });
    curve.add(place(4), { loss: 40 });
    expect(curve.data().step).toEqual([1, 2, 3, 4]);
    expect(curve.data().metrics.loss.mean).toEqual([1, 2, 3, 40]);
    curve.cutBack(0);
    expect(curve.last()).toBeUndefined();
  });

  it("cut back within a bucket, never has a step twice or in the wrong order", () => {
    const curve = createCurve(["loss"]);
    for (let step = 1; step <= 10_001; step++) curve.add(place(step), { loss: 1 });
    curve.cutBack(5001);
    for (let step = 5002; step <= 5010; step++) curve.add(place(step), { loss: 1 });
    const { step } = curve.data();
    expect(step).toEqual([...new Set(step)].sort((a, b) => a - b));
    expect(step.at(-1)).toBe(5010);
  });
});
