// The reference backend: slow, obvious and right. Activations in float64, no blocking, no tricks; every other backend is judged by it.
import { dequantize } from "../../formats/quant/index.ts";
import type { Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { attentionOps } from "./attention.ts";
import { elementwiseOps } from "./elementwise.ts";
import { matrixOps } from "./matrix.ts";
import { normOps } from "./norm.ts";
import { ropeOps } from "./rope.ts";
import { copyPages, f64, makeKvCache, makeWeight, type RefKvCache, type RefTensor, type RefWeight } from "./values.ts";

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
    weight: (shape, type, bytes) =>
      makeWeight(rules.weight(shape, type, bytes), type, type === "F64" ? new Float64Array(bytes.slice().buffer) : dequantize(type, bytes)),
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
  };
}
