// What an optimiser does, in the reference backend: in float64, rounded where weights are kept.
import type { Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { f64, type RefTensor, type RefWeight } from "./values.ts";

export const trainingOps: Pick<Ops<RefTensor, RefWeight>, "globalNorm" | "adamW"> = {
  globalNorm(xs) {
    let sum = 0;
    for (const { data } of xs) for (let i = 0; i < data.length; i++) sum += data[i] ** 2;
    return f64(rules.globalNorm(xs), Float64Array.of(Math.sqrt(sum)));
  },

  adamW(w, m, v, gradient, { learningRate, beta1, beta2, eps, weightDecay, step, gradientScale, clip }) {
    rules.adamW(w, m, v, gradient, clip?.norm);
    const factor = gradientScale * (clip ? Math.min(1, clip.most / (gradientScale * clip.norm.data[0] + 1e-6)) : 1);
    for (let i = 0; i < w.data.length; i++) {
      const g = factor * gradient.data[i];
      m.data[i] = beta1 * m.data[i] + (1 - beta1) * g;
      v.data[i] = beta2 * v.data[i] + (1 - beta2) * g * g;
      const mean = m.data[i] / (1 - beta1 ** step);
      const size = Math.sqrt(v.data[i] / (1 - beta2 ** step)) + eps;
      w.data[i] = (1 - learningRate * weightDecay) * w.data[i] - (learningRate * mean) / size;
    }
  },
};
