// What this engine's dot product of bytes does where the specification leaves it free: operands of 128 and more, and sums of two products beyond 16 bits.

/** f(x, w) for 16 signed bytes x and 16 bytes w at two addresses: the four sums, at `out`. */
export function probeQuads(x: usize, w: usize, out: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) v128.store(out, i32x4.relaxed_dot_i8x16_i7x16_add_s(v128.load(x), v128.load(w), i32x4.splat(0)));
}
