// IEEE 754 half precision (binary16): 1 sign bit, 5 exponent bits with bias 15, 10 mantissa bits.
// Works on bit patterns, because a NaN that passes through a JavaScript number may lose its payload.
import { readU16, writeU16 } from "./little-endian.ts";

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The float32 bit pattern of a half's bit pattern; exact for every half. */
export function f16ToF32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const magnitude = half & 0x7fff;
  if (magnitude >= 0x7c00) return sign | 0x7f800000 | ((magnitude & 0x3ff) << 13);
  if (magnitude >= 0x400) return sign | ((magnitude << 13) + (112 << 23)); // 127 - 15 = 112
  if (magnitude === 0) return sign;
  // Denormal, magnitude * 2^-24: shift the leading one up to where float32 leaves it out.
  const shift = Math.clz32(magnitude) - 8;
  return sign | ((magnitude << shift) + ((125 - shift) << 23));
}

/** The half nearest to a float32, both as bit patterns; ties go to even, too large becomes infinity, NaN stays (quiet) NaN. */
export function f32BitsToF16(pattern: number): number {
  const sign = (pattern >>> 16) & 0x8000;
  const magnitude = pattern & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >> 13) & 0x1ff);
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // from 65520 on, half way to 2^16
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - (112 << 23);
    return sign | ((rebased + 0xfff + ((rebased >> 13) & 1)) >> 13);
  }
  // Below 2^-14 halves are multiples of 2^-24, which is the spacing of float32 just above 0.5: adding 0.5 rounds.
  bits[0] = magnitude;
  float[0] += 0.5;
  return sign | (bits[0] - 0x3f000000);
}

/** The value of a half's bit pattern. */
export function f16ToF32(half: number): number {
  bits[0] = f16ToF32Bits(half);
  return float[0];
}

/** The half at byte `at`, as a number. */
export function readF16(bytes: Uint8Array, at: number): number {
  return f16ToF32(readU16(bytes, at));
}

/** Writes the half nearest to `value` (rounded to float32 first) at byte `at`. */
export function writeF16(bytes: Uint8Array, at: number, value: number): void {
  float[0] = value;
  writeU16(bytes, at, f32BitsToF16(bits[0]));
}
