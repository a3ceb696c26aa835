// Weights as files store them, turned into float32 and back: one table from storage type to format, and the checks that all formats share.
import { FormatError, ShapeError, UnsupportedError } from "../../errors.ts";
import { type StorageType, storage, storageBytes } from "../../tensor/dtype.ts";
import type { BlockFormat } from "./block-format.ts";
import { mxfp4, nvfp4 } from "./fp4.ts";
import { iq1_m, iq1_s } from "./iq1.ts";
import { iq2_s, iq2_xs, iq2_xxs } from "./iq2.ts";
import { iq3_s, iq3_xxs } from "./iq3.ts";
import { iq4_nl, iq4_xs } from "./iq4.ts";
import { bf16, bool, f8E4m3, f8E5m2, f16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 } from "./plain.ts";
import { q2_k } from "./q2-k.ts";
import { q3_k } from "./q3-k.ts";
import { q4_0, q4_1 } from "./q4.ts";
import { q4_k, q5_k } from "./q4-q5-k.ts";
import { q5_0, q5_1 } from "./q5.ts";
import { q6_k } from "./q6-k.ts";
import { q8_0 } from "./q8-0.ts";
import { tq1_0, tq2_0 } from "./ternary.ts";

export { bf16ToF32Bits, f32BitsToBf16 } from "./bf16.ts";
export { e4m3ToF32Bits, e5m2ToF32Bits } from "./f8.ts";
export { f16ToF32Bits, f32BitsToF16, readF16, writeF16 } from "./f16.ts";

const formats: Readonly<Record<StorageType, BlockFormat>> = {
  F64: f64,
  F32: f32,
  F16: f16,
  BF16: bf16,
  F8_E4M3: f8E4m3,
  F8_E5M2: f8E5m2,
  I64: i64,
  I32: i32,
  I16: i16,
  I8: i8,
  U64: u64,
  U32: u32,
  U16: u16,
  U8: u8,
  BOOL: bool,
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q2_K: q2_k,
  Q3_K: q3_k,
  Q4_K: q4_k,
  Q5_K: q5_k,
  Q6_K: q6_k,
  IQ1_S: iq1_s,
  IQ1_M: iq1_m,
  IQ2_XXS: iq2_xxs,
  IQ2_XS: iq2_xs,
  IQ2_S: iq2_s,
  IQ3_XXS: iq3_xxs,
  IQ3_S: iq3_s,
  IQ4_NL: iq4_nl,
  IQ4_XS: iq4_xs,
  TQ1_0: tq1_0,
  TQ2_0: tq2_0,
  MXFP4: mxfp4,
  NVFP4: nvfp4,
};

/** The storage types that {@link quantize} can write. */
export const quantizable: readonly StorageType[] = (Object.keys(formats) as StorageType[]).filter((type) => formats[type].quantize);

/**
 * The values of a stored tensor, or of any run of whole blocks of it, as float32, bit for bit what ggml's reference gives.
 *
 * @param bytes whole blocks of `type`, little-endian, at any byte offset of their buffer
 * @param count how many values the caller expects; all that the bytes hold when left out
 * @throws FormatError when the bytes do not end at the end of a block, ShapeError when they hold another number of values than `count`,
 *   UnsupportedError for a type that cria does not know
 */
export function dequantize(type: StorageType, bytes: Uint8Array, count?: number): Float32Array {
  const format = formatOf(type);
  const { blockSize, blockBytes } = storage[type];
  const blocks = bytes.byteLength / blockBytes;
  if (!Number.isInteger(blocks)) {
    throw new FormatError(
      `${bytes.byteLength} bytes of ${type} are not whole blocks of ${blockBytes} bytes (${blockSize} values each): the data is cut short or of another type`,
    );
  }
  const held = blocks * blockSize;
  if (count !== undefined && count !== held) {
    throw new ShapeError(`${bytes.byteLength} bytes of ${type} hold ${held} values, ${count} were expected`);
  }
  const values = new Float32Array(held);
  format.dequantize(bytes, values);
  return values;
}

/**
 * Packs float32 values into blocks of `type`: the bytes that ggml's reference quantiser writes. An infinity or NaN spoils the block it is in.
 *
 * @param values a whole number of blocks
 * @throws ShapeError when the last block is not full, UnsupportedError for a type that is not among {@link quantizable}
 */
export function quantize(type: StorageType, values: Float32Array): Uint8Array {
  const pack = formatOf(type).quantize;
  if (!pack) throw new UnsupportedError(`cannot write ${type}, only read it: choose one of ${quantizable.join(", ")}`);
  const byteLength = storageBytes(type, values.length);
  if (byteLength === undefined) {
    throw new ShapeError(`${values.length} values do not fill whole blocks of ${type}, which hold ${storage[type].blockSize} values each`);
  }
  const bytes = new Uint8Array(byteLength);
  pack(values, bytes);
  return bytes;
}

function formatOf(type: StorageType): BlockFormat {
  const format = Object.hasOwn(formats, type) ? formats[type] : undefined;
  if (!format) throw new UnsupportedError(`storage type ${type} is unknown: known are ${Object.keys(formats).join(", ")}`);
  return format;
}
