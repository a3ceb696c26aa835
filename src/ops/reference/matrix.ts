// Matrix products and row look-ups of the reference backend: the definitions, in float64, in ascending order of the index summed over.
import type { Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { f64, type RefTensor, type RefWeight } from "./values.ts";

type MatrixOps = Pick<
  Ops<RefTensor, RefWeight>,
  "embed" | "embedBackward" | "gather" | "gatherBackward" | "linear" | "linearInputGradient" | "linearWeightGradient" | "biasGradient"
>;

export const matrixOps: MatrixOps = {
  embed(table, ids) {
    const y = f64(rules.embed(table, ids));
    rules.indices("embed", "ids", ids.data, table.shape[0]);
    const dim = y.shape[1];
    ids.data.forEach((id, t) => {
      y.data.set(table.data.subarray(id * dim, (id + 1) * dim), t * dim);
    });
    return y;
  },

  embedBackward(dy, table, ids) {
    const dtable = f64(rules.embedBackward(dy, table, ids));
    addRows(dtable, dy, ids);
    return dtable;
  },

  gather(x, rows) {
    const y = f64(rules.gather(x, rows));
    rules.indices("gather", "rows", rows.data, x.shape[0]);
    const dim = y.shape[1];
    rows.data.forEach((row, i) => {
      y.data.set(x.data.subarray(row * dim, (row + 1) * dim), i * dim);
    });
    return y;
  },

  gatherBackward(dy, rows, tokens) {
    const dx = f64(rules.gatherBackward(dy, rows, tokens));
    addRows(dx, dy, rows);
    return dx;
  },

  linear(x, w, bias) {
    const y = f64(rules.linear(x, w, bias));
    const [out, inner] = w.shape;
    for (let t = 0; t < x.shape[0]; t++) {
      for (let o = 0; o < out; o++) {
        let sum = 0;
        for (let i = 0, a = t * inner, b = o * inner; i < inner; i++) sum += x.data[a + i] * w.data[b + i];
        y.data[t * out + o] = sum + (bias ? bias.data[o] : 0);
      }
    }
    return y;
  },

  linearInputGradient(dy, w) {
    const dx = f64(rules.linearInputGradient(dy, w));
    const [out, inner] = w.shape;
    for (let t = 0; t < dy.shape[0]; t++) {
      for (let o = 0; o < out; o++) {
        const g = dy.data[t * out + o];
        for (let i = 0; i < inner; i++) dx.data[t * inner + i] += g * w.data[o * inner + i];
      }
    }
    return dx;
  },

  linearWeightGradient(dy, x) {
    const dw = f64(rules.linearWeightGradient(dy, x));
    const [out, inner] = dw.shape;
    for (let t = 0; t < x.shape[0]; t++) {
      for (let o = 0; o < out; o++) {
        const g = dy.data[t * out + o];
        for (let i = 0; i < inner; i++) dw.data[o * inner + i] += g * x.data[t * inner + i];
      }
    }
    return dw;
  },

  biasGradient(dy) {
    const dbias = f64(rules.biasGradient(dy));
    const [tokens, out] = dy.shape;
    for (let t = 0; t < tokens; t++) for (let o = 0; o < out; o++) dbias.data[o] += dy.data[t * out + o];
    return dbias;
  },
};

/** into[rows[i]] += dy[i]. */
function addRows(into: RefTensor, dy: RefTensor, rows: RefTensor): void {
  const dim = dy.shape[1];
  rows.data.forEach((row, t) => {
    for (let i = 0; i < dim; i++) into.data[row * dim + i] += dy.data[t * dim + i];
  });
}
