// Attention over the tokens of one call: every kind of range, head grouping and head size, forward and backward.
import type { AttentionSpec, AttentionView, Tensor, Weight } from "../ops.ts";
import { type Bench, type ConformanceCase, judged } from "./case.ts";

const SOFTMAX = 1e-5; // float32, an online softmax over up to 300 keys

/** The keys [first, end) of each token. */
export type Ranges = readonly (readonly [first: number, end: number])[];

export const causal = (tokens: number, window = tokens): Ranges =>
  Array.from({ length: tokens }, (_, t) => [Math.max(0, t + 1 - window), t + 1] as const);

export const attentionSpec = (nHeads: number, nKvHeads: number, headDim: number, more: Partial<AttentionSpec> = {}): AttentionSpec => ({
  nHeads,
  nKvHeads,
  headDim,
  scale: headDim ** -0.5,
  layer: 0,
  ...more,
});

export function viewOf<T extends Tensor, W extends Weight>({ ints }: Bench<T, W>, ranges: Ranges): AttentionView<T> {
  return { first: ints(ranges.map(([first]) => first)), end: ints(ranges.map(([, end]) => end)) };
}

interface Scene {
  name: string;
  spec: AttentionSpec;
  ranges: Ranges;
  /** Rows of k and v; one a token by default. */
  keys?: number;
}

const shift = (ranges: Ranges, by: number): Ranges => ranges.map(([first, end]) => [first + by, end + by] as const);
const four = [0.25, 0.0625, 0.015625, 0.00390625];

const scenes: readonly Scene[] = [
  { name: "no token", spec: attentionSpec(4, 2, 8), ranges: [] },
  { name: "one token", spec: attentionSpec(2, 2, 16), ranges: causal(1) },
  {
    name: "one token, grouped heads",
    spec: attentionSpec(6, 2, 8, { alibiSlopes: [...four, 0.5, 0.03125], softcap: 2 }),
    ranges: [[3, 41]],
    keys: 43,
  },
  { name: "causal, a head each", spec: attentionSpec(4, 4, 8), ranges: causal(9) },
  { name: "causal, grouped heads", spec: attentionSpec(6, 2, 8), ranges: causal(9) },
  { name: "causal, one key/value head", spec: attentionSpec(4, 1, 8), ranges: causal(9) },
  { name: "sliding window", spec: attentionSpec(4, 2, 8), ranges: causal(20, 6) },
  { name: "window of one", spec: attentionSpec(4, 2, 8), ranges: causal(3, 1) },
  { name: "bidirectional", spec: attentionSpec(4, 2, 8), ranges: Array.from({ length: 7 }, () => [0, 7] as const) },
  { name: "prefix", spec: attentionSpec(4, 2, 8), ranges: causal(9).map(([first, end]) => [first, Math.max(4, end)] as const) },
  { name: "packed documents", spec: attentionSpec(4, 2, 8), ranges: [...causal(5), ...shift(causal(1), 5), ...shift(causal(7), 6)] },
  {
    name: "keys of another side",
    spec: attentionSpec(4, 2, 8),
    ranges: Array.from({ length: 3 }, () => [2, 11] as const),
    keys: 13,
  },
  {
    name: "empty ranges",
    spec: attentionSpec(4, 2, 8, { alibiSlopes: four, softcap: 3 }),
    ranges: [
      [0, 0],
      [0, 2],
      [3, 3],
      [4, 2],
      [2, 5],
    ],
  },
  {
    name: "all ranges empty",
    spec: attentionSpec(2, 2, 8),
    ranges: shift(
      causal(2).map(() => [0, 0] as const),
      1,
    ),
  },
  { name: "softcap", spec: attentionSpec(4, 2, 8, { softcap: 0.7 }), ranges: causal(9) },
  { name: "ALiBi", spec: attentionSpec(4, 2, 8, { alibiSlopes: four }), ranges: causal(9) },
  {
    name: "softcap, ALiBi and window at once",
    spec: attentionSpec(4, 2, 8, { softcap: 2, alibiSlopes: four }),
    ranges: causal(40, 17),
  },
  { name: "scores beyond where exponentials overflow", spec: attentionSpec(2, 1, 8, { scale: 60 }), ranges: causal(9) },
  { name: "a scale of its own", spec: attentionSpec(2, 1, 8, { scale: 0.0625 }), ranges: causal(9) },
  {
    name: "300 keys",
    spec: attentionSpec(4, 2, 16),
    ranges: [1, 2, 31, 33, 150, 299, 300].map((end) => [0, end] as const),
    keys: 300,
  },
  {
    name: "300 keys through a window",
    spec: attentionSpec(4, 2, 16, { alibiSlopes: four }),
    ranges: [40, 100, 299, 300].map((end) => [end - 40, end] as const),
    keys: 300,
  },
  ...[4, 8, 12, 20, 24, 32, 64, 80, 96, 128].map((headDim) => ({
    name: `heads of ${headDim}`,
    spec: attentionSpec(2, 1, headDim),
    ranges: causal(5),
  })),
];

export const attentionCases: readonly ConformanceCase[] = scenes.flatMap(({ name, spec, ranges, keys = ranges.length }) => {
  const queryWidth = spec.nHeads * spec.headDim;
  const keyWidth = spec.nKvHeads * spec.headDim;
  return [
    judged(`attend: ${name}`, ["attend"], SOFTMAX, (bench) => {
      const { ops, tensor } = bench;
      return [ops.attend(tensor(ranges.length, queryWidth), tensor(keys, keyWidth), tensor(keys, keyWidth), viewOf(bench, ranges), spec)];
    }),
    judged(`attend: gradient, ${name}`, ["attend", "attendBackward"], 2 * SOFTMAX, (bench) => {
      const { ops, tensor } = bench;
      const q = tensor(ranges.length, queryWidth);
      const [k, v] = [tensor(keys, keyWidth), tensor(keys, keyWidth)];
      const view = viewOf(bench, ranges);
      const y = ops.attend(q, k, v, view, spec);
      const { dq, dk, dv } = ops.attendBackward(tensor(ranges.length, queryWidth), y, q, k, v, view, spec);
      return [dq, dk, dv];
    }),
  ];
});
