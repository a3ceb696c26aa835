// When a run is beyond hope: numbers that are none, or a loss that has left where it was.
import type { StepResult } from "./step.ts";

const smoothing = 20; // steps

const advice =
  "begin anew, under another name, with a lower peak of the learning rate, a longer warm-up or a smaller clip, and look for damaged documents in the data";

/** @returns tells of each step what is wrong, if anything */
export function watchForDivergence(): (step: StepResult) => string | undefined {
  let steps = 0;
  let smooth = 0;
  let best = Number.POSITIVE_INFINITY;
  return ({ loss, gradientNorm }) => {
    if (!Number.isFinite(loss)) return `the loss is ${loss}: ${advice}`;
    if (!Number.isFinite(gradientNorm)) return `the norm of the gradients is ${gradientNorm}: ${advice}`;
    steps++;
    smooth += (loss - smooth) / Math.min(steps, smoothing);
    if (steps < smoothing) return undefined;
    best = Math.min(best, smooth);
    // Noise of a batch is tenths of a nat, a forgotten language several.
    if (smooth < 1.25 * best + 0.5) return undefined;
    return `the loss has gone from ${best.toFixed(2)} up to ${smooth.toFixed(2)}: ${advice}`;
  };
}
