// Attention of a few tokens at a time: all their scores, the softmax of each token, then the weighted sum of values. Every score is one sum over the
// channels, ascending; every channel of the result is one sum over the keys, ascending, without rescaling in between; so the bits do not depend on
// where pages end, on how many tokens walk together, or on where in the list of keys a text begins. Scores are kept for up to 4 tokens, never for all.
// H heads, K key/value heads, D headDim, T tokens, P keys in a page; without a cache keys come in runs of 32.
import { exp, madd, maxOf, sumOf, tanh } from "./floats";
import { F32, pieceBytes, widenKeys, widenValues } from "./kv-cache";
import { address, float, int, part, parts, thread } from "./team";

/** Keys in a run without a cache. */
const RUN = 32;

// What a walk knows; globals belong to a thread.
let D: i32;
let P: i32;
/** The page or run: keys [D][P], values with `valueStride` bytes from one key to the next. */
let keys: usize;
let values: usize;
let valueStride: usize;
/** f32 [4, rowBytes]: scores, then weights, of all keys from the first page on. */
let scores: usize;
let rowBytes: usize;

/**
 * q, k, v, y, first, end, sequence or 0, pages, pages of each sequence, T, H, K, D, P, type of the cache, scale, softcap or 0, slopes or 0, scratch, bytes
 * of scratch a thread: [D, P] + [4, S] f32, S keys that any token can see, in whole pages, a page and 8. Without `sequence`, k and v are rows [keys, K * D];
 * with it, the cache of the layer.
 */
export function attend(a: usize): void {
  const first = address(a, 4);
  const end = address(a, 5);
  const sequence = address(a, 6);
  const T = int(a, 9);
  const H = int(a, 10);
  const K = int(a, 11);
  D = int(a, 12);
  P = sequence ? int(a, 13) : RUN;
  const type = int(a, 14);
  const scratch = address(a, 18) + address(a, 19) * thread;
  const wide = scratch;
  scores = wide + ((<usize>D * P) << 2);
  rowBytes = (scratch + address(a, 19) - scores) / 4;
  rowBytes &= ~15;
  const bytes = pieceBytes(type, D, P);
  const row = (<usize>H * D) << 2;

  let unit = 0;
  for (let t = 0; t < T; ) {
    // Tokens that may walk together: those of one sequence; without a cache, those that see the same first key.
    const ofRun = sequence ? sequence : first;
    let n = 1;
    while (n < 4 && t + n < T && load<i32>(ofRun + ((<usize>(t + n)) << 2)) === load<i32>(ofRun + ((<usize>t) << 2))) n++;
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
    for (let h = 0; h < H; h++, unit++) {
      if (unit % parts !== part) continue;
      const at = row * t + ((<usize>h * D) << 2);
      const q = address(a, 0) + at;
      const y = address(a, 3) + at;
      const head = <usize>((h * K) / H);
      const slope: f32 = address(a, 17) ? load<f32>(address(a, 17) + ((<usize>h) << 2)) : 0;
      for (let i = 0; i < n; i++) memory.fill(y + row * i, 0, (<usize>D) << 2);

      for (let base = origin; base < to; base += P) {
        keys = wide;
        if (sequence) {
          const piece = address(a, 1) + (<usize>load<i32>(table + ((<usize>(base / P)) << 2)) * K + head) * bytes;
          if (type === F32) keys = piece;
          else widenKeys(piece, wide, type, D, P);
        } else {
          turn(address(a, 1) + (<usize>base * K + head) * ((<usize>D) << 2), (<usize>K * D) << 2, wide, min(P, to - base));
        }
        score(q, row, n, (<usize>(base - origin)) << 2, (max(from, base) - base) & ~7, min(to - base, P));
      }
      let inverses = f32x4.splat(0);
      for (let i = n - 1; i >= 0; i--) {
        const at = (<usize>(t + i)) << 2;
        const inverse = soften(
          scores + rowBytes * i,
          load<i32>(first + at) - origin,
          load<i32>(end + at) - origin,
          to - origin,
          float(a, 15),
          float(a, 16),
          slope,
        );
        inverses = f32x4.replace_lane(i32x4.shuffle(inverses, inverses, 0, 0, 1, 2), 0, inverse);
      }
      for (let base = origin; base < to; base += P) {
        valueStride = (<usize>D) << 2;
        if (sequence) {
          const piece = address(a, 2) + (<usize>load<i32>(table + ((<usize>(base / P)) << 2)) * K + head) * bytes;
          values = type === F32 ? piece : wide;
          if (type !== F32) widenValues(piece, wide, type, D, P);
        } else {
          valueStride *= K;
          values = address(a, 2) + (<usize>base * K + head) * ((<usize>D) << 2);
        }
        const start = max(from, base) - base;
        values += valueStride * start;
        const weights = scores + ((<usize>(base - origin + start)) << 2);
        const count = min(to - base, P) - start;
        if (n === 4) addValues4(y, row, weights, count);
        else for (let i = 0; i < n; i++) addValues1(y + row * i, weights + rowBytes * i, count);
      }
      for (let i = 0; i < n; i++) {
        divide(y + row * i, f32x4.extract_lane(inverses, 0));
        inverses = i32x4.shuffle(inverses, inverses, 1, 2, 3, 3);
      }
    }
    t += n;
  }
}

