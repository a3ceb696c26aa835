// Attention of some queries at a time: all their scores, the softmax of each, then the weighted sum of values. Queries that walk together see the same
// keys: some tokens of one head, or, where a token is alone, the heads that share a key/value head. Every score is one sum over the channels, ascending; every
// channel of the result is one sum over the keys, ascending, without rescaling in between; so the bits do not depend on where pages end, on which queries
// walk together, or on where in the list of keys a text begins. Scores are kept for up to 24 queries, never for all.
// H heads, K key/value heads, D headDim, T tokens, P keys in a page; without a cache keys come in runs of 32.
import { F32, pieceBytes, widenKeys, widenValues } from "./kv-cache";
import { multiply } from "./multiply";
import { soften } from "./softmax";
import { address, float, int, part, parts, thread } from "./team";
import { turn } from "./turn";

/** Keys in a run without a cache. */
const RUN = 32;
/** Queries that walk together: a multiple of what tiles take. */
const QUERIES = 24;

/**
 * q, k, v, y, first, end, sequence or 0, pages, pages of each sequence, T, H, K, D, P, type of the cache, scale, softcap or 0, slopes or 0, S (keys that any token can
 * see, in whole pages, a page and 8), scratch, bytes of scratch a thread: [D, P] + [QUERIES] + [min(QUERIES, max(T, H / K)), S] f32. Without `sequence`, k and v are rows
 * [keys, K * D]; with it, the cache of the layer: keys of a page [D][P], values [P][D].
 */
export function attend(a: usize): void {
  const first = address(a, 4);
  const end = address(a, 5);
  const sequence = address(a, 6);
  const T = int(a, 9);
  if (T === 0) return;
  const H = int(a, 10);
  const K = int(a, 11);
  const D = int(a, 12);
  const P = sequence ? int(a, 13) : RUN;
  const type = int(a, 14);
  const wide = address(a, 19) + address(a, 20) * thread;
  const inverses = wide + ((<usize>D * P) << 2);
  const scores = inverses + QUERIES * 4;
  const rowBytes = (<usize>int(a, 18)) << 2;
  const bytes = pieceBytes(type, D, P);
  const tokenRow = (<usize>H * D) << 2;
  const headRow = (<usize>D) << 2;
  /** Heads of a token alone that walk together: all that share a key/value head, or fewer, where threads would stand idle. */
  const group = H / K;
  const shares = max(1, parts / (T * K));
  const most = min(QUERIES, (group + shares - 1) / shares);
  const keyRow = (<usize>K * D) << 2;
  /** Keys of a page that are multiplied at once. */
  const step = P % 8 === 0 ? 8 : 4;

  let unit = 0;
  for (let t = 0; t < T; ) {
    // Tokens that may walk together: those of one sequence; without a cache, those that see the same first key.
    const ofRun = sequence ? sequence : first;
    let n = 1;
    while (n < QUERIES && t + n < T && load<i32>(ofRun + ((<usize>(t + n)) << 2)) === load<i32>(ofRun + ((<usize>t) << 2))) n++;
    let from = i32.MAX_VALUE;
    let to = 0;
    for (let i = t; i < t + n; i++) {
      if (load<i32>(first + ((<usize>i) << 2)) >= load<i32>(end + ((<usize>i) << 2))) continue;
      from = min(from, load<i32>(first + ((<usize>i) << 2)));
      to = max(to, load<i32>(end + ((<usize>i) << 2)));
    }
    if (to === 0) from = 0; // nobody sees a key
    // With a cache pages begin at multiples of P, without one the first run at `from`.
    const origin = sequence ? (from / P) * P : from;
    const table = sequence ? address(a, 7) + ((<usize>load<i32>(sequence + ((<usize>t) << 2)) * int(a, 8)) << 2) : 0;
    let heads = 1;
    for (let h = 0; h < H; h += heads, unit++) {
      if (n === 1) heads = min(most, group - (h % group));
      if (unit % parts !== part) continue;
      const rows = n * heads;
      const row = n === 1 ? headRow : tokenRow;
      const at = tokenRow * t + headRow * h;
      const q = address(a, 0) + at;
      const y = address(a, 3) + at;
      const head = <usize>(h / group);

      for (let base = origin; base < to; base += P) {
        let keys = wide;
        if (sequence) {
          const piece = address(a, 1) + (<usize>load<i32>(table + ((<usize>(base / P)) << 2)) * K + head) * bytes;
          if (type === F32) keys = piece;
          else widenKeys(piece, wide, type, D, P);
        } else turn(address(a, 1) + (<usize>base * K + head) * headRow, keyRow, min(P, to - base), D, wide, RUN * 4);
        const start = (max(from, base) - base) & ~(step - 1);
        const count = (min(to - base, P) - start + step - 1) & ~(step - 1);
        const offset = (<usize>start) << 2;
        const into = scores + ((<usize>(base - origin)) << 2) + offset;
        multiply(rows, count, D, q, row, 4, keys + offset, (<usize>P) << 2, 32, into, rowBytes, false);
      }
      for (let i: usize = 0; i < <usize>rows; i++) {
        const at = (n === 1 ? <usize>t : <usize>t + i) << 2;
        const slopeAt = (n === 1 ? <usize>h + i : <usize>h) << 2;
        const slope: f32 = address(a, 17) ? load<f32>(address(a, 17) + slopeAt) : 0;
        const begin = load<i32>(first + at) - origin;
        const stop = load<i32>(end + at) - origin;
        store<f32>(inverses + (i << 2), soften(scores + rowBytes * i, begin, stop, to - origin, float(a, 15), float(a, 16), slope, 0));
      }
      for (let i: usize = 0; i < <usize>rows; i++) memory.fill(y + row * i, 0, headRow);
      for (let base = origin; base < to; base += P) {
        let values = address(a, 2) + (<usize>base * K + head) * headRow;
        let valueRow = keyRow;
        if (sequence) {
          const piece = address(a, 2) + (<usize>load<i32>(table + ((<usize>(base / P)) << 2)) * K + head) * bytes;
          values = type === F32 ? piece : wide;
          if (type !== F32) widenValues(piece, wide, type, D, P);
          valueRow = headRow;
        }
        const start = max(from, base) - base;
        const weights = scores + ((<usize>(base - origin + start)) << 2);
        multiply(rows, D, min(to - base, P) - start, weights, rowBytes, 4, values + valueRow * start, valueRow, 32, y, row, true);
      }
      for (let i: usize = 0; i < <usize>rows; i++) divide(y + row * i, D, load<f32>(inverses + (i << 2)));
    }
    t += n;
  }
}

/** The result of a token, divided by the sum of its weights. */
function divide(y: usize, D: i32, inverse: f32): void {
  const last = y + ((<usize>D) << 2);
  for (; y + 16 <= last; y += 16) v128.store(y, f32x4.mul(v128.load(y), f32x4.splat(inverse)));
  for (; y < last; y += 4) store<f32>(y, load<f32>(y) * inverse);
}
