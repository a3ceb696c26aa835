// x / (1 + e^(-beta x)), the function of Llama's gates, and its gradient: pieces that stay in the first cache while one simple loop after the other goes over them, with
// both vectors of a turn side by side, so that V8 joins them. Places are given by [i, end), bytes behind the start of each tensor, in whole pairs of vectors.
import { expRow, madd } from "./floats";

/** The kind's number: ops/wasm/activation-codes.ts. */
export const SWISH = 4;
/** Bytes. */
const PIECE = 4096;

/** y = swish(x), times up where that is not 0. Other threads may do the same: nothing but the result goes to y; scratch is a piece. */
export function swish(beta: f32, x: usize, up: usize, y: usize, i: usize, end: usize, scratch: usize): void {
  for (; i < end; i += PIECE) {
    const stop = min(i + PIECE, end);
    const passing = scratch - i;
    shares(beta, x, passing, i, stop);
    times(x, passing, up ? passing : y, i, stop);
    if (up) times(passing, up, y, i, stop);
  }
}

/** dx = dy swish'(x); where up is not 0 dx = dy swish'(x) up, and dup = dy swish(x) */
export function swishBackward(beta: f32, dy: usize, x: usize, up: usize, dx: usize, dup: usize, i: usize, end: usize): void {
  for (; i < end; i += PIECE) {
    const stop = min(i + PIECE, end);
    shares(beta, x, dx, i, stop);
    if (up) {
      times(dx, x, dup, i, stop);
      times(dup, dy, dup, i, stop);
    }
    slopes(beta, x, dx, i, stop);
    times(dx, dy, dx, i, stop);
    if (up) times(dx, up, dx, i, stop);
  }
}

/** y = 1 / (1 + e^(-beta x)) */
function shares(beta: f32, x: usize, y: usize, i: usize, end: usize): void {
  const one = f32x4.splat(1);
  expRow(x + i, x + end, y + i, 0, -beta);
  for (; i < end; i += 32) {
    const share0 = f32x4.div(one, f32x4.add(one, v128.load(y + i)));
    const share1 = f32x4.div(one, f32x4.add(one, v128.load(y + i, 16)));
    v128.store(y + i, share0);
    v128.store(y + i, share1, 16);
  }
}

/** A share to swish'(x) = share + beta x share (1 - share) */
function slopes(beta: f32, x: usize, y: usize, i: usize, end: usize): void {
  const one = f32x4.splat(1);
  const b = f32x4.splat(beta);
  for (; i < end; i += 32) {
    const share0 = v128.load(y + i);
    const share1 = v128.load(y + i, 16);
    const bent0 = f32x4.mul(f32x4.mul(b, v128.load(x + i)), share0);
    const bent1 = f32x4.mul(f32x4.mul(b, v128.load(x + i, 16)), share1);
    const slope0 = madd(bent0, f32x4.sub(one, share0), share0);
    const slope1 = madd(bent1, f32x4.sub(one, share1), share1);
    v128.store(y + i, slope0);
    v128.store(y + i, slope1, 16);
  }
}

/** out = x y */
function times(x: usize, y: usize, out: usize, i: usize, end: usize): void {
  for (; i < end; i += 32) {
    const low = f32x4.mul(v128.load(x + i), v128.load(y + i));
    const high = f32x4.mul(v128.load(x + i, 16), v128.load(y + i, 16));
    v128.store(out + i, low);
    v128.store(out + i, high, 16);
  }
}
