// The two 8-bit floats of safetensors, E4M3 and E5M2 (Micikevicius et al. 2022, "FP8 Formats for Deep Learning"), read only.
// E5M2 is the upper half of a half; E4M3 has bias 7, no infinities, and one NaN for each sign. Both widen exactly.
import { f16ToF32Bits } from "./f16.ts";

/** The float32 bit pattern of an E5M2. */
export function e5m2ToF32Bits(byte: number): number {
  return f16ToF32Bits(byte << 8);
}

/** The float32 bit pattern of an E4M3. */
export function e4m3ToF32Bits(byte: number): number {
  const sign = (byte & 0x80) << 8;
  const magnitude = byte & 0x7f;
  if (magnitude === 0x7f) return (sign << 16) | 0x7fc00000;
  if (magnitude === 0) return sign << 16;
  // Read as a half the exponent counts from 15 instead of 7: put the missing 2^8 back.
  return f16ToF32Bits(sign | (magnitude << 7)) + (8 << 23);
}
