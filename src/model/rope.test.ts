// Rotary frequencies of every scaling, rotations, and the two layouts in which files store heads, against float64 numbers from PyTorch.
import { describe, expect, it } from "vitest";
import { readGolden } from "../../test/goldens.ts";
import { createReference } from "../ops/reference/index.ts";
import type { RopeScaling } from "./config.ts";
import { llama2_7b } from "./presets/llama-family.ts";
import { ropeFrequencies, ropeRotation, yarnMagnitude } from "./rope.ts";
import { weightSource } from "./weight-names.ts";

const golden = readGolden("components/rope.json");
const ops = createReference();

interface Parameters {
  factor: number;
  original_max_position_embeddings: number;
  max_position_embeddings: number;
  low_freq_factor: number;
  high_freq_factor: number;
  beta_fast?: number;
  beta_slow?: number;
}

/** The golden's parameters in our words. */
function scalingOf(name: string, p: Parameters): RopeScaling | undefined {
  const { factor, original_max_position_embeddings: originalMaxSeqLen } = p;
  switch (name) {
    case "linear":
    case "ntk":
      return { kind: name, factor };
    case "dynamic":
      return { kind: "dynamic", factor, originalMaxSeqLen: p.max_position_embeddings };
    case "yarn":
      return { kind: "yarn", factor, originalMaxSeqLen, betaFast: p.beta_fast ?? 32, betaSlow: p.beta_slow ?? 1 };
    case "llama3":
      return { kind: "llama3", factor, originalMaxSeqLen, lowFreqFactor: p.low_freq_factor, highFreqFactor: p.high_freq_factor };
    default:
      return undefined;
  }
}

describe("frequencies", () => {
  for (const { name, inputs, outputs } of golden.frequencies) {
    const { dim, theta, parameters, sequence_length } = inputs;
    it(`${name}, dim ${dim}, theta ${theta}, ${JSON.stringify(parameters)}, length ${sequence_length}`, () => {
      const scaling = scalingOf(name, parameters);
      const { inverse, magnitude } = ropeFrequencies({ theta, scaling }, dim, sequence_length ?? 1);
      expect(inverse).toBeWithin(1e-12, outputs.inv_freq);
      expect([magnitude]).toBeWithin(1e-12, [outputs.attention_scaling]);
    });
  }

  it("of Llama 3.1 are those that its GGUF divides by rope_freqs.weight", () => {
    const scaling: RopeScaling = { kind: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxSeqLen: 8192 };
    const plain = ropeFrequencies({ theta: 5e5 }, 128, 1).inverse;
    const stretched = ropeFrequencies({ theta: 5e5, scaling }, 128, 1).inverse;
    const factors = Array.from(plain, (f, i) => f / stretched[i]);
    expect([factors[0], factors[63]]).toEqual([1, 8]);
    expect(ropeFrequencies({ theta: 5e5, scaling: { kind: "factors", factors } }, 128, 1).inverse).toBeWithin(1e-15, stretched);
  });

  it("of YaRN come with the magnitude 0.1 ln s + 1, not its inverse or its square", () => {
    expect(yarnMagnitude(4)).toBeCloseTo(1.1386294361, 9);
    expect(yarnMagnitude(1)).toBe(1);
  });

  it("of dynamic NTK are plain up to the trained length and fall beyond", () => {
    const rope = { theta: 1e4, scaling: { kind: "dynamic", factor: 2, originalMaxSeqLen: 32 } as const };
    expect(ropeFrequencies(rope, 12, 32).inverse).toEqual(ropeFrequencies({ theta: 1e4 }, 12, 32).inverse);
    expect(ropeFrequencies(rope, 12, 64).inverse[5]).toBeLessThan(ropeFrequencies(rope, 12, 33).inverse[5]);
  });
});

describe.each<(typeof golden.rotation)[number]>(golden.rotation)("rotation, $name", ({ name, inputs, outputs }) => {
  const { dim, theta, parameters, positions, x } = inputs;
  const lengths = Int32Array.from(positions, () => 1);
  const table = ropeRotation({ theta, scaling: scalingOf(name, parameters) }, dim, Int32Array.from(positions), lengths);
  const rotation = ops.input(table, [positions.length, dim]);
  const rotate = (rows: number[][]): number[][] => {
    const { data } = ops.rope(ops.input(Float32Array.from(rows.flat()), [rows.length, dim]), rotation, dim);
    return rows.map((_, t) => Array.from(data.subarray(t * dim, (t + 1) * dim)));
  };

  it("has the cosines and sines", () => {
    positions.forEach((position: number, t: number) => {
      const row = table.subarray(t * dim, (t + 1) * dim);
      expect(row.subarray(0, dim / 2)).toBeWithin(position * 1e-7 + 1e-6, outputs.cos[t]);
      expect(row.subarray(dim / 2)).toBeWithin(position * 1e-7 + 1e-6, outputs.sin[t]);
    });
  });

  it("turns the halves of a head", () => {
    rotate(x).forEach((row, t) => {
      expect(row).toBeWithin(3 * (positions[t] * 1e-7 + 1e-6), outputs.half_split[t]);
    });
  });

  it("turns neighbours, once their rows are picked in our order", () => {
    const rows = weightSource({ ...llama2_7b, nHeads: 1, nKvHeads: 1, headDim: dim }, "gguf", "layers.0.attention.wq").rows!();
    const ours = rotate(x.map((row: number[]) => Array.from(rows, (from) => row[from])));
    ours.forEach((row, t) => {
      const interleaved = new Array<number>(dim);
      rows.forEach((to, i) => {
        interleaved[to] = row[i];
      });
      expect(interleaved).toBeWithin(3 * (positions[t] * 1e-7 + 1e-6), outputs.interleaved[t]);
    });
  });
});
