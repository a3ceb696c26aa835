// Elementwise ops and the log-probabilities of the reference backend.
import { curve } from "../activations.ts";
import type { Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { f64, type RefTensor, type RefWeight } from "./values.ts";

type ElementwiseOps = Pick<
  Ops<RefTensor, RefWeight>,
  | "add"
  | "multiply"
  | "scale"
  | "activation"
  | "activationBackward"
  | "gatedActivation"
  | "gatedActivationBackward"
  | "softcap"
  | "softcapBackward"
  | "logProbs"
  | "logProbsBackward"
>;

const map = (op: string, x: RefTensor, f: (value: number, i: number) => number): RefTensor =>
  f64(rules.elementwise(op, x), Float64Array.from(x.data, f));

const zip = (op: string, x: RefTensor, y: RefTensor, f: (a: number, b: number) => number): RefTensor => {
  rules.elementwise(op, x, y);
  return map(op, x, (a, i) => f(a, y.data[i]));
};

export const elementwiseOps: ElementwiseOps = {
  add: (x, y) => zip("add", x, y, (a, b) => a + b),
  multiply: (x, y) => zip("multiply", x, y, (a, b) => a * b),
  scale: (x, factor) => map("scale", x, (a) => a * factor),

  activation: (kind, x) => map("activation", x, curve(kind).value),
  activationBackward: (kind, dy, x) => zip("activationBackward", dy, x, (g, a) => g * curve(kind).derivative(a)),

  gatedActivation: (kind, gate, up) => zip("gatedActivation", gate, up, (a, b) => curve(kind).value(a) * b),
  gatedActivationBackward: (kind, dy, gate, up) => {
    const { value, derivative } = curve(kind);
    rules.elementwise("gatedActivationBackward", gate, up);
    rules.elementwise("gatedActivationBackward", gate, dy);
    return {
      dgate: map("gatedActivationBackward", dy, (g, i) => g * derivative(gate.data[i]) * up.data[i]),
      dup: map("gatedActivationBackward", dy, (g, i) => g * value(gate.data[i])),
    };
  },

  softcap: (x, cap) => map("softcap", x, (a) => cap * Math.tanh(a / cap)),
  softcapBackward: (dy, x, cap) => zip("softcapBackward", dy, x, (g, a) => g * (1 - Math.tanh(a / cap) ** 2)),

  logProbs(logits, targets) {
    const y = f64(rules.logProbs(logits, targets));
    const vocabSize = logits.shape[1];
    targets.data.forEach((target, t) => {
      if (target < 0) return;
      const row = logits.data.subarray(t * vocabSize, (t + 1) * vocabSize);
      y.data[t] = row[target] - logSumExp(row);
    });
    return y;
  },

  logProbsBackward(dy, logits, targets) {
    const dlogits = f64(rules.logProbsBackward(dy, logits, targets));
    const vocabSize = logits.shape[1];
    targets.data.forEach((target, t) => {
      if (target < 0) return;
      const row = logits.data.subarray(t * vocabSize, (t + 1) * vocabSize);
      const total = logSumExp(row);
      // d logProb / d logits[v] = (v is the target) - softmax[v]
      for (let v = 0; v < vocabSize; v++) dlogits.data[t * vocabSize + v] = -dy.data[t] * Math.exp(row[v] - total);
      dlogits.data[t * vocabSize + target] += dy.data[t];
    });
    return dlogits;
  },
};

function logSumExp(row: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let v = 0; v < row.length; v++) largest = Math.max(largest, row[v]);
  let sum = 0;
  for (let v = 0; v < row.length; v++) sum += Math.exp(row[v] - largest);
  return largest + Math.log(sum);
}
