// Types without blocks. Floats of 32 bits and less widen exactly; F64 and integers beyond 2^24 round to the nearest float32, ties to even
// (I64 and U64 beyond 2^53 to float64 before that).
// Nothing is viewed in place, since bytes may begin at any address.
import { bf16ToF32Bits, f32BitsToBf16 } from "./bf16.ts";
import type { BlockFormat } from "./block-format.ts";
import { e4m3ToF32Bits, e5m2ToF32Bits } from "./f8.ts";
import { f16ToF32Bits, f32BitsToF16 } from "./f16.ts";
import { readU16, writeU16 } from "./little-endian.ts";

const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

export const f32: BlockFormat = {
  dequantize: (bytes, out) => bytesOf(out).set(bytes),
  quantize: (values, out) => out.set(bytesOf(values)),
};

// F16 and BF16 are most of what is widened in practice. Each has its own loops: sharing them through a function argument made both 2-4 times slower.

export const f16: BlockFormat = {
  dequantize(bytes, out) {
    const patterns = bitsOf(out);
    for (let i = 0; i < patterns.length; i++) patterns[i] = f16ToF32Bits(readU16(bytes, 2 * i));
  },
  quantize(values, out) {
    const patterns = bitsOf(values);
    for (let i = 0; i < patterns.length; i++) writeU16(out, 2 * i, f32BitsToF16(patterns[i]));
  },
};

export const bf16: BlockFormat = {
  dequantize(bytes, out) {
    const patterns = bitsOf(out);
    for (let i = 0; i < patterns.length; i++) patterns[i] = bf16ToF32Bits(readU16(bytes, 2 * i));
  },
  quantize(values, out) {
    const patterns = bitsOf(values);
    for (let i = 0; i < patterns.length; i++) writeU16(out, 2 * i, f32BitsToBf16(patterns[i]));
  },
};

/** An 8-bit float: all its values in a table. */
function quarterFloat(toF32Bits: (byte: number) => number): BlockFormat {
  const patternOf = Uint32Array.from({ length: 256 }, (_, byte) => toF32Bits(byte));
  return {
    dequantize(bytes, out) {
      const patterns = bitsOf(out);
      for (let i = 0; i < patterns.length; i++) patterns[i] = patternOf[bytes[i]];
    },
  };
}

export const f8E4m3: BlockFormat = quarterFloat(e4m3ToF32Bits);
export const f8E5m2: BlockFormat = quarterFloat(e5m2ToF32Bits);

/** A number that DataView knows. */
function number(size: number, read: (view: DataView, at: number) => number): BlockFormat {
  return {
    dequantize(bytes, out) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let i = 0; i < out.length; i++) out[i] = read(view, size * i);
    },
  };
}

export const f64: BlockFormat = number(8, (view, at) => view.getFloat64(at, true));
export const i64: BlockFormat = number(8, (view, at) => Number(view.getBigInt64(at, true)));
export const i32: BlockFormat = number(4, (view, at) => view.getInt32(at, true));
export const i16: BlockFormat = number(2, (view, at) => view.getInt16(at, true));
export const i8: BlockFormat = number(1, (view, at) => view.getInt8(at));
export const u64: BlockFormat = number(8, (view, at) => Number(view.getBigUint64(at, true)));
export const u32: BlockFormat = number(4, (view, at) => view.getUint32(at, true));
export const u16: BlockFormat = number(2, (view, at) => view.getUint16(at, true));
export const u8: BlockFormat = number(1, (view, at) => view.getUint8(at));

/** safetensors writes truth values as bytes 0 and 1; any other byte counts as true. */
export const bool: BlockFormat = number(1, (view, at) => (view.getUint8(at) === 0 ? 0 : 1));
