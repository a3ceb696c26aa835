// What an optimiser does: norms, and weights that change in their place while others read them.
import { elementCount, type Shape } from "../../tensor/shape.ts";
import type { AdamWStep, Ops, Tensor, Weight } from "../ops.ts";
import { bench, type ConformanceCase, judged, readAll } from "./case.ts";
import { SUM } from "./matrix-cases.ts";

/** Panels of rows that are full and not, rows that are whole vectors and not, a vector. */
const shapes: readonly Shape[] = [[1, 1], [8, 32], [13, 37], [67, 20], [37], [64]];

const numbers = (step: number): AdamWStep<never> => {
  return { learningRate: 0.05, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: step === 2 ? 0 : 0.1, step, gradientScale: 0.5 };
};

/** A weight and its moments after `steps` steps, by gradients that are made from the weight as it then is. */
function train<T extends Tensor, W extends Weight>(ops: Ops<T, W>, shape: Shape, steps: number): W[] {
  const { tensor, weight } = bench(ops);
  const zeros = (): W => ops.weight(shape, "F32", new Uint8Array(4 * elementCount(shape)));
  const [w, m, v] = [weight(shape), zeros(), zeros()];
  for (let step = 1; step <= steps; step++) {
    ops.scope(() => {
      const gradient = tensor(...shape);
      ops.adamW(w, m, v, gradient, {
        ...numbers(step),
        clip: step === 1 ? undefined : { norm: ops.globalNorm([gradient]), most: step - 1 },
      });
    });
  }
  return [w, m, v];
}

export const trainingCases: readonly ConformanceCase[] = [
  judged("globalNorm: of one and of many", ["globalNorm"], 1e-6, ({ ops, tensor }) => [
    ops.globalNorm([tensor(5, 37)]),
    ops.globalNorm([tensor(1, 64), tensor(300), ops.scale(tensor(13, 20), 100), tensor(1)]),
    ops.globalNorm([ops.scale(tensor(3, 64), 0)]),
  ]),
  {
    name: "adamW: weights and moments after one and three steps",
    ops: ["adamW", "exportWeight"],
    tolerance: SUM,
    sameBits: false,
    run: (ops) => Promise.all([1, 3].flatMap((steps) => shapes.flatMap((shape) => train(ops, shape, steps)).map(ops.exportWeight))),
  },
  {
    name: "adamW: a weight is what it was for what came before, and new for what follows",
    ops: ["adamW", "linear", "rmsNorm", "embed"],
    tolerance: SUM,
    sameBits: false,
    run: (ops) =>
      readAll(ops, () => {
        const { ints, tensor, weight } = bench(ops);
        const x = tensor(3, 64);
        const zeros = (shape: Shape) => ops.weight(shape, "F32", new Uint8Array(4 * elementCount(shape)));
        const [w, gain, bias] = [weight([16, 64]), weight([64]), weight([16])];
        const trained = [w, gain, bias].map((each) => ({ each, m: zeros(each.shape), v: zeros(each.shape) }));
        const results: ReturnType<typeof tensor>[] = [];
        for (let step = 1; step <= 3; step++) {
          results.push(ops.linear(ops.rmsNorm(x, gain, 1e-5), w, bias), ops.embed(w, ints([3, 15, 0])), ops.linear(tensor(1, 64), w));
          for (const { each, m, v } of trained) ops.adamW(each, m, v, tensor(...each.shape), numbers(step));
        }
        return results;
      }),
  },
];
