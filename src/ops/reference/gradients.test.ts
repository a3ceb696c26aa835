// Every backward op of the reference against central differences of its forward op, in float64 over random shapes.
import { expect, it } from "vitest";
import { createRng, type Rng } from "../../tensor/rng.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";
import type { Activation, AttentionSpec } from "../ops.ts";
import { createReference, type RefTensor, type RefWeight } from "./index.ts";
import { f64 } from "./values.ts";

const ops = createReference();
const STEP = 1e-5;
const TOLERANCE = 1e-8; // of the largest entry of the gradient; cubic terms of the step and cancellation stay near 1e-10

/** A differentiated input: the op takes it as a tensor or as a weight. */
type Input = RefTensor & RefWeight & { data: Float64Array };
type Gradients = { readonly [input: string]: RefTensor };

/** One op on inputs of some random shape. */
interface Trial {
  shapes: { readonly [input: string]: Shape };
  forward(inputs: { readonly [input: string]: Input }): RefTensor;
  backward(inputs: { readonly [input: string]: Input }, dy: RefTensor, y: RefTensor): Gradients;
}

const ints = (values: readonly number[]): RefTensor => ops.input(Int32Array.from(values));
const times = <R>(n: number, make: (i: number) => R): R[] => Array.from({ length: n }, (_, i) => make(i));
const oneOf = <R>(rng: Rng, values: readonly R[]): R => values[rng.integer(values.length)];
const upTo = (rng: Rng, most: number): number => 1 + rng.integer(most);

function attention(rng: Rng, change: Partial<AttentionSpec> & { window?: number } = {}): Trial {
  const [nKvHeads, group, headDim, tokens] = [upTo(rng, 3), upTo(rng, 3), 2 * upTo(rng, 4), 1 + upTo(rng, 6)];
  const nHeads = nKvHeads * group;
  const { window = tokens, ...more } = change;
  const slopes = more.alibiSlopes && times(nHeads, (h) => 2 ** -(h + 1));
  const spec = { nHeads, nKvHeads, headDim, scale: headDim ** -0.5, layer: 0, ...more, alibiSlopes: slopes };
  const padded = rng.integer(tokens); // sees nothing
  const view = {
    first: ints(times(tokens, (t) => Math.max(0, t + 1 - window))),
    end: ints(times(tokens, (t) => (t === padded ? 0 : t + 1))),
  };
  return {
    shapes: { q: [tokens, nHeads * headDim], k: [tokens, nKvHeads * headDim], v: [tokens, nKvHeads * headDim] },
    forward: ({ q, k, v }) => ops.attend(q, k, v, view, spec),
    backward({ q, k, v }, dy, y) {
      const { dq, dk, dv } = ops.attendBackward(dy, y, q, k, v, view, spec);
      return { q: dq, k: dk, v: dv };
    },
  };
}

function norm(rng: Rng, part?: number): Trial {
  const dim = 1 + upTo(rng, 12);
  return {
    shapes: { x: [upTo(rng, 4), dim], gain: [dim] },
    forward: ({ x, gain }) => ops.rmsNorm(x, gain, 1e-5, part),
    backward({ x, gain }, dy) {
      const { dx, dgain } = ops.rmsNormBackward(dy, x, gain, 1e-5, part);
      return { x: dx, gain: dgain };
    },
  };
}

const activations: readonly Activation[] = ["identity", "relu", "gelu", "gelu-tanh", "gelu-quick", "sigmoid", "tanh", "silu", { swish: 2 }];

