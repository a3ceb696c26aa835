// Commands that work on rows of activations one by one: look-ups, norms, rotation, elementwise functions, log-probabilities.
// T tokens (rows), C channels (values in a row), n values in all.
import { erfc } from "../../erfc";
import { expRow, madd, maxOf, sigmoid, tanh } from "./floats";
import { BLOCK, FLOATS, panelBytes, ROWS } from "./layouts";
import { SWISH, swish } from "./swish";
import { address, endOf, firstOf, float, int, thread } from "./team";
import { widenBlock, widenPanel } from "./widen";

/** target, words, then the words themselves */
export function input(a: usize): void {
  memory.copy(address(a, 0), a + 8, (<usize>int(a, 1)) << 2);
}

/** kind, zero, table, ids, y, T, C, scratch, bytes of scratch a thread: [32, 8] f32 */
export function embed(a: usize): void {
  const kind = int(a, 0);
  const table = address(a, 2);
  const ids = address(a, 3);
  const T = int(a, 5);
  const C = int(a, 6);
  const scratch = address(a, 7) + address(a, 8) * thread;
  const bytes = panelBytes(kind, C);
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    const id = load<i32>(ids + ((<usize>t) << 2));
    const lane = scratch + ((<usize>(id % ROWS)) << 2);
    let out = address(a, 4) + ((<usize>t * C) << 2);
    for (let i = 0; i < C; i += BLOCK) {
      const count = min(BLOCK, C - i);
      const block = table + <usize>(id / ROWS) * bytes + panelBytes(kind, i);
      if (kind >= FLOATS) widenPanel(kind, 0, block, scratch, count);
      else widenBlock(kind, int(a, 1), block, scratch);
      for (let at = lane, last = lane + ((<usize>count) << 5); at < last; at += 32, out += 4) store<f32>(out, load<f32>(at));
    }
  }
}

/** x, rows, y, T, C */
export function gather(a: usize): void {
  const rows = address(a, 1);
  const T = int(a, 3);
  const bytes = (<usize>int(a, 4)) << 2;
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    memory.copy(address(a, 2) + bytes * t, address(a, 0) + bytes * load<i32>(rows + ((<usize>t) << 2)), bytes);
  }
}

// Norms: sums in float64, two lanes at a time

/** x, gain, y, T, C, eps, how many values of a row are counted */
export function rmsNorm(a: usize): void {
  const gain = address(a, 1);
  const T = int(a, 3);
  const C = int(a, 4);
  const counted = int(a, 6);
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    const row = address(a, 0) + ((<usize>t * C) << 2);
    const out = address(a, 2) + ((<usize>t * C) << 2);
    const inverse = <f32>(1 / Math.sqrt(sumOfSquares(row, counted, 0) / counted + float(a, 5)));
    const factor = f32x4.splat(inverse);
    let i = 0;
    for (; i + 4 <= C; i += 4) {
      const at = (<usize>i) << 2;
      v128.store(out + at, f32x4.mul(f32x4.mul(v128.load(row + at), factor), v128.load(gain + at)));
    }
    for (; i < C; i++) {
      const at = (<usize>i) << 2;
      store<f32>(out + at, load<f32>(row + at) * inverse * load<f32>(gain + at));
    }
  }
}

/** x, gain, bias or 0, y, T, C, eps */
export function layerNorm(a: usize): void {
  const gain = address(a, 1);
  const bias = address(a, 2);
  const T = int(a, 4);
  const C = int(a, 5);
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    const row = address(a, 0) + ((<usize>t * C) << 2);
    const out = address(a, 3) + ((<usize>t * C) << 2);
    const mean = sumOfRow(row, C) / C;
    const inverse = 1 / Math.sqrt(sumOfSquares(row, C, mean) / C + float(a, 6));
    for (let i = 0; i < C; i++) {
      const at = (<usize>i) << 2;
      const normalised = <f32>((load<f32>(row + at) - mean) * inverse);
      store<f32>(out + at, normalised * load<f32>(gain + at) + (bias ? load<f32>(bias + at) : <f32>0));
    }
  }
}

export function sumOfRow(row: usize, n: i32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4, row += 16) {
    const v = v128.load(row);
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0)));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < n; i++, row += 4) sum += load<f32>(row);
  return sum;
}

