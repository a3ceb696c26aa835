// ALiBi and the sinusoidal table against float64 numbers from PyTorch.
import { describe, expect, it } from "vitest";
import { readGolden } from "../../test/goldens.ts";
import { createReference } from "../ops/reference/index.ts";
import { alibiSlopes } from "./alibi.ts";
import { sinusoid } from "./sinusoid.ts";

const golden = readGolden("components/positions.json");

describe("ALiBi", () => {
  it.each<[string, number[]]>(Object.entries(golden.alibi_slopes))("has the published slopes for %s heads", (heads, slopes) => {
    expect(alibiSlopes(Number(heads))).toBeWithin(1e-15, slopes);
  });

  it("falls twice as steeply with twice the largest bias, as MPT names it", () => {
    expect(alibiSlopes(8, { maxBias: 16 })).toEqual(alibiSlopes(8).map((slope) => slope ** 2));
  });

  it("lowers scores by slope times distance", () => {
    // Values that are one-hot in their place read the attention weights back: scores are the logarithms of their ratios.
    const ops = createReference();
    const nHeads = golden.alibi_bias.length;
    const tokens = golden.alibi_bias[0].length;
    const headDim = tokens;
    const zeros = ops.input(new Float32Array(tokens * nHeads * headDim), [tokens, nHeads * headDim]);
    const places = ops.input(
      Float32Array.from({ length: tokens * headDim }, (_, i) => (i % headDim === Math.floor(i / headDim) ? 1 : 0)),
      [tokens, headDim],
    );
    const view = { first: ops.input(new Int32Array(tokens)), end: ops.input(Int32Array.from({ length: tokens }, (_, t) => t + 1)) };
    const spec = { nHeads, nKvHeads: 1, headDim, scale: 1, alibiSlopes: alibiSlopes(nHeads), layer: 0 };
    const keys = ops.input(new Float32Array(tokens * headDim), [tokens, headDim]);
    const { data } = ops.attend(zeros, keys, places, view, spec);
    for (let h = 0; h < nHeads; h++) {
      for (let t = 0; t < tokens; t++) {
        const weights = data.subarray((t * nHeads + h) * headDim, (t * nHeads + h) * headDim + t + 1);
        const biases = Array.from(weights, (weight) => Math.log(weight / weights[t]));
        expect(biases).toBeWithin(1e-12, golden.alibi_bias[h][t].slice(0, t + 1));
      }
    }
  });
});

it("the sinusoidal table is that of the 2017 paper", () => {
  const { dim, positions, table } = golden.sinusoidal;
  const all = Array.from({ length: positions }, (_, p) => p);
  expect(sinusoid(all, dim)).toBeWithin(1e-12, table);
});
