// How keys and values can be kept. The numbers are those under which kernels/kv-cache.ts knows the types.
import type { KvLayout } from "../ops.ts";

/** f32 as they are, f16 in half of the memory, q8_0 in 8 bits with a scale for every 32 entries of a head. */
export type KvType = "f32" | "f16" | "q8_0";

/** With the bytes of n tokens' entries of one head. */
const kinds: Record<KvType, { number: number; bytes: (n: number, headDim: number) => number }> = {
  f32: { number: 0, bytes: (n, headDim) => 4 * n * headDim },
  f16: { number: 1, bytes: (n, headDim) => 2 * n * headDim },
  q8_0: { number: 2, bytes: (n, headDim) => n * (headDim + 4 * Math.ceil(headDim / 32)) },
};

export function kvTypeNumber(type: KvType): number {
  return kinds[type].number;
}

/** Bytes of one page of keys, or of values, in one layer. */
export function kvPageBytes({ nKvHeads, headDim, pageSize }: KvLayout, type: KvType): number {
  return nKvHeads * kinds[type].bytes(pageSize, headDim);
}
