// The reference backend against the formulas of the papers in float64 (goldens/components): values and gradients within 1e-10.
import { describe, expect, it } from "vitest";
import { readGolden } from "../../../test/goldens.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";
import type { Activation } from "../ops.ts";
import { createReference, type RefTensor, type RefWeight } from "./index.ts";
import { f64, makeWeight } from "./values.ts";

const TOLERANCE = 1e-10;
const ops = createReference();

type Nested = number | readonly Nested[];
const flat = (x: Nested): number[] => (typeof x === "number" ? [x] : x.flatMap(flat));
const shapeOf = (x: Nested): number[] => (typeof x === "number" ? [] : [x.length, ...shapeOf(x[0])]);
const tensor = (x: Nested, shape: Shape = shapeOf(x)): RefTensor => f64(shape, Float64Array.from(flat(x)));
const weight = (x: Nested, shape: Shape = shapeOf(x)): RefWeight => makeWeight(shape, "F64", Float64Array.from(flat(x)));
const ints = (values: readonly number[]): RefTensor => ops.input(Int32Array.from(values));

/** Matrices of the goldens are [in, out]. */
const transposed = (x: readonly (readonly number[])[]): number[][] => x[0].map((_, column) => x.map((row) => row[column]));

const cases = (file: string): ReturnType<typeof readGolden>[] => readGolden(`components/${file}.json`).cases;

describe("norms", () => {
  it.each(cases("norms").filter(({ name }: { name: string }) => name.includes("rmsnorm")))(
    "$name over $inputs.x.length rows",
    ({ inputs, outputs }) => {
      const dim = inputs.weight.length;
      const rows: Shape = [flat(inputs.x).length / dim, dim];
      const x = tensor(inputs.x, rows);
      const gain = weight(inputs.weight);
      expect(ops.rmsNorm(x, gain, inputs.eps, inputs.p).data).toBeWithin(TOLERANCE, outputs.y);
      const { dx, dgain } = ops.rmsNormBackward(tensor(inputs.upstream, rows), x, gain, inputs.eps, inputs.p);
      expect(dx.data).toBeWithin(TOLERANCE, outputs.grad_x);
      expect(dgain.data).toBeWithin(TOLERANCE, outputs.grad_weight);
    },
  );

  it.each(cases("norms").filter(({ name }: { name: string }) => name === "layernorm"))(
    "layernorm over the last axes $inputs.normalized_shape",
    ({ inputs, outputs }) => {
      const dim = elementCount(inputs.normalized_shape);
      const rows: Shape = [flat(inputs.x).length / dim, dim];
      const x = tensor(inputs.x, rows);
      const [gain, bias] = [weight(inputs.weight, [dim]), weight(inputs.bias, [dim])];
      expect(ops.layerNorm(x, gain, bias, inputs.eps).data).toBeWithin(TOLERANCE, outputs.y);
      const { dx, dgain, dbias } = ops.layerNormBackward(tensor(inputs.upstream, rows), x, gain, inputs.eps);
      expect(dx.data).toBeWithin(TOLERANCE, outputs.grad_x);
      expect(dgain.data).toBeWithin(TOLERANCE, outputs.grad_weight);
      expect(dbias.data).toBeWithin(TOLERANCE, outputs.grad_bias);
    },
  );
});

describe("activations", () => {
  const golden = readGolden("components/activations.json");
  const kinds: Record<string, Activation> = {
    relu: "relu",
    gelu_exact: "gelu",
    gelu_tanh: "gelu-tanh",
    gelu_quick: "gelu-quick",
    sigmoid: "sigmoid",
    tanh: "tanh",
    silu: "silu",
    ...Object.fromEntries([0, 0.5, 1, 2, 10].map((beta) => [`swish_beta_${beta}`, { swish: beta }])),
  };

  it.each(Object.keys(golden.value))("%s and its derivative", (name) => {
    const x = tensor(golden.x);
    const ones = tensor(golden.x.map(() => 1));
    expect(kinds).toHaveProperty([name]);
    expect(ops.activation(kinds[name], x).data).toBeWithin(TOLERANCE, golden.value[name]);
    expect(ops.activationBackward(kinds[name], ones, x).data).toBeWithin(TOLERANCE, golden.derivative[name]);
  });
});

