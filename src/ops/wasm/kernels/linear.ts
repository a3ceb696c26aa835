// Rows of a weight, widened to float32, times activations. One accumulator layout for every storage type and every number of tokens: four
// vectors of four lanes, so the order of additions depends on nothing but the length of the row.
// T tokens, O out, I in; all pointers are byte addresses.
import { widenRow } from "./widen";

/** Tokens whose activations stay in the caches while the rows go by. */
const TOKEN_BLOCK = 64;

/**
 * y[t, o] = dot(x[t], row o) + bias[o].
 *
 * @param type     number of the weight's storage type
 * @param rowBytes from one row of w to the next
 * @param bias     f32 [O], or 0
 * @param scratch  f32 [I], for one widened row
 */
export function linear(
  type: i32,
  x: usize,
  w: usize,
  rowBytes: usize,
  bias: usize,
  y: usize,
  T: i32,
  O: i32,
  I: i32,
  scratch: usize,
): void {
  for (let from = 0; from < T; from += TOKEN_BLOCK) {
    const to = min(from + TOKEN_BLOCK, T);
    for (let o = 0; o < O; o++) {
      let row = w + <usize>o * rowBytes;
      if (type !== 0) {
        widenRow(type, row, scratch, I);
        row = scratch;
      }
      const b = bias ? load<f32>(bias + ((<usize>o) << 2)) : <f32>0;
      for (let t = from; t < to; t++) store<f32>(y + ((<usize>t * O + o) << 2), dot(x + ((<usize>t * I) << 2), row, I) + b);
    }
  }
}

/** Sum of a[i] * b[i]. */
export function dot(a: usize, b: usize, n: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let i = 0;
  for (; i + 16 <= n; i += 16, a += 64, b += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a), v128.load(b)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
  }
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  let sum = f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
  for (; i < n; i++, a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}
