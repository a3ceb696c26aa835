// The reference backend: slow, obvious and right. Activations in float64, no blocking, no tricks; every other backend is judged by it.
import type { Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { attentionOps } from "./attention.ts";
import { elementwiseOps } from "./elementwise.ts";
import { matrixOps } from "./matrix.ts";
import { normOps } from "./norm.ts";
import { ropeOps } from "./rope.ts";
import { trainingOps } from "./training.ts";
import { copyPages, f64, makeKvCache, type RefKvCache, type RefTensor, type RefWeight, storedWeight } from "./values.ts";

export type { RefTensor, RefWeight } from "./values.ts";

/** The judge: {@link Ops} in plain TypeScript. */
export function createReference(): Ops<RefTensor, RefWeight> {
  return {
    backend: "reference",
    input: (values, shape) =>
      values instanceof Int32Array
        ? { shape: rules.input(values, shape), dtype: "i32", data: values.slice() }
        : f64(rules.input(values, shape), Float64Array.from(values)),
    read: async (x) => Float32Array.from(x.data),
    weight: (shape, type, bytes) => storedWeight(rules.weight(shape, type, bytes), type, bytes),
    async streamWeight(shape, type, pieces) {
      const bytes = new Uint8Array(rules.weightBytes(shape, type));
      let length = 0;
      for await (const piece of rules.streamWeight(shape, type, pieces)) {
        bytes.set(piece, length);
        length += piece.byteLength;
      }
      return storedWeight(shape, type, bytes);
    },
    exportWeight: async (w) => Float32Array.from(w.data),
    kvCache: makeKvCache,
    copyPages(cache, from, to) {
      rules.copyPages(cache, from, to);
      copyPages(cache as RefKvCache, from, to);
    },
    // The garbage collector already does what a scope asks for.
    scope: (body) => body(),
    dispose: async () => {},
    reshape: (x, shape) => ({ ...x, shape: rules.reshape(x, shape) }),
    ...matrixOps,
    ...normOps,
    ...ropeOps,
    ...attentionOps,
    ...elementwiseOps,
    ...trainingOps,
  };
}
