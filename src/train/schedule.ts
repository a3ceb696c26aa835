// Learning rates over the steps of a run.
import { UsageError } from "../errors.ts";

/** The learning rate of a step, counted from 0. */
export type Schedule = (step: number) => number;

interface Bounds {
  /** The learning rate after warming up. */
  readonly peak: number;
  /** The one of the last step. */
  readonly least: number;
  /** Steps in which it grows in proportion to reach the peak with the last of them; 0 for none. */
  readonly warmup: number;
  /** Of the whole run. */
  readonly steps: number;
}

/** Always the same, once it is warm. */
export function constant({ peak, warmup }: Pick<Bounds, "peak" | "warmup">): Schedule {
  checkWhole({ warmup });
  return (step) => (step < warmup ? (peak * (step + 1)) / warmup : peak);
}

/** From the peak down half a wave of a cosine (Loshchilov & Hutter 2017; Llama 1, section 2.3). Behind the last step it stays `least`. */
export function cosine({ peak, least, warmup, steps }: Bounds): Schedule {
  checkWhole({ warmup, steps });
  if (warmup >= steps) throw new UsageError(`a schedule of ${steps} steps cannot warm up for ${warmup}: expected fewer`);
  const warm = constant({ peak, warmup });
  return (step) => {
    if (step < warmup) return warm(step);
    const done = Math.min(1, (step - (warmup - 1)) / (steps - warmup));
    return least + 0.5 * (peak - least) * (1 + Math.cos(Math.PI * done));
  };
}

/** Warm-up, stable, decay (Hu 2024): the peak until the last `decay` steps, which go down in a line. */
export function warmupStableDecay({ peak, least, warmup, steps, decay }: Bounds & { readonly decay: number }): Schedule {
  checkWhole({ warmup, steps, decay });
  if (warmup + decay > steps)
    throw new UsageError(`a schedule of ${steps} steps cannot warm up for ${warmup} and decay for ${decay}: expected fewer`);
  const warm = constant({ peak, warmup });
  return (step) => {
    const left = Math.max(0, steps - 1 - step); // steps after this one
    return left < decay ? least + ((peak - least) * left) / decay : warm(step);
  };
}

function checkWhole(counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (!(Number.isInteger(count) && count >= 0)) throw new UsageError(`${name} is ${count}, expected a whole number of steps`);
  }
}
