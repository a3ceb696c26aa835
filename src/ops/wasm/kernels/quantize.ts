// Activations rounded to 8 bits in blocks of 32, laid out as the product tiles walk them: tiles of up to 4 tokens, in each tile block after block of
// [8 chunks][n tokens][4 codes] [n scales] [n sums of codes] [n sums of the first 16].
import { BLOCK } from "./layouts";
import { address, endOf, firstOf, int } from "./team";

/** The largest tile. */
const MOST = 4;

/** How many of `left` tokens the next tile takes. */
export function tileSize(left: i32): i32 {
  return left >= MOST ? MOST : left >= 2 ? 2 : 1;
}

/** x f32 [T, I], out, T, I */
export function quantize(a: usize): void {
  const x = address(a, 0);
  const out = address(a, 1);
  const T = int(a, 2);
  const I = int(a, 3);
  const blocks = I / BLOCK;
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    // A tile starts at a multiple of its size, or behind all larger ones.
    let start = (t / MOST) * MOST;
    let n = tileSize(T - start);
    while (t >= start + n) {
      start += n;
      n = tileSize(T - start);
    }
    const tile = out + <usize>start * blocks * 44;
    for (let b = 0; b < blocks; b++) {
      quantizeBlock(x + ((<usize>t * I + b * BLOCK) << 2), tile + <usize>b * n * 44, t - start, n);
    }
  }
}

/** 32 values of token t of the n of a tile. */
function quantizeBlock(x: usize, block: usize, t: usize, n: usize): void {
  const v0 = v128.load(x);
  const v1 = v128.load(x, 16);
  const v2 = v128.load(x, 32);
  const v3 = v128.load(x, 48);
  const v4 = v128.load(x, 64);
  const v5 = v128.load(x, 80);
  const v6 = v128.load(x, 96);
  const v7 = v128.load(x, 112);
  let most = f32x4.max(f32x4.max(f32x4.abs(v0), f32x4.abs(v1)), f32x4.max(f32x4.abs(v2), f32x4.abs(v3)));
  most = f32x4.max(most, f32x4.max(f32x4.max(f32x4.abs(v4), f32x4.abs(v5)), f32x4.max(f32x4.abs(v6), f32x4.abs(v7))));
  const largest = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  // Below 1e-36 the inverse would overflow: such a block counts as zeros.
  const inverse = f32x4.splat(largest < 1e-36 ? 0 : 127 / largest);
  const q0 = narrow(v0, v1, inverse);
  const q1 = narrow(v2, v3, inverse);
  const q2 = narrow(v4, v5, inverse);
  const q3 = narrow(v6, v7, inverse);
  const first = i8x16.narrow_i16x8_s(q0, q1);
  const second = i8x16.narrow_i16x8_s(q2, q3);
  const step = n << 2;
  const at = block + (t << 2);
  v128.store32_lane(at, first, 0);
  v128.store32_lane(at + step, first, 1);
  v128.store32_lane(at + 2 * step, first, 2);
  v128.store32_lane(at + 3 * step, first, 3);
  v128.store32_lane(at + 4 * step, second, 0);
  v128.store32_lane(at + 5 * step, second, 1);
  v128.store32_lane(at + 6 * step, second, 2);
  v128.store32_lane(at + 7 * step, second, 3);
  const ofFirst = sum(i16x8.add(q0, q1));
  store<f32>(at + 8 * step, largest / 127);
  store<i32>(at + 9 * step, ofFirst + sum(i16x8.add(q2, q3)));
  store<i32>(at + 10 * step, ofFirst);
}

/** 1.5 * 2^23: added to a small float it rounds that to an integer, ties to even, which is then in the lowest bits. */
const ROUNDING: f32 = 12582912;

/** 8 codes of 16 bits. */
function narrow(a: v128, b: v128, inverse: v128): v128 {
  const rounding = f32x4.splat(ROUNDING);
  const low = f32x4.add(f32x4.mul(a, inverse), rounding);
  const high = f32x4.add(f32x4.mul(b, inverse), rounding);
  return i16x8.narrow_i32x4_s(i32x4.sub(low, rounding), i32x4.sub(high, rounding));
}

function sum(v: v128): i32 {
  const s = i32x4.extadd_pairwise_i16x8_s(v);
  return i32x4.extract_lane(s, 0) + i32x4.extract_lane(s, 1) + i32x4.extract_lane(s, 2) + i32x4.extract_lane(s, 3);
}
