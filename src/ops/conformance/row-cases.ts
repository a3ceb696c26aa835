// Norms, rotations, elementwise functions and log-probabilities: what a backend does to a row at a time; and how values come in and out.
import type { Activation } from "../ops.ts";
import { type ConformanceCase, judged } from "./case.ts";

const ROW = 1e-5; // float32, one pass over a row
const EXP = 1e-5; // a backend may have its own exponential

const widths = [4, 37, 64, 300];

const norms: readonly ConformanceCase[] = [
  judged("rmsNorm", ["rmsNorm"], ROW, ({ ops, tensor, weight }) =>
    widths.flatMap((dim) => [1, 3].map((tokens) => ops.rmsNorm(tensor(tokens, dim), weight([dim]), 1e-5))),
  ),
  judged("rmsNorm: zero, tiny and huge rows", ["rmsNorm"], ROW, ({ ops, tensor, weight }) =>
    [0, 1e-6, 1e6].map((size) => ops.rmsNorm(ops.scale(tensor(2, 64), size), weight([64]), 1e-6)),
  ),
  judged("rmsNorm: part of the row", ["rmsNorm"], ROW, ({ ops, tensor, weight }) => [
    ops.rmsNorm(tensor(3, 40), weight([40]), 1e-8, 0.0625), // 2.5 entries: three
    ops.rmsNorm(tensor(3, 64), weight([64]), 1e-8, 0.125),
  ]),
  judged("rmsNorm: gains of other types", ["rmsNorm"], ROW, ({ ops, tensor, weight }) => [
    ops.rmsNorm(tensor(3, 64), weight([64], "F16"), 1e-5),
    ops.rmsNorm(tensor(3, 64), weight([64], "BF16"), 1e-5),
  ]),
  judged("rmsNorm: gradient", ["rmsNormBackward"], ROW, ({ ops, tensor, weight }) =>
    widths.flatMap((dim) =>
      [undefined, 0.3].flatMap((part) => {
        const { dx, dgain } = ops.rmsNormBackward(tensor(5, dim), tensor(5, dim), weight([dim]), 1e-5, part);
        return [dx, dgain];
      }),
    ),
  ),
  judged("rmsNorm: gradient of a zero row", ["rmsNormBackward"], ROW, ({ ops, tensor, weight }) => {
    const { dx, dgain } = ops.rmsNormBackward(tensor(1, 64), ops.scale(tensor(1, 64), 0), weight([64]), 1e-6);
    return [dx, dgain];
  }),
  judged("layerNorm", ["layerNorm"], ROW, ({ ops, tensor, weight }) =>
    widths.flatMap((dim) => [
      ops.layerNorm(tensor(1, dim), weight([dim]), weight([dim]), 1e-5),
      ops.layerNorm(tensor(3, dim), weight([dim]), undefined, 1e-5),
    ]),
  ),
  judged("layerNorm: far from zero, and constant rows", ["layerNorm"], 1e-4, ({ ops, tensor, weight }) => [
    ops.layerNorm(ops.add(tensor(2, 64), ops.input(new Float32Array(128).fill(50), [2, 64])), weight([64]), weight([64]), 1e-5),
    ops.layerNorm(ops.input(new Float32Array(128).fill(3), [2, 64]), weight([64]), weight([64]), 1e-5),
  ]),
  judged("layerNorm: gradient", ["layerNormBackward"], ROW, ({ ops, tensor, weight }) =>
    widths.flatMap((dim) => {
      const { dx, dgain, dbias } = ops.layerNormBackward(tensor(5, dim), tensor(5, dim), weight([dim]), 1e-5);
      return [dx, dgain, dbias];
    }),
  ),
];

/** [heads, head size, turning entries] */
const rotations = [
  [4, 8, 8],
  [1, 128, 128],
  [3, 16, 4],
  [2, 20, 10],
  [5, 12, 2],
] as const;

const ropes: readonly ConformanceCase[] = [
  judged("rope: whole and part of heads", ["rope"], ROW, ({ ops, tensor }) =>
    rotations.flatMap(([heads, headDim, turning]) =>
      [1, 5].map((tokens) => ops.rope(tensor(tokens, heads * headDim), tensor(tokens, turning), headDim)),
    ),
  ),
  judged("rope: gradient", ["ropeBackward"], ROW, ({ ops, tensor }) =>
    rotations.map(([heads, headDim, turning]) => ops.ropeBackward(tensor(5, heads * headDim), tensor(5, turning), headDim)),
  ),
];

const activations: readonly Activation[] = [
  "identity",
  "relu",
  "gelu",
  "gelu-tanh",
  "gelu-quick",
  "sigmoid",
  "tanh",
  "silu",
  { swish: 0 },
  { swish: 0.5 },
  { swish: 10 },
];

/** Multiples of 0.37 around zero, then small numbers, then where exponentials overflow: each judged for itself. */
const curvePoints: readonly Float32Array[] = [
  Float32Array.from({ length: 45 }, (_, i) => (i - 22) * 0.37),
  Float32Array.from({ length: 9 }, (_, i) => (i - 4) * 1e-4),
  Float32Array.of(-1e4, -100, -40, 40, 100, 1e4),
];

