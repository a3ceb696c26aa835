// Learning rates: the golden run's, and what the others promise.
import { describe, expect, it } from "vitest";
import { readGolden } from "../../test/goldens.ts";
import { UsageError } from "../errors.ts";
import { constant, cosine, type Schedule, warmupStableDecay } from "./schedule.ts";

const rates = (schedule: Schedule, steps: number): number[] => Array.from({ length: steps }, (_, step) => schedule(step));

describe("cosine", () => {
  it("gives the learning rates of the golden run", () => {
    const { hyperparameters, lrs } = readGolden("training/adamw/adamw.json");
    const { peak_lr: peak, min_lr: least, warmup_steps: warmup, steps } = hyperparameters;
    expect(rates(cosine({ peak, least, warmup, steps }), steps)).toBeWithin(1e-15, lrs);
  });

  it("ends at the least, and stays there", () => {
    const schedule = cosine({ peak: 1, least: 0.1, warmup: 0, steps: 10 });
    expect(rates(schedule, 10).every((rate, i, all) => i === 0 || rate < all[i - 1])).toBe(true);
    expect([schedule(9), schedule(25)]).toBeWithin(1e-15, [0.1, 0.1]);
  });
});

describe("warm-up, stable, decay", () => {
  it("rises, stays, and falls in a line", () => {
    const schedule = warmupStableDecay({ peak: 1, least: 0.2, warmup: 2, steps: 8, decay: 4 });
    expect(rates(schedule, 9)).toBeWithin(1e-12, [0.5, 1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2]);
  });

  it("does not decay when that takes no steps", () => {
    expect(rates(warmupStableDecay({ peak: 1, least: 0, warmup: 0, steps: 3, decay: 0 }), 3)).toEqual([1, 1, 1]);
  });
});

it("is constant", () => {
  expect(rates(constant({ peak: 3, warmup: 3 }), 5)).toEqual([1, 2, 3, 3, 3]);
});

describe("refuses", () => {
  it.each([
    () => cosine({ peak: 1, least: 0, warmup: 5, steps: 5 }),
    () => warmupStableDecay({ peak: 1, least: 0, warmup: 5, steps: 8, decay: 4 }),
    () => constant({ peak: 1, warmup: 0.5 }),
    () => cosine({ peak: 1, least: 0, warmup: -1, steps: 5 }),
  ])("a schedule that does not fit its steps (%#)", (make) => {
    expect(make).toThrow(UsageError);
    expect(make).toThrow(/expected/);
  });
});