describe("gated linear units", () => {
  const kinds: Record<string, Activation> = { glu: "sigmoid", bilinear: "identity", reglu: "relu", geglu: "gelu", swiglu: "silu" };

  it.each(cases("glu"))("$name with biases", ({ name, inputs, outputs }) => {
    const x = tensor(inputs.x);
    const [w, v] = [weight(transposed(inputs.W)), weight(transposed(inputs.V))];
    const gate = ops.linear(x, w, weight(inputs.b));
    const up = ops.linear(x, v, weight(inputs.c));
    expect(ops.gatedActivation(kinds[name], gate, up).data).toBeWithin(TOLERANCE, outputs.y);

    const { dgate, dup } = ops.gatedActivationBackward(kinds[name], tensor(inputs.upstream), gate, up);
    const dx = ops.add(ops.linearInputGradient(dgate, w), ops.linearInputGradient(dup, v));
    expect(dx.data).toBeWithin(TOLERANCE, outputs.grad_x);
    expect(ops.linearWeightGradient(dgate, x).data).toBeWithin(TOLERANCE, transposed(outputs.grad_W));
    expect(ops.linearWeightGradient(dup, x).data).toBeWithin(TOLERANCE, transposed(outputs.grad_V));
    expect(ops.biasGradient(dgate).data).toBeWithin(TOLERANCE, outputs.grad_b);
    expect(ops.biasGradient(dup).data).toBeWithin(TOLERANCE, outputs.grad_c);
  });

  it.each(cases("glu"))("$name as a feed-forward layer", ({ name, inputs, outputs }) => {
    const x = tensor(inputs.x);
    const [w, v, w2] = [inputs.W, inputs.V, inputs.W2].map((matrix) => weight(transposed(matrix)));
    const gate = ops.linear(x, w);
    const up = ops.linear(x, v);
    const hidden = ops.gatedActivation(kinds[name], gate, up);
    expect(ops.linear(hidden, w2).data).toBeWithin(TOLERANCE, outputs.ffn);

    const dy = tensor(inputs.upstream_ffn);
    const { dgate, dup } = ops.gatedActivationBackward(kinds[name], ops.linearInputGradient(dy, w2), gate, up);
    const dx = ops.add(ops.linearInputGradient(dgate, w), ops.linearInputGradient(dup, v));
    expect(dx.data).toBeWithin(TOLERANCE, outputs.ffn_grad_x);
    expect(ops.linearWeightGradient(dgate, x).data).toBeWithin(TOLERANCE, transposed(outputs.ffn_grad_W));
    expect(ops.linearWeightGradient(dup, x).data).toBeWithin(TOLERANCE, transposed(outputs.ffn_grad_V));
    expect(ops.linearWeightGradient(dy, hidden).data).toBeWithin(TOLERANCE, transposed(outputs.ffn_grad_W2));
  });
});

describe("attention", () => {
  /** [batch][head][position][d] as the flat list of tokens: [batch * positions, heads * d]. */
  const tokens = (x: readonly (readonly number[][])[][]): RefTensor => {
    const rows = x.flatMap((heads) => heads[0].map((_, position) => heads.flatMap((head) => [...head[position]])));
    return tensor(rows as number[][]);
  };

  /** The range of each token of one sequence, from how the case is named: what `AttentionView` says of each kind. */
  function ranges(inputs: { window?: number; key_mask?: number[][] }, name: string, batch: number, length: number): [number, number][] {
    const unpadded = inputs.key_mask?.[batch].indexOf(1) ?? 0;
    return Array.from({ length }, (_, i) => {
      if (name.includes("bidirectional")) return [0, length];
      const first = Math.max(unpadded, i + 1 - (inputs.window ?? length));
      return [Math.min(first, i), i + 1]; // the golden lets a padded query see itself
    });
  }

  it.each(cases("attention"))("$name", ({ name, inputs, outputs }) => {
    const { heads, kv_heads, allowed } = inputs;
    const length = inputs.q[0][0].length;
    const headDim = inputs.q[0][0][0].length;
    const perSequence = inputs.q.map((_: unknown, batch: number) => ranges(inputs, name, batch, length)) as [number, number][][];
    const seen = perSequence.map((rows) =>
      rows.map(([first, end]) => allowed[0][0].map((_: number, key: number) => +(key >= first && key < end))),
    );
    expect(seen).toEqual(allowed);

    const all = perSequence.flatMap((rows, batch) => rows.map(([first, end]) => [first + batch * length, end + batch * length]));
    const view = { first: ints(all.map(([first]) => first)), end: ints(all.map(([, end]) => end)) };
    const spec = {
      nHeads: heads,
      nKvHeads: kv_heads,
      headDim,
      scale: headDim ** -0.5,
      softcap: inputs.cap,
      alibiSlopes: inputs.slopes,
      layer: 0,
    };
    const [q, k, v] = [tokens(inputs.q), tokens(inputs.k), tokens(inputs.v)];
    const y = ops.attend(q, k, v, view, spec);
    expect(y.data).toBeWithin(TOLERANCE, tokens(outputs.y).data);
    const { dq, dk, dv } = ops.attendBackward(tokens(inputs.upstream), y, q, k, v, view, spec);
    expect(dq.data).toBeWithin(TOLERANCE, tokens(outputs.grad_q).data);
    expect(dk.data).toBeWithin(TOLERANCE, tokens(outputs.grad_k).data);
    expect(dv.data).toBeWithin(TOLERANCE, tokens(outputs.grad_v).data);
  });
});

describe("cross-entropy", () => {
  it.each(cases("cross-entropy"))("of logits of $name", ({ inputs, outputs }) => {
    const logits = tensor(inputs.logits);
    const [rows, vocabSize] = logits.shape;
    const targets = ints(inputs.labels);
    const counted = inputs.labels.filter((label: number) => label >= 0).length;

    const logProbs = ops.logProbs(logits, targets);
    expect(Float64Array.from(logProbs.data, (value) => -value)).toBeWithin(TOLERANCE, outputs.loss_per_row);
    expect([-Array.from(logProbs.data).reduce((sum, value) => sum + value, 0) / counted]).toBeWithin(TOLERANCE, [outputs.loss]);
    const dlogits = ops.logProbsBackward(tensor(Array(rows).fill(-1 / counted)), logits, targets);
    expect(dlogits.data).toBeWithin(TOLERANCE, outputs.grad_logits);

    for (let v = 0; v < vocabSize; v++) {
      const column = ops.logProbs(logits, ints(Array(rows).fill(v)));
      expect(column.data).toBeWithin(
        TOLERANCE,
        outputs.log_softmax.map((row: number[]) => row[v]),
      );
    }
  });
});
