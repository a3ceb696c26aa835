// Rotary position embedding (Su 2021): the frequencies of a head, the ways they are stretched for longer contexts, and the cosines and sines
// of given positions. The op `rope` only turns pairs by what is computed here, in float64.
import type { RopeConfig, RopeScaling } from "./config.ts";

export interface RopeFrequencies {
  /** Radians a position, one for each turning pair: [rotaryDim / 2]. */
  inverse: Float64Array;
  /** Cosines and sines are multiplied by it (YaRN), so that q . k grows by its square. */
  magnitude: number;
}

/**
 * @param dim          entries of a head that turn
 * @param sequenceLength tokens of the whole sequence; only dynamic NTK looks at it
 */
export function ropeFrequencies(rope: RopeConfig, dim: number, sequenceLength: number): RopeFrequencies {
  const { theta, scaling } = rope;
  const plain = geometric(theta, dim);
  if (!scaling) return { inverse: plain, magnitude: 1 };

  switch (scaling.kind) {
    case "linear": // position interpolation (Chen 2023)
      return { inverse: plain.map((f) => f / scaling.factor), magnitude: 1 };
    case "ntk":
      return { inverse: geometric(theta * scaling.factor ** (dim / (dim - 2)), dim), magnitude: 1 };
    case "dynamic": {
      const { factor, originalMaxSeqLen: original } = scaling;
      const stretch = (factor * Math.max(sequenceLength, original)) / original - (factor - 1);
      return { inverse: geometric(theta * stretch ** (dim / (dim - 2)), dim), magnitude: 1 };
    }
    case "yarn":
      return yarn(scaling, theta, plain);
    case "llama3":
      return { inverse: plain.map((f) => llama3(scaling, f)), magnitude: 1 };
    case "factors":
      return { inverse: plain.map((f, i) => f / scaling.factors[i]), magnitude: 1 };
  }
}

/**
 * Cosines and sines of every token, as the op `rope` reads them.
 *
 * @param positions       of each token in its sequence
 * @param sequenceLengths of each token's sequence
 * @returns               [tokens, dim]: dim / 2 cosines, then their sines
 */
export function ropeRotation(rope: RopeConfig, dim: number, positions: Int32Array, sequenceLengths: Int32Array): Float32Array {
  const rotation = new Float32Array(positions.length * dim);
  let frequencies = ropeFrequencies(rope, dim, sequenceLengths[0]);
  positions.forEach((position, t) => {
    if (rope.scaling?.kind === "dynamic") frequencies = ropeFrequencies(rope, dim, sequenceLengths[t]);
    const { inverse, magnitude } = frequencies;
    for (let i = 0; i < dim / 2; i++) {
      rotation[t * dim + i] = Math.cos(position * inverse[i]) * magnitude;
      rotation[t * dim + dim / 2 + i] = Math.sin(position * inverse[i]) * magnitude;
    }
  });
  return rotation;
}

/** theta^(-2i / dim) for i in [0, dim / 2). */
function geometric(theta: number, dim: number): Float64Array {
  return Float64Array.from({ length: dim / 2 }, (_, i) => theta ** ((-2 * i) / dim));
}

/** Llama 3.1: long waves are slowed down by `factor`, short ones stay, those between are blended. */
function llama3(scaling: Extract<RopeScaling, { kind: "llama3" }>, frequency: number): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxSeqLen } = scaling;
  const turns = (originalMaxSeqLen * frequency) / (2 * Math.PI); // full turns within the original context
  if (turns > highFreqFactor) return frequency;
  if (turns < lowFreqFactor) return frequency / factor;
  const keep = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return (1 - keep) * (frequency / factor) + keep * frequency;
}

/** YaRN (Peng 2023, section 3.4): what cosines and sines are multiplied by, sqrt(1/t) = 0.1 ln(factor) + 1. @param times weighs the logarithm (DeepSeek) */
export function yarnMagnitude(factor: number, times = 1): number {
  return factor > 1 ? 0.1 * times * Math.log(factor) + 1 : 1;
}

/** YaRN (Peng 2023, section 3): pairs that turn often are kept, those that never complete a turn are interpolated, with a ramp between. */
function yarn(scaling: Extract<RopeScaling, { kind: "yarn" }>, theta: number, plain: Float64Array): RopeFrequencies {
  const { factor, originalMaxSeqLen, betaFast, betaSlow, attentionFactor } = scaling;
  const dim = plain.length * 2;
  /** The index of the pair that makes `turns` full turns within the original context. */
  const pairOf = (turns: number): number => (dim * Math.log(originalMaxSeqLen / (2 * Math.PI * turns))) / (2 * Math.log(theta));
  const low = Math.max(Math.floor(pairOf(betaFast)), 0);
  const high = Math.min(Math.ceil(pairOf(betaSlow)), dim - 1);
  const width = high === low ? 0.001 : high - low; // the published code's guard against a ramp of no width
  const inverse = plain.map((f, i) => {
    const ramp = Math.min(Math.max((i - low) / width, 0), 1);
    return (f / factor) * ramp + f * (1 - ramp);
  });
  return { inverse, magnitude: attentionFactor ?? yarnMagnitude(factor) };
}
