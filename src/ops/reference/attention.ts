// Attention of the reference backend, one query and head at a time: scores, softmax, weighted sum of values, in float64.
// It holds the scores of one query; other backends hold none (online softmax) and must agree.
import { UnsupportedError } from "../../errors.ts";
import type { AttentionSpec, AttentionView, Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { f64, type RefKvCache, type RefTensor, type RefWeight } from "./values.ts";

/** Keys and values as rows, wherever they live: row `rowOf(token, key)` of `k` and `v`. */
interface KeyRows {
  k: Float64Array | Int32Array;
  v: Float64Array | Int32Array;
  rowOf(token: number, key: number): number;
}

export const attentionOps: Pick<Ops<RefTensor, RefWeight>, "attend" | "attendBackward"> = {
  attend(q, k, v, view, spec) {
    const y = f64(rules.attend(q, k, v, view, spec));
    const keys = view.paged ? store(k, v, view, spec) : { k: k.data, v: v.data, rowOf: (_token: number, key: number) => key };
    forEachHead(q, view, spec, (t, h, at, kvAt) => {
      const weights = softmaxWeights(q, keys, view, spec, t, h);
      weights.forEach((weight, i) => {
        const row = keys.rowOf(t, view.first.data[t] + i) * spec.nKvHeads * spec.headDim + kvAt;
        for (let d = 0; d < spec.headDim; d++) y.data[at + d] += weight * keys.v[row + d];
      });
    });
    return y;
  },

  attendBackward(dy, y, q, k, v, view, spec) {
    if (view.paged) throw new UnsupportedError("attendBackward: gradients do not flow through a key/value cache: train without one");
    rules.attendBackward(dy, y, q, k, v, view, spec);
    const dq = f64(q.shape);
    const dk = f64(k.shape);
    const dv = f64(v.shape);
    const { headDim, nKvHeads, scale, softcap } = spec;
    const keys: KeyRows = { k: k.data, v: v.data, rowOf: (_token, key) => key };
    forEachHead(q, view, spec, (t, h, at, kvAt) => {
      const weights = softmaxWeights(q, keys, view, spec, t, h);
      const rows = Array.from(weights, (_, i) => (view.first.data[t] + i) * nKvHeads * headDim + kvAt);
      // dweight[i] = dy . v[i]; dscore = weight * (dweight - sum(weight * dweight))
      const dweights = rows.map((row) => dot(dy.data, at, v.data, row, headDim));
      const mean = dweights.reduce((sum, dweight, i) => sum + weights[i] * dweight, 0);
      rows.forEach((row, i) => {
        let dscore = weights[i] * (dweights[i] - mean);
        if (softcap) {
          const tanh = Math.tanh((scale * dot(q.data, at, k.data, row, headDim)) / softcap);
          dscore *= 1 - tanh * tanh;
        }
        for (let d = 0; d < headDim; d++) {
          dq.data[at + d] += dscore * scale * k.data[row + d];
          dk.data[row + d] += dscore * scale * q.data[at + d];
          dv.data[row + d] += weights[i] * dy.data[at + d];
        }
      });
    });
    return { dq, dk, dv };
  },
};

/** Calls `body` with the offset of every (token, head) in q, and of its key/value head inside a row of keys. */
function forEachHead(
  q: RefTensor,
  view: AttentionView<RefTensor>,
  spec: AttentionSpec,
  body: (token: number, head: number, at: number, kvAt: number) => void,
): void {
  const { nHeads, nKvHeads, headDim } = spec;
  for (let t = 0; t < q.shape[0]; t++) {
    if (view.end.data[t] <= view.first.data[t]) continue;
    for (let h = 0; h < nHeads; h++) body(t, h, (t * nHeads + h) * headDim, Math.floor((h * nKvHeads) / nHeads) * headDim);
  }
}

/** The attention weights of one query over the keys [first, end) that it sees. */
function softmaxWeights(
  q: RefTensor,
  keys: KeyRows,
  view: AttentionView<RefTensor>,
  spec: AttentionSpec,
  token: number,
  head: number,
): Float64Array {
  const { nHeads, nKvHeads, headDim, scale, softcap, alibiSlopes } = spec;
  const first = view.first.data[token];
  const end = view.end.data[token];
  const kvAt = Math.floor((head * nKvHeads) / nHeads) * headDim;
  const scores = new Float64Array(end - first);
  let largest = Number.NEGATIVE_INFINITY;
  for (let key = first; key < end; key++) {
    const row = keys.rowOf(token, key) * nKvHeads * headDim + kvAt;
    let score = scale * dot(q.data, (token * nHeads + head) * headDim, keys.k, row, headDim);
    if (softcap) score = softcap * Math.tanh(score / softcap);
    if (alibiSlopes) score -= alibiSlopes[head] * (end - 1 - key);
    scores[key - first] = score;
    largest = Math.max(largest, score);
  }
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    scores[i] = Math.exp(scores[i] - largest);
    sum += scores[i];
  }
  return scores.map((score) => score / sum);
}

/** Writes the new keys and values into their slots and returns the whole cache of the layer, addressed through the page table. */
function store(k: RefTensor, v: RefTensor, view: AttentionView<RefTensor>, spec: AttentionSpec): KeyRows {
  const { cache, slots, sequence, pages } = view.paged!;
  const { keys, values } = cache as RefKvCache;
  const { pageSize } = cache.layout;
  const width = spec.nKvHeads * spec.headDim;
  slots.data.forEach((slot, t) => {
    keys[spec.layer].set(k.data.subarray(t * width, (t + 1) * width), slot * width);
    values[spec.layer].set(v.data.subarray(t * width, (t + 1) * width), slot * width);
  });
  const rowOf = (token: number, key: number): number =>
    pages.data[sequence.data[token] * pages.shape[1] + Math.floor(key / pageSize)] * pageSize + (key % pageSize);
  return { k: keys[spec.layer], v: values[spec.layer], rowOf };
}

function dot(a: ArrayLike<number>, aAt: number, b: ArrayLike<number>, bAt: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[aAt + i] * b[bAt + i];
  return sum;
}
