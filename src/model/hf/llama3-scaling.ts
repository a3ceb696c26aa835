// GGUF writes Llama 3.1's rotary scaling as what each frequency is divided by; config.json has words for the rule only. Here the rule is found again.
import type { Positions, RopeScaling } from "../config.ts";
import { ropeFrequencies } from "../rope.ts";

/** All published files have these two. */
const published = { lowFreqFactor: 1, highFreqFactor: 4 };

/** The original context of Llama 3, for heads so small that no frequency tells it. */
const usualLength = 8192;

/** Factors that follow the rule, up to the rounding to float32, as the rule; everything else as it is. */
export function withLlama3Rule(positions: Positions, headDim: number): Positions {
  if (positions.kind !== "rope" || positions.scaling?.kind !== "factors") return positions;
  const { theta, rotaryDim = headDim } = positions;
  const { factors } = positions.scaling;
  const factor = Math.fround(Math.max(...factors));
  if (!(factor > 1)) return positions;
  const plain = ropeFrequencies({ theta }, rotaryDim, 1).inverse;
  const lengths = [...plain].map((frequency, i) => originalLength(frequency, factors[i], factor));
  for (const originalMaxSeqLen of [...lengths.filter((length) => length !== undefined), usualLength]) {
    const scaling: RopeScaling = { kind: "llama3", factor, ...published, originalMaxSeqLen };
    const { inverse } = ropeFrequencies({ theta, scaling }, rotaryDim, 1);
    if (factors.every((given, i) => Math.abs(plain[i] / inverse[i] / given - 1) < 1e-5)) return { ...positions, scaling };
  }
  return positions;
}

/** The rule turned round, for a frequency that is neither kept nor slowed down fully. */
function originalLength(frequency: number, divisor: number, factor: number): number | undefined {
  if (divisor <= 1.001 || divisor >= 0.999 * factor) return undefined;
  const keep = (1 / divisor - 1 / factor) / (1 - 1 / factor);
  const { lowFreqFactor, highFreqFactor } = published;
  return Math.round((2 * Math.PI * (lowFreqFactor + keep * (highFreqFactor - lowFreqFactor))) / frequency);
}
