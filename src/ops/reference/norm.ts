// Norms of the reference backend: the formula, in float64, one token at a time. Slow on purpose; every other backend is judged by it.
import type { Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { f64, type RefTensor, type RefWeight } from "./values.ts";

type NormOps = Pick<Ops<RefTensor, RefWeight>, "rmsNorm" | "rmsNormBackward" | "layerNorm" | "layerNormBackward">;

export const normOps: NormOps = {
  rmsNorm(x, gain, eps, part = 1) {
    const y = f64(rules.norm("rmsNorm", x, gain));
    const [tokens, dim] = x.shape;
    for (let t = 0; t < tokens; t++) {
      const row = x.data.subarray(t * dim, (t + 1) * dim);
      const inverse = 1 / Math.sqrt(meanSquare(row, part) + eps);
      for (let i = 0; i < dim; i++) y.data[t * dim + i] = row[i] * inverse * gain.data[i];
    }
    return y;
  },

  rmsNormBackward(dy, x, gain, eps, part = 1) {
    rules.normBackward("rmsNormBackward", dy, x, gain);
    const [tokens, dim] = x.shape;
    const dx = f64(x.shape);
    const dgain = f64([dim]);
    const counted = Math.ceil(part * dim);
    for (let t = 0; t < tokens; t++) {
      const row = x.data.subarray(t * dim, (t + 1) * dim);
      const inverse = 1 / Math.sqrt(meanSquare(row, part) + eps);
      let dInverse = 0; // dL / d inverse
      for (let i = 0; i < dim; i++) {
        const g = dy.data[t * dim + i];
        dgain.data[i] += g * row[i] * inverse;
        dInverse += g * gain.data[i] * row[i];
      }
      // d inverse / d x[i] = -inverse^3 * x[i] / counted, for the counted entries
      for (let i = 0; i < dim; i++) {
        const through = i < counted ? (dInverse * inverse ** 3 * row[i]) / counted : 0;
        dx.data[t * dim + i] = dy.data[t * dim + i] * gain.data[i] * inverse - through;
      }
    }
    return { dx, dgain };
  },

  layerNorm(x, gain, bias, eps) {
    const y = f64(rules.norm("layerNorm", x, gain, bias));
    const [tokens, dim] = x.shape;
    for (let t = 0; t < tokens; t++) {
      const row = x.data.subarray(t * dim, (t + 1) * dim);
      const { mean, inverse } = moments(row, eps);
      for (let i = 0; i < dim; i++) y.data[t * dim + i] = (row[i] - mean) * inverse * gain.data[i] + (bias ? bias.data[i] : 0);
    }
    return y;
  },

  layerNormBackward(dy, x, gain, eps) {
    rules.normBackward("layerNormBackward", dy, x, gain);
    const [tokens, dim] = x.shape;
    const dx = f64(x.shape);
    const dgain = f64([dim]);
    const dbias = f64([dim]);
    for (let t = 0; t < tokens; t++) {
      const row = x.data.subarray(t * dim, (t + 1) * dim);
      const { mean, inverse } = moments(row, eps);
      let sum = 0; // of dnormalised
      let dot = 0; // of dnormalised * normalised
      for (let i = 0; i < dim; i++) {
        const g = dy.data[t * dim + i];
        const normalised = (row[i] - mean) * inverse;
        dgain.data[i] += g * normalised;
        dbias.data[i] += g;
        sum += g * gain.data[i];
        dot += g * gain.data[i] * normalised;
      }
      for (let i = 0; i < dim; i++) {
        const normalised = (row[i] - mean) * inverse;
        dx.data[t * dim + i] = inverse * (dy.data[t * dim + i] * gain.data[i] - sum / dim - (normalised * dot) / dim);
      }
    }
    return { dx, dgain, dbias };
  },
};

function meanSquare(row: ArrayLike<number>, part: number): number {
  const counted = Math.ceil(part * row.length);
  let sum = 0;
  for (let i = 0; i < counted; i++) sum += row[i] * row[i];
  return sum / counted;
}

function moments(row: ArrayLike<number>, eps: number): { mean: number; inverse: number } {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i];
  const mean = sum / row.length;
  let squares = 0;
  for (let i = 0; i < row.length; i++) squares += (row[i] - mean) ** 2;
  return { mean, inverse: 1 / Math.sqrt(squares / row.length + eps) };
}
