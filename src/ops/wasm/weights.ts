// Weights as the kernels read them: block formats that have a kernel are repacked with float32 scales, all others are widened to float32.
import { dequantize } from "../../formats/quant/index.ts";
import type { StorageType } from "../../tensor/dtype.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";

/** How a weight lies in the engine's memory. */
export type PackedType = "F32" | "Q8_0" | "Q4_1";

export interface PackedLayout {
  type: PackedType;
  byteLength: number;
}

/** Bytes of a packed block of 32: the float32 scales, then the integers as the file has them. */
const packedBlock = { Q8_0: { scales: 1, integers: 32 }, Q4_1: { scales: 2, integers: 16 } } as const;

export function packedLayout(shape: Shape, type: StorageType): PackedLayout {
  const count = elementCount(shape);
  if (type !== "Q8_0" && type !== "Q4_1") return { type: "F32", byteLength: 4 * count };
  const { scales, integers } = packedBlock[type];
  return { type, byteLength: (count / 32) * (4 * scales + integers) };
}

/** @param out the weight's place in the engine's memory */
export function packWeight(type: StorageType, bytes: Uint8Array, out: Uint8Array): void {
  if (type !== "Q8_0" && type !== "Q4_1") {
    out.set(new Uint8Array(dequantize(type, bytes).buffer));
    return;
  }
  const { scales, integers } = packedBlock[type];
  const stride = 4 * scales + integers;
  const blocks = out.byteLength / stride;
  const halves = new Uint8Array(blocks * scales * 2);
  for (let block = 0, from = 0; block < blocks; block++, from += 2 * scales + integers) {
    for (let i = 0; i < 2 * scales; i++) halves[block * 2 * scales + i] = bytes[from + i];
    const integersFrom = from + 2 * scales;
    out.set(bytes.subarray(integersFrom, integersFrom + integers), block * stride + 4 * scales);
  }
  const floats = new Uint8Array(dequantize("F16", halves).buffer);
  for (let block = 0; block < blocks; block++) out.set(floats.subarray(block * 4 * scales, (block + 1) * 4 * scales), block * stride);
}
