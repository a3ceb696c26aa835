// The reference backend keeps every activation as float64 and every weight as the exact numbers its file holds.
import { dequantize } from "../../formats/quant/index.ts";
import type { StorageType } from "../../tensor/dtype.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";
import type { KvCache, KvLayout, Tensor, Weight } from "../ops.ts";

export interface RefTensor extends Tensor {
  readonly data: Float64Array | Int32Array;
}

export interface RefWeight extends Weight {
  /** Row-major. Float32 holds every storage type exactly but F64, which tests use for finite differences. */
  readonly data: Float32Array | Float64Array;
}

export interface RefKvCache extends KvCache {
  /** One array a layer: [pages * pageSize, nKvHeads * headDim]. */
  readonly keys: readonly Float64Array[];
  readonly values: readonly Float64Array[];
}

export function f64(shape: Shape, data: Float64Array = new Float64Array(elementCount(shape))): RefTensor & { data: Float64Array } {
  return { shape, dtype: "f32", data };
}

export function makeWeight(shape: Shape, type: StorageType, data: Float32Array | Float64Array): RefWeight {
  return { shape, type, data };
}

/** @param bytes as a file holds them */
export function storedWeight(shape: Shape, type: StorageType, bytes: Uint8Array): RefWeight {
  return makeWeight(shape, type, type === "F64" ? new Float64Array(bytes.slice().buffer) : dequantize(type, bytes));
}

export function makeKvCache(layout: KvLayout): RefKvCache {
  const slots = layout.pages * layout.pageSize;
  const perLayer = (): Float64Array[] =>
    Array.from({ length: layout.nLayers }, () => new Float64Array(slots * layout.nKvHeads * layout.headDim));
  return { layout, keys: perLayer(), values: perLayer() };
}

export function copyPages({ layout, keys, values }: RefKvCache, from: readonly number[], to: readonly number[]): void {
  const page = layout.pageSize * layout.nKvHeads * layout.headDim;
  for (const rows of [...keys, ...values]) {
    for (let i = 0; i < from.length; i++) rows.copyWithin(to[i] * page, from[i] * page, (from[i] + 1) * page);
  }
}
