// Weights as the kernels read them: matrices of a type that widen.ts knows lie in memory as they lie in the file; all others, and vectors (gains,
// biases), as float32.
import { dequantize } from "../../formats/quant/index.ts";
import { type StorageType, storage, storageBytes } from "../../tensor/dtype.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";

/** The numbers under which kernels/widen.ts knows the types. */
const kernelTypes: Partial<Record<StorageType, number>> = {
  F32: 0,
  F16: 1,
  BF16: 2,
  Q4_0: 3,
  Q4_1: 4,
  Q5_0: 5,
  Q5_1: 6,
  Q8_0: 7,
  Q2_K: 8,
  Q3_K: 9,
  Q4_K: 10,
  Q5_K: 11,
  Q6_K: 12,
  IQ4_NL: 13,
  IQ4_XS: 14,
  MXFP4: 15,
};

/** How a weight lies in the engine's memory. */
export interface PackedLayout {
  /** "F32" where no kernel reads the type of the file. */
  readonly type: StorageType;
  readonly kernelType: number;
  readonly byteLength: number;
}

export function packedLayout(shape: Shape, type: StorageType): PackedLayout {
  const packed = shape.length === 2 && type in kernelTypes ? type : "F32";
  return { type: packed, kernelType: kernelTypes[packed]!, byteLength: storageBytes(packed, elementCount(shape))! };
}

/** Blocks that are widened at once: with the result in place, a whole weight as float32 never lies beside its copy. */
const BLOCKS_AT_ONCE = 1024;

/** Writes a weight of the file's type to its place in the engine's memory. */
export function packWeight(type: StorageType, bytes: Uint8Array, layout: PackedLayout, out: Uint8Array): void {
  if (layout.type === type) {
    out.set(bytes);
    return;
  }
  const run = BLOCKS_AT_ONCE * storage[type].blockBytes;
  for (let from = 0, to = 0; from < bytes.length; from += run) {
    const widened = new Uint8Array(dequantize(type, bytes.subarray(from, from + run)).buffer);
    out.set(widened, to);
    to += widened.length;
  }
}
