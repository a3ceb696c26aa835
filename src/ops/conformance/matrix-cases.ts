// Products with weights of every storage type, look-ups in them, and their gradients.
import { type StorageType, storage } from "../../tensor/dtype.ts";
import { createRng } from "../../tensor/rng.ts";
import { elementCount } from "../../tensor/shape.ts";
import { bench, type ConformanceCase, judged, weightBytes } from "./case.ts";

export const SUM = 1e-5; // float32 sums of up to a thousand terms
export const EIGHT_BITS = 2e-2; // activations rounded to 8 bits: each is off by up to 1/254 of the largest of its block

/** Integers are stored beside models, not in their matrices. */
const integers = /^[IU]\d+$|^BOOL$/;
export const weightTypes: readonly StorageType[] = (Object.keys(storage) as StorageType[]).filter((type) => !integers.test(type));

export const isBlock = (type: StorageType): boolean => storage[type].blockSize > 1;

/** [out, in] of two matrices: rows as short as can be and in no whole groups, then longer ones, in several groups and a rest. */
export const matrices = (type: StorageType): readonly (readonly [number, number])[] => {
  const { blockSize } = storage[type];
  return isBlock(type)
    ? [
        [5, blockSize],
        [28, 3 * blockSize],
      ]
    : [
        [5, 37],
        [28, 64],
      ];
};

const tokenCounts = [1, 3, 18];

const casesOf = (type: StorageType): ConformanceCase[] => [
  judged(`linear ${type}`, ["linear"], SUM, ({ ops, steps, tensor, weight }) =>
    matrices(type).flatMap(([out, inner]) => {
      const w = weight([out, inner], type);
      return tokenCounts.map((tokens) => ops.linear(isBlock(type) ? steps(tokens, inner) : tensor(tokens, inner), w));
    }),
  ),
  judged(`linear ${type}: input gradient`, ["linearInputGradient"], SUM, ({ ops, tensor, weight }) =>
    matrices(type).flatMap(([out, inner]) => {
      const w = weight([out, inner], type);
      return tokenCounts.map((tokens) => ops.linearInputGradient(tensor(tokens, out), w));
    }),
  ),
  judged(`embed ${type}`, ["embed"], 1e-6, ({ ops, ints, weight }) =>
    matrices(type).flatMap(([, dim]) => {
      const table = weight([7, dim], type);
      return [ops.embed(table, ints([6])), ops.embed(table, ints([0, 6, 3, 3, 1]))];
    }),
  ),
  {
    name: `exportWeight ${type}`,
    ops: ["exportWeight"],
    tolerance: type === "F32" ? 0 : 1e-6,
    sameBits: false,
    run: async (ops) => [await ops.exportWeight(bench(ops).weight([5, 2 * storage[type].blockSize], type))],
  },
  {
    name: `streamWeight ${type}: cut anywhere`,
    ops: ["streamWeight", "exportWeight"],
    tolerance: 1e-6,
    sameBits: true,
    async run(ops) {
      const shape = [13, 3 * storage[type].blockSize];
      const bytes = weightBytes(createRng(7), type, elementCount(shape));
      const whole = ops.weight(shape, type, bytes);
      const ways = cuts.map((lengths) => ops.streamWeight(shape, type, cut(bytes, lengths)));
      return Promise.all([whole, ...(await Promise.all(ways))].map((w) => ops.exportWeight(w)));
    },
  },
];

/** Lengths of pieces, again and again: whole, bytes one by one, in no whole rows or values, with empty ones among them. */
const cuts = [[1 << 20], [1], [7, 0, 1000, 3], [4096, 61]];

async function* cut(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length];
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

const linearOfAnyActivations = weightTypes.filter(isBlock).map((type) =>
  judged(`linear ${type}: activations that 8 bits cannot hold`, ["linear"], EIGHT_BITS, ({ ops, tensor, weight }) =>
    matrices(type).flatMap(([out, inner]) => {
      // Rows enough that the largest result, which the tolerance is a part of, is a large one and not by chance a small one.
      const w = weight([16 * out, inner], type);
      return tokenCounts.map((tokens) => ops.linear(tensor(tokens, inner), w));
    }),
  ),
);

export const matrixCases: readonly ConformanceCase[] = [
  ...weightTypes.flatMap(casesOf),
  ...linearOfAnyActivations,

  judged("linear: bias", ["linear"], SUM, ({ ops, steps, weight }) => [
    ops.linear(steps(3, 64), weight([7, 64]), weight([7])),
    ops.linear(steps(3, 64), weight([7, 64], "F16"), weight([7], "F16")),
    ops.linear(steps(3, 64), weight([7, 64], "BF16"), weight([7], "BF16")),
    ops.linear(steps(1, 64), weight([28, 64], "Q8_0"), weight([28])),
    ops.linear(steps(18, 64), weight([12, 64], "Q4_0"), weight([12], "F16")),
  ]),
  judged("linear: sizes around tiles", ["linear"], SUM, ({ ops, tensor, weight }) =>
    [
      [1, 1, 1],
      [2, 3, 2],
      [4, 4, 4],
      [7, 15, 9],
      [16, 32, 16],
      [33, 130, 67],
    ].map(([tokens, inner, out]) => ops.linear(tensor(tokens, inner), weight([out, inner]))),
  ),
  judged("linear: zero and tiny activations", ["linear"], SUM, ({ ops, tensor, weight }) => {
    const w = weight([6, 64], "Q8_0");
    return [ops.linear(ops.scale(tensor(2, 64), 0), w), ops.linear(ops.scale(ops.input(new Float32Array(128).fill(1), [2, 64]), 1e-20), w)];
  }),
  judged("linear: weight and bias gradient", ["linearWeightGradient", "biasGradient"], SUM, ({ ops, tensor }) =>
    [
      [0, 9, 5],
      [1, 1, 1],
      [1, 37, 5],
      [3, 64, 12],
      [33, 30, 67],
    ].flatMap(([tokens, inner, out]) => {
      const dy = tensor(tokens, out);
      return [ops.linearWeightGradient(dy, tensor(tokens, inner)), ops.biasGradient(dy)];
    }),
  ),
  judged("linear: gradients of sizes beyond what caches hold at once", ["linearInputGradient", "linearWeightGradient"], SUM, (bench) => {
    const { ops, tensor, weight } = bench;
    return (["F32", "Q4_0"] as const).flatMap((type) =>
      [
        [131, 64, 1030],
        [600, 96, 41],
      ].flatMap(([tokens, inner, out]) => {
        const dy = tensor(tokens, out);
        return [ops.linearInputGradient(dy, weight([out, inner], type)), ops.linearWeightGradient(dy, tensor(tokens, inner))];
      }),
    );
  }),
  judged("embed: gradient of repeated ids", ["embedBackward"], SUM, ({ ops, tensor, ints, weight }) => [
    ops.embedBackward(tensor(6, 37), weight([9, 37]), ints([4, 0, 4, 8, 4, 0])),
    ops.embedBackward(tensor(1, 64), weight([5, 64]), ints([4])),
  ]),
  judged("gather: repeated and missing rows", ["gather"], 0, ({ ops, tensor, ints }) => [
    ops.gather(tensor(5, 37), ints([4, 0, 4, 2])),
    ops.gather(tensor(3, 64), ints([2])),
  ]),
  judged("gather: gradient of repeated and missing rows", ["gatherBackward"], SUM, ({ ops, tensor, ints }) => [
    ops.gatherBackward(tensor(4, 37), ints([4, 0, 4, 2]), 5),
    ops.gatherBackward(tensor(1, 64), ints([2]), 3),
  ]),
];