const trials: { readonly [name: string]: (rng: Rng) => Trial } = {
  "embedBackward, repeated ids": (rng) => {
    const vocabSize = upTo(rng, 6);
    const ids = ints(times(5, () => rng.integer(vocabSize)));
    return {
      shapes: { table: [vocabSize, upTo(rng, 5)] },
      forward: ({ table }) => ops.embed(table, ids),
      backward: ({ table }, dy) => ({ table: ops.embedBackward(dy, table, ids) }),
    };
  },
  "gatherBackward, repeated rows": (rng) => {
    const tokens = upTo(rng, 6);
    const rows = ints(times(5, () => rng.integer(tokens)));
    return {
      shapes: { x: [tokens, upTo(rng, 5)] },
      forward: ({ x }) => ops.gather(x, rows),
      backward: (_, dy) => ({ x: ops.gatherBackward(dy, rows, tokens) }),
    };
  },
  "linearInputGradient, linearWeightGradient, biasGradient": (rng) => {
    const [tokens, inner, out] = [upTo(rng, 5), upTo(rng, 7), upTo(rng, 6)];
    return {
      shapes: { x: [tokens, inner], w: [out, inner], bias: [out] },
      forward: ({ x, w, bias }) => ops.linear(x, w, bias),
      backward: ({ x, w }, dy) => ({
        x: ops.linearInputGradient(dy, w),
        w: ops.linearWeightGradient(dy, x),
        bias: ops.biasGradient(dy),
      }),
    };
  },
  rmsNormBackward: (rng) => norm(rng),
  "rmsNormBackward, part of the row": (rng) => norm(rng, 0.3),
  layerNormBackward: (rng) => {
    const dim = 2 + upTo(rng, 12);
    return {
      shapes: { x: [upTo(rng, 4), dim], gain: [dim], bias: [dim] },
      forward: ({ x, gain, bias }) => ops.layerNorm(x, gain, bias, 1e-2),
      backward({ x, gain }, dy) {
        const { dx, dgain, dbias } = ops.layerNormBackward(dy, x, gain, 1e-2);
        return { x: dx, gain: dgain, bias: dbias };
      },
    };
  },
  "ropeBackward, whole or part of heads, with a magnitude": (rng) => {
    const headDim = 2 * upTo(rng, 5);
    const turning = 2 * upTo(rng, headDim / 2);
    const tokens = upTo(rng, 4);
    const angles = times(tokens, () => times(turning / 2, () => rng.normal()));
    const rows = angles.flatMap((row) => [...row.map((angle) => 1.1 * Math.cos(angle)), ...row.map((angle) => 1.1 * Math.sin(angle))]);
    const rotation = f64([tokens, turning], Float64Array.from(rows));
    return {
      shapes: { x: [tokens, upTo(rng, 3) * headDim] },
      forward: ({ x }) => ops.rope(x, rotation, headDim),
      backward: (_, dy) => ({ x: ops.ropeBackward(dy, rotation, headDim) }),
    };
  },
  "attendBackward, grouped heads": (rng) => attention(rng),
  "attendBackward, window": (rng) => attention(rng, { window: 3 }),
  "attendBackward, softcap": (rng) => attention(rng, { softcap: 0.8 }),
  "attendBackward, ALiBi": (rng) => attention(rng, { alibiSlopes: [] }),
  "attendBackward, all at once": (rng) => attention(rng, { window: 3, softcap: 0.8, alibiSlopes: [], scale: 1.3 }),
  activationBackward: (rng) => {
    const kind = oneOf(rng, activations);
    return {
      shapes: { x: [upTo(rng, 4), upTo(rng, 9)] },
      forward: ({ x }) => ops.activation(kind, x),
      backward: ({ x }, dy) => ({ x: ops.activationBackward(kind, dy, x) }),
    };
  },
  gatedActivationBackward: (rng) => {
    const kind = oneOf(rng, activations);
    const shape: Shape = [upTo(rng, 4), upTo(rng, 9)];
    return {
      shapes: { gate: shape, up: shape },
      forward: ({ gate, up }) => ops.gatedActivation(kind, gate, up),
      backward({ gate, up }, dy) {
        const { dgate, dup } = ops.gatedActivationBackward(kind, dy, gate, up);
        return { gate: dgate, up: dup };
      },
    };
  },
  softcapBackward: (rng) => ({
    shapes: { x: [upTo(rng, 4), upTo(rng, 9)] },
    forward: ({ x }) => ops.softcap(x, 0.8),
    backward: ({ x }, dy) => ({ x: ops.softcapBackward(dy, x, 0.8) }),
  }),
  "logProbsBackward, masked targets": (rng) => {
    const [tokens, vocabSize] = [upTo(rng, 6), 1 + upTo(rng, 9)];
    const targets = ints(times(tokens, () => oneOf(rng, [-100, -1, rng.integer(vocabSize), rng.integer(vocabSize)])));
    return {
      shapes: { logits: [tokens, vocabSize] },
      forward: ({ logits }) => ops.logProbs(logits, targets),
      backward: ({ logits }, dy) => ({ logits: ops.logProbsBackward(dy, logits, targets) }),
    };
  },
};

it("knows every backward op of the contract", () => {
  const backward = Object.keys(ops).filter((name) => /Backward$|Gradient$/.test(name));
  expect(backward.length).toBeGreaterThan(12);
  expect(backward.filter((name) => !Object.keys(trials).some((trial) => trial.includes(name)))).toEqual([]);
});

it.each(Object.entries(trials))("%s is the derivative", (_, makeTrial) => {
  for (let seed = 1; seed <= 20; seed++) {
    const rng = createRng(seed);
    const { shapes, forward, backward } = makeTrial(rng);
    const random = (shape: Shape): Float64Array => Float64Array.from({ length: elementCount(shape) }, () => rng.normal());
    const inputs: { [name: string]: Input } = {};
    for (const [name, shape] of Object.entries(shapes)) inputs[name] = { shape, dtype: "f32", type: "F64", data: random(shape) };

    const y = forward(inputs);
    const dy = f64(y.shape, random(y.shape));
    const loss = (): number => {
      const { data } = forward(inputs);
      return dy.data.reduce((sum, g, i) => sum + g * data[i], 0);
    };
    const gradients = backward(inputs, dy, y);
    expect(Object.keys(gradients)).toEqual(Object.keys(shapes));
    for (const [name, { data, shape }] of Object.entries(inputs)) {
      const differences = data.map((value, i) => {
        data[i] = value + STEP;
        const above = loss();
        data[i] = value - STEP;
        const below = loss();
        data[i] = value;
        return (above - below) / (2 * STEP);
      });
      expect(gradients[name].shape).toEqual(shape);
      const largest = Math.max(1, ...differences.map(Math.abs));
      expect(gradients[name].data, `${name}, seed ${seed}`).toBeWithin(TOLERANCE * largest, differences);
    }
  }
});
