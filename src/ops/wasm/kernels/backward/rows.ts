// Gradients of look-ups and norms. T tokens (rows), C channels (values in a row). Where a gradient is a sum over tokens, threads split its rows or its channels,
// and every thread walks all tokens in order.
import { sumOfSquares } from "../rows";
import { address, endOf, firstOf, float, int } from "../team";

/** dy f32 [T, C], rows int32 [T], out f32 [n, C], T, n, C: out[rows[t]] += dy[t], from zeros */
export function addRows(a: usize): void {
  const T = int(a, 3);
  const n = int(a, 4);
  const bytes = (<usize>int(a, 5)) << 2;
  const first = firstOf(n);
  const end = endOf(n);
  memory.fill(address(a, 2) + bytes * first, 0, bytes * (end - first));
  for (let t = 0; t < T; t++) {
    const row = load<i32>(address(a, 1) + ((<usize>t) << 2));
    if (row < first || row >= end) continue;
    const from = address(a, 0) + bytes * t;
    const to = address(a, 2) + bytes * row;
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
    for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i));
  }
}

/** dy, x f32 [T, C], gain, dx f32 [T, C], moments f32 [T, 2], T, C, eps, how many values of a row are counted */
export function rmsNormBackward(a: usize): void {
  const gain = address(a, 2);
  const T = int(a, 5);
  const C = int(a, 6);
  const counted = int(a, 8);
  const bytes = (<usize>C) << 2;
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    const dy = address(a, 0) + bytes * t;
    const x = address(a, 1) + bytes * t;
    const inverse = 1 / Math.sqrt(sumOfSquares(x, counted, 0) / counted + float(a, 7));
    putMoments(address(a, 4), t, 0, <f32>inverse);
    const slope = (sumOfProducts(dy, gain, x, C) * inverse * inverse * inverse) / counted;
    through(dy, x, gain, address(a, 3) + bytes * t, C, counted, inverse, 0, 0, slope);
  }
}

/** dy, x f32 [T, C], gain, dx f32 [T, C], moments f32 [T, 2], T, C, eps */
export function layerNormBackward(a: usize): void {
  const gain = address(a, 2);
  const T = int(a, 5);
  const C = int(a, 6);
  const bytes = (<usize>C) << 2;
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    const dy = address(a, 0) + bytes * t;
    const x = address(a, 1) + bytes * t;
    let sum: f64 = 0;
    for (let i: usize = 0; i < bytes; i += 4) sum += load<f32>(x + i);
    const mean = sum / C;
    let squares: f64 = 0;
    let total: f64 = 0; // of dy * gain
    let dot: f64 = 0; // dy * gain . (x - mean)
    for (let i: usize = 0; i < bytes; i += 4) {
      const distance = load<f32>(x + i) - mean;
      const g = <f64>load<f32>(dy + i) * load<f32>(gain + i);
      squares += distance * distance;
      total += g;
      dot += g * distance;
    }
    const inverse = 1 / Math.sqrt(squares / C + float(a, 7));
    putMoments(address(a, 4), t, <f32>mean, <f32>inverse);
    through(dy, x, gain, address(a, 3) + bytes * t, C, C, inverse, (total * inverse) / C, mean, (dot * inverse * inverse * inverse) / C);
  }
}

/** x y z, two lanes of float64 at a time. */
function sumOfProducts(x: usize, y: usize, z: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4, x += 16, y += 16, z += 16) {
    const a = v128.load(x);
    const b = v128.load(y);
    const c = v128.load(z);
    low = f64x2.add(low, f64x2.mul(f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b)), f64x2.promote_low_f32x4(c)));
    high = f64x2.add(high, f64x2.mul(f64x2.mul(upper(a), upper(b)), upper(c)));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < n; i++, x += 4, y += 4, z += 4) sum += <f64>load<f32>(x) * load<f32>(y) * load<f32>(z);
  return sum;
}

/** The upper two of four floats. */
function upper(v: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0));
}