const activationCases = activations.flatMap((kind): ConformanceCase[] => {
  const name = typeof kind === "string" ? kind : `swish ${kind.swish}`;
  return [
    judged(`activation ${name}`, ["activation"], EXP, ({ ops }) => curvePoints.map((points) => ops.activation(kind, ops.input(points)))),
    judged(`activation ${name}: gradient`, ["activationBackward"], EXP, ({ ops, tensor }) =>
      curvePoints.map((points) => ops.activationBackward(kind, tensor(points.length), ops.input(points))),
    ),
    judged(`gatedActivation ${name}`, ["gatedActivation"], EXP, ({ ops, tensor }) =>
      curvePoints.map((points) => ops.gatedActivation(kind, ops.input(points), tensor(points.length))),
    ),
    judged(`gatedActivation ${name}: gradient`, ["gatedActivationBackward"], EXP, ({ ops, tensor }) =>
      curvePoints.flatMap((points) => {
        const { dgate, dup } = ops.gatedActivationBackward(kind, tensor(points.length), ops.input(points), tensor(points.length));
        return [dgate, dup];
      }),
    ),
  ];
});

const elementwise: readonly ConformanceCase[] = [
  judged("add, multiply, scale", ["add", "multiply", "scale"], 1e-6, ({ ops, tensor }) =>
    [
      [1, 1],
      [3, 37],
      [2, 64],
    ].flatMap(([rows, columns]) => {
      const x = tensor(rows, columns);
      const y = tensor(rows, columns);
      return [ops.add(x, y), ops.multiply(x, y), ops.scale(x, -0.3), ops.add(x, x)];
    }),
  ),
  judged("softcap", ["softcap"], EXP, ({ ops, tensor }) => [
    ops.softcap(ops.scale(tensor(3, 37), 40), 30),
    ops.softcap(ops.input(Float32Array.of(-1e5, 0, 1e5), [1, 3]), 2),
  ]),
  judged("softcap: gradient", ["softcapBackward"], EXP, ({ ops, tensor }) => [
    ops.softcapBackward(tensor(3, 37), ops.scale(tensor(3, 37), 40), 30),
  ]),
];

const loss: readonly ConformanceCase[] = [
  judged("logProbs: masked targets, large logits", ["logProbs"], EXP, ({ ops, tensor, ints }) =>
    [1, 60].flatMap((size) => [
      ops.logProbs(ops.scale(tensor(6, 37), size), ints([0, 36, -100, 5, -1, 5])),
      ops.logProbs(ops.scale(tensor(1, 300), size), ints([299])),
    ]),
  ),
  judged("logProbs: gradient", ["logProbsBackward"], EXP, ({ ops, tensor, ints }) =>
    [1, 60].map((size) => ops.logProbsBackward(tensor(6), ops.scale(tensor(6, 37), size), ints([0, 36, -100, 5, -1, 5]))),
  ),
];

const values: readonly ConformanceCase[] = [
  judged("input, reshape: values come back", ["input", "read", "reshape"], 0, ({ ops, tensor, ints }) => [
    tensor(3, 37),
    ops.reshape(tensor(3, 12), [9, 4]),
    ints([-5, 0, 2 ** 24]),
    ops.input(new Float32Array([1, 2, 3]).subarray(1)),
  ]),
  judged("scope: what it returns outlives what it made", ["scope", "add"], 1e-6, ({ ops, tensor }) => {
    const kept = ops.scope(() => {
      const x = tensor(3, 64);
      const inner = ops.scope(() => ({ sum: ops.add(x, tensor(3, 64)), more: [ops.scale(x, 3), undefined] }));
      ops.scope(() => ops.multiply(inner.sum, inner.sum));
      return inner;
    });
    for (let i = 0; i < 8; i++) ops.scope(() => ops.add(tensor(3, 64), tensor(3, 64)));
    return [kept.sum, kept.more[0]!, ops.add(kept.sum, kept.more[0]!)];
  }),
  judged(
    "scope: what it returns may be made outside, or the same values under another shape",
    ["scope", "reshape"],
    1e-6,
    ({ ops, tensor }) => {
      const outside = tensor(3, 64);
      const same = ops.scope(() => outside);
      const reshapedOutside = ops.scope(() => ops.reshape(outside, [64, 3]));
      const reshaped = ops.scope(() => ops.reshape(ops.add(outside, tensor(3, 64)), [6, 32]));
      const through = ops.scope(() => ops.scope(() => ops.reshape(ops.reshape(ops.scale(outside, 2), [192]), [2, 96])));
      for (let i = 0; i < 8; i++) ops.scope(() => ops.add(tensor(3, 64), tensor(3, 64)));
      return [outside, same, reshapedOutside, reshaped, through];
    },
  ),
];

export const rowCases: readonly ConformanceCase[] = [...norms, ...ropes, ...activationCases, ...elementwise, ...loss, ...values];