/** Of the distances to `mean`. */
export function sumOfSquares(row: usize, n: i32, mean: f64): f64 {
  const m = f64x2.splat(mean);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4, row += 16) {
    const v = v128.load(row);
    const first = f64x2.sub(f64x2.promote_low_f32x4(v), m);
    const second = f64x2.sub(f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0)), m);
    low = f64x2.add(low, f64x2.mul(first, first));
    high = f64x2.add(high, f64x2.mul(second, second));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < n; i++, row += 4) {
    const distance = load<f32>(row) - mean;
    sum += distance * distance;
  }
  return sum;
}

/** x, rotation, y, T, heads, D, half: turns pairs (i, i + half) of every head of D, or turns them back */
export function rope(a: usize, back: bool): void {
  const direction = f32x4.splat(back ? -1 : 1);
  const T = int(a, 3);
  const heads = int(a, 4);
  const D = int(a, 5);
  const half = int(a, 6);
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    const cosines = address(a, 1) + ((<usize>t * 2 * half) << 2);
    const sines = cosines + ((<usize>half) << 2);
    const from = address(a, 0) + ((<usize>t * heads * D) << 2);
    const to = address(a, 2) + ((<usize>t * heads * D) << 2);
    for (let h = 0; h < heads; h++) {
      const at = (<usize>h * D) << 2;
      rotate(from + at, to + at, cosines, sines, half, direction);
      const rest = (<usize>(2 * half)) << 2;
      memory.copy(to + at + rest, from + at + rest, ((<usize>D) << 2) - rest);
    }
  }
}

function rotate(x: usize, y: usize, cosines: usize, sines: usize, half: i32, direction: v128): void {
  const far = (<usize>half) << 2;
  let i = 0;
  for (; i + 4 <= half; i += 4, x += 16, y += 16, cosines += 16, sines += 16) {
    const cos = v128.load(cosines);
    const sin = f32x4.mul(v128.load(sines), direction);
    const first = v128.load(x);
    const second = v128.load(x + far);
    v128.store(y, f32x4.sub(f32x4.mul(first, cos), f32x4.mul(second, sin)));
    v128.store(y + far, f32x4.add(f32x4.mul(second, cos), f32x4.mul(first, sin)));
  }
  for (; i < half; i++, x += 4, y += 4, cosines += 4, sines += 4) {
    const cos = load<f32>(cosines);
    const sin = load<f32>(sines) * f32x4.extract_lane(direction, 0);
    const first = load<f32>(x);
    const second = load<f32>(x + far);
    store<f32>(y, first * cos - second * sin);
    store<f32>(y + far, second * cos + first * sin);
  }
}

// Elementwise. Tensors take whole pairs of vectors of memory: the last one may run over their end, into memory that is theirs.

/** Of mine among n values. */
export function firstByte(n: i32): usize {
  return (<usize>firstOf((n + 7) >> 3)) << 5;
}

export function endByte(n: i32): usize {
  return (<usize>endOf((n + 7) >> 3)) << 5;
}

/** x, y, out, n */
export function add(a: usize): void {
  const x = address(a, 0);
  const y = address(a, 1);
  const out = address(a, 2);
  for (let i = firstByte(int(a, 3)), end = endByte(int(a, 3)); i < end; i += 32) {
    const low = f32x4.add(v128.load(x + i), v128.load(y + i));
    const high = f32x4.add(v128.load(x + i, 16), v128.load(y + i, 16));
    v128.store(out + i, low);
    v128.store(out + i, high, 16);
  }
}

/** x, y, out, n */
export function multiply(a: usize): void {
  for (let i = firstByte(int(a, 3)), end = endByte(int(a, 3)); i < end; i += 16) {
    v128.store(address(a, 2) + i, f32x4.mul(v128.load(address(a, 0) + i), v128.load(address(a, 1) + i)));
  }
}

/** x, factor, out, n */
export function scale(a: usize): void {
  const factor = f32x4.splat(float(a, 1));
  for (let i = firstByte(int(a, 3)), end = endByte(int(a, 3)); i < end; i += 16) {
    v128.store(address(a, 2) + i, f32x4.mul(v128.load(address(a, 0) + i), factor));
  }
}

/** x, cap, out, n */
export function softcap(a: usize): void {
  const cap = f32x4.splat(float(a, 1));
  for (let i = firstByte(int(a, 3)), end = endByte(int(a, 3)); i < end; i += 16) {
    v128.store(address(a, 2) + i, f32x4.mul(cap, tanh(f32x4.div(v128.load(address(a, 0) + i), cap))));
  }
}

