// bfloat16: the upper half of a float32, so widening is exact and needs no arithmetic.

/** The float32 bit pattern of a bfloat16's bit pattern. */
export function bf16ToF32Bits(half: number): number {
  return half << 16;
}

/** The bfloat16 nearest to a float32, both as bit patterns; ties go to even, NaN stays (quiet) NaN. */
export function f32BitsToBf16(pattern: number): number {
  if ((pattern & 0x7fffffff) > 0x7f800000) return (pattern >>> 16) | 0x40;
  return (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
}
