// The gradient of attention. A run is tokens next to each other whose keys no other run sees: documents packed into one list, or all of them. A unit of work is a
// run and a key/value head, with all query heads that read it: what it writes is its own, so threads split units, never a sum. In a unit, head after head, 24
// tokens after 24 walk along the keys that they see; their scores are kept, for 24 tokens and no more. Every sum goes over channels, keys or tokens ascending.
//
//     p = softmax(score), dp = dy . v, ds = p * (dp - sum(p * dp)) * d score / d (q . k)
//     dv += p dy, dk += ds q, dq = ds k
//
// (Vaswani 2017; scores are computed again as in Dao 2022.) H heads, K key/value heads, D headDim.
import { exp, maxOf, sumOf, tanh } from "../floats";
import { multiply } from "../multiply";
import { address, float, int, part, parts, thread } from "../team";

/** Tokens that walk together: a multiple of what tiles take. */
const TOKENS = 24;

/**
 * dy, q, k, v, dq, dk, dv, first, end, runs int32 [n + 1, 2] (first token and first key of each; then how many there are), n, H, K, D, scale, softcap or 0,
 * slopes or 0, S (keys of the longest run, in whole eights), scratch, bytes of scratch a thread: [2, D, S] + [3, TOKENS, S] f32
 */
export function attendBackward(a: usize): void {
  const runs = address(a, 9);
  const n = int(a, 10);
  const K = int(a, 12);
  for (let unit = 0; unit < n * K; unit++) if (unit % parts === part) walkRun(a, runs + ((<usize>(unit / K)) << 3), unit % K);
}

function walkRun(a: usize, run: usize, head: i32): void {
  const token = load<i32>(run);
  const base = load<i32>(run, 4);
  const lastToken = load<i32>(run, 8);
  const keys = load<i32>(run, 12) - base;
  const H = int(a, 11);
  const K = int(a, 12);
  const D = int(a, 13);
  const S = int(a, 17);
  const row = (<usize>S) << 2;
  const turnedKeys = address(a, 18) + address(a, 19) * thread;
  const turnedValues = turnedKeys + row * D;
  const p = turnedValues + row * D;
  const dp = p + row * TOKENS;
  const slopes = dp + row * TOKENS;
  const queryRow = (<usize>H * D) << 2;
  const keyRow = (<usize>K * D) << 2;
  const atKeys = <usize>base * keyRow + ((<usize>head * D) << 2);
  const k = address(a, 2) + atKeys;
  const dk = address(a, 5) + atKeys;
  const dv = address(a, 6) + atKeys;

  turn(k, keyRow, turnedKeys, row, D, keys);
  turn(address(a, 3) + atKeys, keyRow, turnedValues, row, D, keys);
  for (let i: usize = 0; i < <usize>keys; i++) {
    memory.fill(dk + i * keyRow, 0, (<usize>D) << 2);
    memory.fill(dv + i * keyRow, 0, (<usize>D) << 2);
  }
  const group = H / K;
  for (let h = head * group; h < (head + 1) * group; h++) {
    const slope: f32 = address(a, 16) ? load<f32>(address(a, 16) + ((<usize>h) << 2)) : 0;
    for (let t = token; t < lastToken; t += TOKENS) {
      const count = min(TOKENS, lastToken - t);
      const first = address(a, 7) + ((<usize>t) << 2);
      const end = address(a, 8) + ((<usize>t) << 2);
      let from = i32.MAX_VALUE;
      let to = 0;
      for (let i = 0; i < count; i++) {
        const at = (<usize>i) << 2;
        if (load<i32>(first + at) >= load<i32>(end + at)) continue;
        from = min(from, load<i32>(first + at) - base);
        to = max(to, load<i32>(end + at) - base);
      }
      from = min(from, to) & ~7;
      const place = (<usize>from) << 2;
      const seen = to - from;
      const wide = (seen + 7) & ~7;
      const at = queryRow * t + ((<usize>h * D) << 2);
      const q = address(a, 1) + at;
      const dy = address(a, 0) + at;
      multiply(count, wide, D, q, queryRow, 4, turnedKeys + place, row, 32, p + place, row, false);
      multiply(count, wide, D, dy, queryRow, 4, turnedValues + place, row, 32, dp + place, row, false);
      for (let i = 0; i < count; i++) {
        const at = (<usize>i) << 2;
        const offset = row * i + place;
        const start = load<i32>(first + at) - base - from;
        differentiate(
          p + offset,
          dp + offset,
          slopes + offset,
          start,
          load<i32>(end + at) - base - from,
          wide,
          float(a, 14),
          float(a, 15),
          slope,
        );
      }
      multiply(count, D, seen, dp + place, row, 4, k + keyRow * from, keyRow, 32, address(a, 4) + at, queryRow, false);
      multiply(seen, D, count, p + place, 4, row, dy, queryRow, 32, dv + keyRow * from, keyRow, true);
      multiply(seen, D, count, dp + place, 4, row, q, queryRow, 32, dk + keyRow * from, keyRow, true);
    }
  }
}