function putMoments(moments: usize, t: i32, mean: f32, inverse: f32): void {
  store<f32>(moments + ((<usize>t) << 3), mean);
  store<f32>(moments + ((<usize>t) << 3), inverse, 4);
}

/** dx[i] = dy[i] * gain[i] * inverse - offset - (x[i] - mean) * slope; of values that are not counted the first term alone. */
function through(
  dy: usize,
  x: usize,
  gain: usize,
  dx: usize,
  C: i32,
  counted: i32,
  inverse: f64,
  offset: f64,
  mean: f64,
  slope: f64,
): void {
  const factor = f64x2.splat(inverse);
  let i = 0;
  for (; i + 4 <= counted; i += 4) {
    const at = (<usize>i) << 2;
    const dys = v128.load(dy + at);
    const gains = v128.load(gain + at);
    const xs = v128.load(x + at);
    const low = f64x2.mul(f64x2.mul(f64x2.promote_low_f32x4(dys), f64x2.promote_low_f32x4(gains)), factor);
    const high = f64x2.mul(f64x2.mul(upper(dys), upper(gains)), factor);
    const first = f64x2.sub(low, lineOf(f64x2.promote_low_f32x4(xs), offset, mean, slope));
    const second = f64x2.sub(high, lineOf(upper(xs), offset, mean, slope));
    v128.store(dx + at, i64x2.shuffle(f32x4.demote_f64x2_zero(first), f32x4.demote_f64x2_zero(second), 0, 2));
  }
  for (; i < C; i++) {
    const at = (<usize>i) << 2;
    let value = <f64>load<f32>(dy + at) * load<f32>(gain + at) * inverse;
    if (i < counted) value -= offset + (load<f32>(x + at) - mean) * slope;
    store<f32>(dx + at, <f32>value);
  }
}

/** offset + (x - mean) * slope */
function lineOf(x: v128, offset: f64, mean: f64, slope: f64): v128 {
  return f64x2.add(f64x2.splat(offset), f64x2.mul(f64x2.sub(x, f64x2.splat(mean)), f64x2.splat(slope)));
}

/** dy, x f32 [T, C], moments f32 [T, 2], dgain, dbias or 0 f32 [C], T, C: dgain = sum of dy * (x - mean) * inverse, dbias of dy */
export function normGradients(a: usize): void {
  const dgain = address(a, 3);
  const dbias = address(a, 4);
  const T = int(a, 5);
  const C = int(a, 6);
  const vectors = (C + 3) >> 2;
  const from = (<usize>firstOf(vectors)) << 4;
  const end = min((<usize>endOf(vectors)) << 4, (<usize>C) << 2);
  if (from >= end) return;
  memory.fill(dgain + from, 0, end - from);
  if (dbias) memory.fill(dbias + from, 0, end - from);
  for (let t = 0; t < T; t++) {
    const dy = address(a, 0) + ((<usize>t * C) << 2);
    const x = address(a, 1) + ((<usize>t * C) << 2);
    const moments = address(a, 2) + ((<usize>t) << 3);
    const mean = load<f32>(moments);
    const inverse = load<f32>(moments, 4);
    let i = from;
    for (; i + 16 <= end; i += 16) {
      const g = v128.load(dy + i);
      const normalised = f32x4.mul(f32x4.sub(v128.load(x + i), f32x4.splat(mean)), f32x4.splat(inverse));
      v128.store(dgain + i, f32x4.add(v128.load(dgain + i), f32x4.mul(g, normalised)));
      if (dbias) v128.store(dbias + i, f32x4.add(v128.load(dbias + i), g));
    }
    for (; i < end; i += 4) {
      const g = load<f32>(dy + i);
      store<f32>(dgain + i, load<f32>(dgain + i) + g * ((load<f32>(x + i) - mean) * inverse));
      if (dbias) store<f32>(dbias + i, load<f32>(dbias + i) + g);
    }
  }
}
