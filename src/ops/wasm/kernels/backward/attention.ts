// The gradient of attention. A run is tokens next to each other whose keys no other run sees: documents packed into one list, or all of them. A unit of work is a
// run and a key/value head, with all query heads that read it: what it writes is its own, so threads split units, never a sum. In a unit, head after head, 24
// tokens after 24 walk along the keys that they see; their scores are kept, for 24 tokens and no more. Every sum goes over channels, keys or tokens ascending.
//
//     p = softmax(score), dp = dy . v, ds = p * (dp - sum(p * dp)) * d score / d (q . k)
//     dv += p dy, dk += ds q, dq = ds k
//
// (Vaswani 2017; scores are computed again as in Dao 2022.) H heads, K key/value heads, D headDim.
import { sumOf } from "../floats";
import { multiply } from "../multiply";
import { soften } from "../softmax";
import { address, float, int, part, parts, thread } from "../team";
import { turn } from "../turn";

/** Tokens that walk together: a multiple of what tiles take. */
const TOKENS = 24;

/**
 * dy, q, k, v, dq, dk, dv, first, end, runs int32 [n + 1, 2] (first token and first key of each; then how many there are), n, H, K, D, scale, softcap or 0,
 * slopes or 0, S (keys of the longest run, in whole eights, and 8), scratch, bytes of scratch a thread: [2, D, S] + [3, TOKENS, S] f32
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

  // Columns of keys that are not there stay as they are: nobody sees them.
  turn(k, keyRow, keys, D, turnedKeys, row);
  turn(address(a, 3) + atKeys, keyRow, keys, D, turnedValues, row);
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

/**
 * Scores of a token to weights p, and dp to ds, over the keys [first, end) that it sees; both are 0 for the others of `wide`, whole eights.
 *
 * @param cap   0 for none; then `slopes` is not used
 * @param slope of ALiBi, 0 for none: counted back from the last key that it sees
 */
function differentiate(p: usize, dp: usize, slopes: usize, first: i32, end: i32, wide: i32, scale: f32, cap: f32, slope: f32): void {
  const bytes = (<usize>wide) << 2;
  if (cap !== 0) memory.fill(slopes, 0, bytes);
  const inverse = soften(p, first, end, wide, scale, cap, slope, cap !== 0 ? slopes : 0);
  if (inverse === 0) {
    memory.fill(dp, 0, bytes);
    return;
  }
  memory.fill(dp, 0, (<usize>first) << 2);
  memory.fill(dp + ((<usize>end) << 2), 0, (<usize>(wide - end)) << 2);
  let dot0 = f32x4.splat(0); // p . dp
  let dot1 = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 32) {
    dot0 = f32x4.add(dot0, f32x4.mul(v128.load(p + at), v128.load(dp + at)));
    dot1 = f32x4.add(dot1, f32x4.mul(v128.load(p + at, 16), v128.load(dp + at, 16)));
  }
  const mean = f32x4.splat(sumOf(f32x4.add(dot0, dot1)) * inverse);
  const share = f32x4.splat(inverse);
  const factor = f32x4.splat(cap !== 0 ? 1 : scale);
  for (let at: usize = 0; at < bytes; at += 32) {
    const weight0 = f32x4.mul(v128.load(p + at), share);
    const weight1 = f32x4.mul(v128.load(p + at, 16), share);
    const distance0 = f32x4.sub(v128.load(dp + at), mean);
    const distance1 = f32x4.sub(v128.load(dp + at, 16), mean);
    v128.store(p + at, weight0);
    v128.store(p + at, weight1, 16);
    v128.store(dp + at, f32x4.mul(f32x4.mul(weight0, distance0), factor));
    v128.store(dp + at, f32x4.mul(f32x4.mul(weight1, distance1), factor), 16);
  }
  if (cap !== 0) for (let at: usize = 0; at < bytes; at += 16) v128.store(dp + at, f32x4.mul(v128.load(dp + at), v128.load(slopes + at)));
}