/** Rows of keys as [D][P]; columns of keys that are not there stay as they are. */
function turn(rows: usize, stride: usize, out: usize, count: i32): void {
  for (let key = 0; key < count; key++, rows += stride) {
    let to = out + ((<usize>key) << 2);
    for (let at = rows, last = rows + ((<usize>D) << 2); at < last; at += 4, to += (<usize>P) << 2) store<f32>(to, load<f32>(at));
  }
}

/** Scores of n tokens and the keys [from, to) of a page, which go to `place` bytes behind the start of each row of scores. */
function score(q: usize, row: usize, n: i32, place: usize, from: i32, to: i32): void {
  const together = n === 4 && P % 8 === 0;
  if (together) for (let key = from; key < to; key += 8) score4x8(q, row, scores + place, key);
  else {
    for (let i = 0; i < n; i++) {
      const out = scores + rowBytes * i + place;
      let key = from;
      for (; key < to && key + 16 <= P; key += 16) score1x16(q + row * i, out, key);
      for (; key < to; key += 4) score1x4(q + row * i, out, key);
    }
  }
}

/** Scores of 4 tokens and 8 keys. */
function score4x8(q: usize, row: usize, out: usize, key: i32): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let d0 = f32x4.splat(0);
  let d1 = f32x4.splat(0);
  const step = (<usize>P) << 2;
  const q1 = q + row;
  const q2 = q1 + row;
  const q3 = q2 + row;
  let k = keys + ((<usize>key) << 2);
  for (let c: usize = 0, last = (<usize>D) << 2; c < last; c += 4, k += step) {
    const k0 = v128.load(k);
    const k1 = v128.load(k, 16);
    let v = v128.load32_splat(q + c);
    a0 = madd(v, k0, a0);
    a1 = madd(v, k1, a1);
    v = v128.load32_splat(q1 + c);
    b0 = madd(v, k0, b0);
    b1 = madd(v, k1, b1);
    v = v128.load32_splat(q2 + c);
    c0 = madd(v, k0, c0);
    c1 = madd(v, k1, c1);
    v = v128.load32_splat(q3 + c);
    d0 = madd(v, k0, d0);
    d1 = madd(v, k1, d1);
  }
  out += (<usize>key) << 2;
  v128.store(out, a0);
  v128.store(out, a1, 16);
  out += rowBytes;
  v128.store(out, b0);
  v128.store(out, b1, 16);
  out += rowBytes;
  v128.store(out, c0);
  v128.store(out, c1, 16);
  out += rowBytes;
  v128.store(out, d0);
  v128.store(out, d1, 16);
}