/** Rows [keys][D], `stride` bytes from one to the next, as [D][S]; the columns behind are zeros. */
function turn(rows: usize, stride: usize, out: usize, row: usize, D: i32, keys: i32): void {
  for (let c = 0; c < D; c++, rows += 4, out += row) {
    let to = out;
    for (let from = rows, last = rows + stride * keys; from < last; from += stride, to += 4) store<f32>(to, load<f32>(from));
    memory.fill(to, 0, out + row - to);
  }
}

/**
 * Scores of a token to weights p, and dp to ds, over the keys [first, end) that it sees; both are 0 for the others of `wide`.
 *
 * @param cap   0 for none; then `slopes` is not used
 * @param slope of ALiBi, 0 for none: counted back from the last key that it sees
 */
function differentiate(p: usize, dp: usize, slopes: usize, first: i32, end: i32, wide: i32, scale: f32, cap: f32, slope: f32): void {
  if (first >= end) {
    memory.fill(p, 0, (<usize>wide) << 2);
    memory.fill(dp, 0, (<usize>wide) << 2);
    return;
  }
  const lanes = v128(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);
  const factor = f32x4.splat(scale);
  // Where nothing stands between, distances to the largest score are scaled, not scores: large ones would be rounded once more.
  const late = cap === 0 && slope === 0 && scale > 0;
  let most = f32x4.splat(-Infinity);
  for (let i = 0; i < wide; i += 4) {
    const at = (<usize>i) << 2;
    const keys = i32x4.add(i32x4.splat(i), lanes);
    let s = late ? v128.load(p + at) : f32x4.mul(v128.load(p + at), factor);
    if (cap !== 0) {
      const y = tanh(f32x4.div(s, f32x4.splat(cap)));
      s = f32x4.mul(f32x4.splat(cap), y);
      v128.store(slopes + at, f32x4.mul(factor, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y))));
    }
    if (slope !== 0) {
      const distances = i32x4.sub(i32x4.splat(end - 1), keys);
      s = f32x4.sub(s, f32x4.mul(f32x4.splat(slope), f32x4.convert_i32x4_s(distances)));
    }
    const seen = v128.and(i32x4.ge_s(keys, i32x4.splat(first)), i32x4.lt_s(keys, i32x4.splat(end)));
    s = v128.bitselect(s, f32x4.splat(-Infinity), seen);
    v128.store(p + at, s);
    most = f32x4.max(most, s);
  }
  const shift = f32x4.splat(maxOf(most));
  let sum = f32x4.splat(0);
  let dot = f32x4.splat(0); // p . dp
  for (let at: usize = 0; at < (<usize>wide) << 2; at += 16) {
    const distance = f32x4.sub(v128.load(p + at), shift);
    const weight = exp(late ? f32x4.mul(distance, factor) : distance);
    v128.store(p + at, weight);
    sum = f32x4.add(sum, weight);
    dot = f32x4.add(dot, f32x4.mul(weight, v128.load(dp + at)));
  }
  const inverse: f32 = 1 / sumOf(sum);
  const mean = f32x4.splat(sumOf(dot) * inverse);
  for (let at: usize = 0; at < (<usize>wide) << 2; at += 16) {
    const weight = f32x4.mul(v128.load(p + at), f32x4.splat(inverse));
    const ds = f32x4.mul(weight, f32x4.sub(v128.load(dp + at), mean));
    v128.store(p + at, weight);
    v128.store(dp + at, f32x4.mul(ds, cap !== 0 ? v128.load(slopes + at) : factor));
  }
}
