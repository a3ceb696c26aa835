// What an optimiser does with weights and gradients where they lie. T rows, C values in a row.

import { ROWS } from "./layouts";
import { sumOfSquares } from "./rows";
import { address, endOf, firstOf, float, int, thread } from "./team";

/** x f32 [T, C], y f64 [T], T, C: sums of squares */
export function squares(a: usize): void {
  const T = int(a, 2);
  const C = int(a, 3);
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    store<f64>(address(a, 1) + ((<usize>t) << 3), sumOfSquares(address(a, 0) + ((<usize>t * C) << 2), C, 0));
  }
}

/** x f64 [n], y f32 [1], n: the root of their sum */
export function norm(a: usize): void {
  let sum: f64 = 0;
  for (let at = address(a, 0), end = at + ((<usize>int(a, 2)) << 3); at < end; at += 8) sum += load<f64>(at);
  store<f32>(address(a, 1), <f32>Math.sqrt(sum));
}

/**
 * w, first moments, second moments (all in panels of 8 rows, or one row), gradient f32 [T, C], norm of all gradients or 0, T, C, whether panels, scratch, bytes of scratch a thread:
 * [C, 8] f32, then the numbers of {@link update}
 */
export function adamW(a: usize): void {
  const T = int(a, 5);
  const C = int(a, 6);
  const numbers = a + 40;
  let factor = float(numbers, 8);
  if (address(a, 4)) factor *= min<f32>(1, float(numbers, 9) / (factor * load<f32>(address(a, 4)) + 1e-6));
  if (!int(a, 7)) {
    // Not whole vectors at the end: nothing behind a weight is ours to write.
    const from = (<usize>firstOf(C)) << 2;
    const count = endOf(C) - firstOf(C);
    update(address(a, 0) + from, address(a, 1) + from, address(a, 2) + from, address(a, 3) + from, count, factor, numbers);
    return;
  }
  const scratch = address(a, 8) + address(a, 9) * thread;
  const panels = (T + ROWS - 1) / ROWS;
  for (let p = firstOf(panels), end = endOf(panels); p < end; p++) {
    const rows = min(ROWS, T - p * ROWS);
    if (rows < ROWS) memory.fill(scratch, 0, (<usize>C) << 5);
    let from = address(a, 3) + ((<usize>p * ROWS * C) << 2);
    for (let r: usize = 0; r < <usize>rows; r++) {
      let to = scratch + (r << 2);
      for (const last = from + ((<usize>C) << 2); from < last; from += 4, to += 32) store<f32>(to, load<f32>(from));
    }
    const at = (<usize>p * C) << 5;
    update(address(a, 0) + at, address(a, 1) + at, address(a, 2) + at, scratch, 8 * C, factor, numbers);
  }
}

/**
 * Loshchilov & Hutter 2019, algorithm 2, of `count` values. The numbers: beta1, 1 - beta1, beta2, 1 - beta2, 1 - rate * decay, rate / (1 - beta1^t),
 * 1 / (1 - beta2^t), eps; then what the gradient is multiplied by, before it is clipped to the last of them.
 */
function update(w: usize, m: usize, v: usize, g: usize, count: i32, factor: f32, numbers: usize): void {
  let i = 0;
  for (; i + 4 <= count; i += 4, w += 16, m += 16, v += 16, g += 16) {
    const gradient = f32x4.mul(v128.load(g), f32x4.splat(factor));
    const first = f32x4.add(f32x4.mul(v128.load(m), number(numbers, 0)), f32x4.mul(gradient, number(numbers, 1)));
    const square = f32x4.mul(gradient, gradient);
    const second = f32x4.add(f32x4.mul(v128.load(v), number(numbers, 2)), f32x4.mul(square, number(numbers, 3)));
    v128.store(m, first);
    v128.store(v, second);
    const size = f32x4.add(f32x4.sqrt(f32x4.mul(second, number(numbers, 6))), number(numbers, 7));
    const change = f32x4.div(f32x4.mul(first, number(numbers, 5)), size);
    v128.store(w, f32x4.sub(f32x4.mul(v128.load(w), number(numbers, 4)), change));
  }
  for (; i < count; i++, w += 4, m += 4, v += 4, g += 4) {
    const gradient = load<f32>(g) * factor;
    const first = load<f32>(m) * float(numbers, 0) + gradient * float(numbers, 1);
    const second = load<f32>(v) * float(numbers, 2) + gradient * gradient * float(numbers, 3);
    store<f32>(m, first);
    store<f32>(v, second);
    const size = Mathf.sqrt(second * float(numbers, 6)) + float(numbers, 7);
    store<f32>(w, load<f32>(w) * float(numbers, 4) - (first * float(numbers, 5)) / size);
  }
}

function number(numbers: usize, i: i32): v128 {
  return v128.load32_splat(numbers + ((<usize>i) << 2));
}