/** Scores of a token and 16 keys. */
function score1x16(q: usize, out: usize, key: i32): void {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  const step = (<usize>P) << 2;
  let k = keys + ((<usize>key) << 2);
  for (const last = q + ((<usize>D) << 2); q < last; q += 4, k += step) {
    const v = v128.load32_splat(q);
    a = madd(v, v128.load(k), a);
    b = madd(v, v128.load(k, 16), b);
    c = madd(v, v128.load(k, 32), c);
    d = madd(v, v128.load(k, 48), d);
  }
  out += (<usize>key) << 2;
  v128.store(out, a);
  v128.store(out, b, 16);
  v128.store(out, c, 32);
  v128.store(out, d, 48);
}

/** Scores of a token and 4 keys. */
function score1x4(q: usize, out: usize, key: i32): void {
  let sum = f32x4.splat(0);
  let k = keys + ((<usize>key) << 2);
  for (const last = q + ((<usize>D) << 2); q < last; q += 4, k += (<usize>P) << 2) sum = madd(v128.load32_splat(q), v128.load(k), sum);
  v128.store(out + ((<usize>key) << 2), sum);
}

/**
 * Scores of a token to weights: their sum is what the result has to be divided by. Counted from the row's first key, it sees keys [first, end); the others
 * up to `to` get weight 0.
 *
 * @param cap   0 for none
 * @param slope of ALiBi, 0 for none: counted back from the last key that it sees
 * @returns     1 / the sum of the weights; 0 where it sees no key
 */
function soften(row: usize, first: i32, end: i32, to: i32, scale: f32, cap: f32, slope: f32): f32 {
  if (first >= end) {
    memory.fill(row, 0, (<usize>to) << 2);
    return 0;
  }
  const start = row + ((<usize>first) << 2);
  memory.fill(row, 0, start - row);
  const bent = cap !== 0 || slope !== 0;
  if (bent) bend(start, end - first, scale, cap, slope);
  const factor = f32x4.splat(bent ? 1 : scale);
  // Four keys at a time from the first on: so that lanes do not depend on pages. The last vector may run over the end, where it is masked.
  const left = (end - first) & 3;
  const whole = start + ((<usize>(end - first - left)) << 2);
  let most = f32x4.splat(-Infinity);
  for (let at = start; at < whole; at += 16) {
    const s = f32x4.mul(v128.load(at), factor);
    v128.store(at, s);
    most = f32x4.max(most, s);
  }
  let last = whole;
  if (left) {
    const inside = i32x4.lt_s(v128(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0), i32x4.splat(left));
    const s = v128.bitselect(f32x4.mul(v128.load(whole), factor), f32x4.splat(-Infinity), inside);
    v128.store(whole, s);
    most = f32x4.max(most, s);
    last += 16;
  }
  const shift = f32x4.splat(maxOf(most));
  let sum = f32x4.splat(0);
  for (let at = start; at < last; at += 16) {
    const weight = exp(f32x4.sub(v128.load(at), shift));
    v128.store(at, weight);
    sum = f32x4.add(sum, weight);
  }
  const stop = row + ((<usize>end) << 2);
  memory.fill(stop, 0, (<usize>(to - end)) << 2);
  return 1 / sumOf(sum);
}

/** Scores scaled, capped (Gemma 2) and with ALiBi's penalty for distance. */
function bend(start: usize, count: i32, scale: f32, cap: f32, slope: f32): void {
  const lanes = v128(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);
  for (let i = 0; i < count; i += 4) {
    const at = start + ((<usize>i) << 2);
    let s = f32x4.mul(v128.load(at), f32x4.splat(scale));
    if (cap !== 0) s = f32x4.mul(f32x4.splat(cap), tanh(f32x4.div(s, f32x4.splat(cap))));
    if (slope !== 0) {
      const distances = i32x4.sub(i32x4.splat(count - 1 - i), lanes);
      s = f32x4.sub(s, f32x4.mul(f32x4.splat(slope), f32x4.convert_i32x4_s(distances)));
    }
    v128.store(at, s);
  }
}

/** The result of a token, divided by the sum of its weights. */
function divide(y: usize, inverse: f32): void {
  const last = y + ((<usize>D) << 2);
  for (; y + 16 <= last; y += 16) v128.store(y, f32x4.mul(v128.load(y), f32x4.splat(inverse)));
  for (; y < last; y += 4) store<f32>(y, load<f32>(y) * inverse);
}

