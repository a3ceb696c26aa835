// Scores of a token to weights: attention and its gradient share it.
import { expRow, maxOf, tanh } from "./floats";

/**
 * Scores of a token to weights e^(score - largest): their sum is what the result has to be divided by. It sees the keys [first, end) of the row; the others up to
 * `to` get weight 0. Vectors are counted from the first key that it sees, so that lanes do not depend on pages; up to 7 values behind its last are overwritten.
 *
 * @param cap    0 for none
 * @param slope  of ALiBi, 0 for none: counted back from the last key that it sees
 * @param slopes 0, or where d score / d (q . k) of the keys that it sees goes if there is a cap
 * @returns      1 / the sum of the weights; 0 where it sees no key
 */
export function soften(row: usize, first: i32, end: i32, to: i32, scale: f32, cap: f32, slope: f32, slopes: usize): f32 {
  if (first >= end) {
    memory.fill(row, 0, (<usize>to) << 2);
    return 0;
  }
  const start = row + ((<usize>first) << 2);
  const stop = row + ((<usize>end) << 2);
  memory.fill(row, 0, start - row);
  // Where nothing stands between, distances to the largest score are scaled, not scores: large ones would be rounded once more.
  const late = cap === 0 && slope === 0 && scale > 0;
  if (!late) bend(start, end - first, scale, cap, slope, slopes ? slopes + ((<usize>first) << 2) : 0);
  const last = start + ((stop - start + 31) & ~31);
  for (let at = stop; at < last; at += 4) store<f32>(at, -Infinity);
  const sum = expRow(start, last, start, largest(start, last), late ? scale : 1);
  memory.fill(stop, 0, (<usize>(to - end)) << 2);
  return 1 / sum;
}

/** Of whole pairs of vectors; NaN counts as none. */
function largest(at: usize, last: usize): f32 {
  let most0 = f32x4.splat(-Infinity);
  let most1 = f32x4.splat(-Infinity);
  for (; at < last; at += 32) {
    most0 = f32x4.pmax(most0, v128.load(at));
    most1 = f32x4.pmax(most1, v128.load(at, 16));
  }
  return maxOf(f32x4.pmax(most0, most1));
}

/** Scores scaled, capped (Gemma 2) and with ALiBi's penalty for distance. */
function bend(start: usize, count: i32, scale: f32, cap: f32, slope: f32, slopes: usize): void {
  const lanes = v128(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);
  const factor = f32x4.splat(scale);
  for (let i = 0; i < count; i += 4) {
    const at = (<usize>i) << 2;
    let s = f32x4.mul(v128.load(start + at), factor);
    if (cap !== 0) {
      const y = tanh(f32x4.div(s, f32x4.splat(cap)));
      s = f32x4.mul(f32x4.splat(cap), y);
      if (slopes) v128.store(slopes + at, f32x4.mul(factor, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y))));
    }
    if (slope !== 0) {
      const distances = i32x4.sub(i32x4.splat(count - 1 - i), lanes);
      s = f32x4.sub(s, f32x4.mul(f32x4.splat(slope), f32x4.convert_i32x4_s(distances)));
    }
    v128.store(start + at, s);
  }
}