/** kind, beta, x, up or 0, out, n, scratch, bytes of scratch a thread: a piece of swish.ts: act(x), times up */
export function activation(a: usize): void {
  const kind = int(a, 0);
  if (kind === SWISH) {
    const scratch = address(a, 6) + address(a, 7) * thread;
    swish(float(a, 1), address(a, 2), address(a, 3), address(a, 4), firstByte(int(a, 5)), endByte(int(a, 5)), scratch);
    return;
  }
  const up = address(a, 3);
  for (let i = firstByte(int(a, 5)), end = endByte(int(a, 5)); i < end; i += 16) {
    const value = activate(kind, v128.load(address(a, 2) + i));
    v128.store(address(a, 4) + i, up ? f32x4.mul(value, v128.load(up + i)) : value);
  }
}

/** The kinds are numbered in ops/wasm/activation-codes.ts; swish.ts has the fourth. */
export function activate(kind: i32, x: v128): v128 {
  switch (kind) {
    case 0:
      return x;
    case 1:
      return f32x4.max(x, f32x4.splat(0));
    case 2:
      return sigmoid(x);
    case 3:
      return tanh(x);
    case 5: {
      // x * Phi(x), in float64: erf in float32 would lose digits for negative x
      let y = f32x4.splat(gelu(f32x4.extract_lane(x, 0)));
      y = f32x4.replace_lane(y, 1, gelu(f32x4.extract_lane(x, 1)));
      y = f32x4.replace_lane(y, 2, gelu(f32x4.extract_lane(x, 2)));
      return f32x4.replace_lane(y, 3, gelu(f32x4.extract_lane(x, 3)));
    }
    default: {
      // gelu-tanh: (1 + tanh u) / 2 = sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3)
      const cube = f32x4.mul(f32x4.mul(x, x), x);
      const u = f32x4.mul(f32x4.splat(1.5957691216057308), madd(f32x4.splat(0.044715), cube, x));
      return f32x4.mul(x, sigmoid(u));
    }
  }
}

function gelu(x: f32): f32 {
  return <f32>(0.5 * <f64>x * erfc(-(<f64>x) * Math.SQRT1_2));
}

/** Values whose exponentials are kept at once. */
const PIECE = 1024;

/** logits, targets, y, T, V, scratch, bytes of scratch a thread: [PIECE] f32: log softmax of row t at targets[t], 0 where that is negative */
export function logProbs(a: usize): void {
  const T = int(a, 3);
  const V = int(a, 4);
  const scratch = address(a, 5) + address(a, 6) * thread;
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    const target = load<i32>(address(a, 1) + ((<usize>t) << 2));
    const row = address(a, 0) + ((<usize>t * V) << 2);
    const value = target < 0 ? 0 : <f64>load<f32>(row + ((<usize>target) << 2)) - logSumExp(row, V, scratch);
    store<f32>(address(a, 2) + ((<usize>t) << 2), <f32>value);
  }
}

function logSumExp(row: usize, n: i32, scratch: usize): f64 {
  const most = largestOf(row, n);
  const vectors = row + ((<usize>(n & ~3)) << 2);
  let sum: f64 = 0;
  let at = row;
  for (; at < vectors; at += PIECE * 4) {
    const end = min(at + PIECE * 4, vectors);
    expRow(at, end, scratch, most, 1);
    sum += sumOfRow(scratch, <i32>((end - at) >> 2));
  }
  at = vectors;
  for (const end = row + ((<usize>n) << 2); at < end; at += 4) sum += Math.exp(<f64>load<f32>(at) - most);
  return most + Math.log(sum);
}

/** NaN counts as none. */
export function largestOf(row: usize, n: i32): f32 {
  let most0 = f32x4.splat(-Infinity);
  let most1 = f32x4.splat(-Infinity);
  let at = row;
  for (const pairs = row + ((<usize>(n & ~7)) << 2); at < pairs; at += 32) {
    most0 = f32x4.pmax(most0, v128.load(at));
    most1 = f32x4.pmax(most1, v128.load(at, 16));
  }
  let largest = maxOf(f32x4.pmax(most0, most1));
  for (const end = row + ((<usize>n) << 2); at < end; at += 4) largest = max(largest, load<f32>(at));
  return largest;
}