/** y of 4 tokens += weights . values, for `count` keys */
function addValues4(y: usize, row: usize, weights: usize, count: i32): void {
  const y1 = y + row;
  const y2 = y1 + row;
  const y3 = y2 + row;
  const w1 = rowBytes;
  const w2 = 2 * rowBytes;
  const w3 = 3 * rowBytes;
  const last = weights + ((<usize>count) << 2);
  const bytes = (<usize>D) << 2;
  let c: usize = 0;
  for (; c + 32 <= bytes; c += 32) {
    let a0 = v128.load(y + c);
    let a1 = v128.load(y + c, 16);
    let b0 = v128.load(y1 + c);
    let b1 = v128.load(y1 + c, 16);
    let c0 = v128.load(y2 + c);
    let c1 = v128.load(y2 + c, 16);
    let d0 = v128.load(y3 + c);
    let d1 = v128.load(y3 + c, 16);
    let at = values + c;
    for (let p = weights; p < last; p += 4, at += valueStride) {
      const v0 = v128.load(at);
      const v1 = v128.load(at, 16);
      let w = v128.load32_splat(p);
      a0 = madd(w, v0, a0);
      a1 = madd(w, v1, a1);
      w = v128.load32_splat(p + w1);
      b0 = madd(w, v0, b0);
      b1 = madd(w, v1, b1);
      w = v128.load32_splat(p + w2);
      c0 = madd(w, v0, c0);
      c1 = madd(w, v1, c1);
      w = v128.load32_splat(p + w3);
      d0 = madd(w, v0, d0);
      d1 = madd(w, v1, d1);
    }
    v128.store(y + c, a0);
    v128.store(y + c, a1, 16);
    v128.store(y1 + c, b0);
    v128.store(y1 + c, b1, 16);
    v128.store(y2 + c, c0);
    v128.store(y2 + c, c1, 16);
    v128.store(y3 + c, d0);
    v128.store(y3 + c, d1, 16);
  }
  for (let i: usize = 0; i < 4; i++) addValuesFrom(c, y + row * i, weights + rowBytes * i, count);
}

/** y of one token += weights . values, for `count` keys */
function addValues1(y: usize, weights: usize, count: i32): void {
  const last = weights + ((<usize>count) << 2);
  const bytes = (<usize>D) << 2;
  let c: usize = 0;
  for (; c + 64 <= bytes; c += 64) {
    let a0 = v128.load(y + c);
    let a1 = v128.load(y + c, 16);
    let a2 = v128.load(y + c, 32);
    let a3 = v128.load(y + c, 48);
    let at = values + c;
    for (let p = weights; p < last; p += 4, at += valueStride) {
      const w = v128.load32_splat(p);
      a0 = madd(w, v128.load(at), a0);
      a1 = madd(w, v128.load(at, 16), a1);
      a2 = madd(w, v128.load(at, 32), a2);
      a3 = madd(w, v128.load(at, 48), a3);
    }
    v128.store(y + c, a0);
    v128.store(y + c, a1, 16);
    v128.store(y + c, a2, 32);
    v128.store(y + c, a3, 48);
  }
  addValuesFrom(c, y, weights, count);
}

/** The channels from byte c on that fill no whole step. */
function addValuesFrom(c: usize, y: usize, weights: usize, count: i32): void {
  const last = weights + ((<usize>count) << 2);
  const bytes = (<usize>D) << 2;
  for (; c + 16 <= bytes; c += 16) {
    let sum = v128.load(y + c);
    let at = values + c;
    for (let p = weights; p < last; p += 4, at += valueStride) sum = madd(v128.load32_splat(p), v128.load(at), sum);
    v128.store(y + c, sum);
  }
  for (; c < bytes; c += 4) {
    let sum = load<f32>(y + c);
    let at = values + c;
    for (let p = weights; p < last; p += 4, at += valueStride) sum += load<f32>(p) * load<f32>(at);
    store<f32>(y + c, sum);
  }
}
