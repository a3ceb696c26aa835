// Gradients of elementwise functions and of log-probabilities. Tensors take whole pairs of vectors of memory: the last one may run over their end, into memory that
// is theirs. n values in all, T tokens, V vocabSize.
import { erfc } from "../../../erfc";
import { expRow, madd, sigmoid, tanh } from "../floats";
import { activate, endByte, firstByte, largestOf, sumOfRow } from "../rows";
import { SWISH, swishBackward } from "../swish";
import { address, endOf, firstOf, float, int } from "../team";

/** kind, beta, dy, x, dx, n */
export function activationBackward(a: usize): void {
  const kind = int(a, 0);
  if (kind === SWISH) {
    swishBackward(float(a, 1), address(a, 2), address(a, 3), 0, address(a, 4), 0, firstByte(int(a, 5)), endByte(int(a, 5)));
    return;
  }
  for (let i = firstByte(int(a, 5)), end = endByte(int(a, 5)); i < end; i += 16) {
    const slope = derivative(kind, v128.load(address(a, 3) + i));
    v128.store(address(a, 4) + i, f32x4.mul(v128.load(address(a, 2) + i), slope));
  }
}

/** kind, beta, dy, gate, up, dgate, dup, n */
export function gatedActivationBackward(a: usize): void {
  const kind = int(a, 0);
  if (kind === SWISH) {
    const first = firstByte(int(a, 7));
    const end = endByte(int(a, 7));
    swishBackward(float(a, 1), address(a, 2), address(a, 3), address(a, 4), address(a, 5), address(a, 6), first, end);
    return;
  }
  for (let i = firstByte(int(a, 7)), end = endByte(int(a, 7)); i < end; i += 16) {
    const dy = v128.load(address(a, 2) + i);
    const gate = v128.load(address(a, 3) + i);
    v128.store(address(a, 5) + i, f32x4.mul(f32x4.mul(dy, derivative(kind, gate)), v128.load(address(a, 4) + i)));
    v128.store(address(a, 6) + i, f32x4.mul(dy, activate(kind, gate)));
  }
}

/** The derivatives of the functions of `activate`, under the same numbers. */
function derivative(kind: i32, x: v128): v128 {
  const one = f32x4.splat(1);
  switch (kind) {
    case 0:
      return one;
    case 1:
      return v128.and(one, f32x4.gt(x, f32x4.splat(0)));
    case 2:
      return f32x4.mul(sigmoid(x), sigmoid(f32x4.neg(x)));
    case 3: {
      const y = tanh(x);
      return f32x4.sub(one, f32x4.mul(y, y));
    }
    case 5: {
      let y = f32x4.splat(geluDerivative(f32x4.extract_lane(x, 0)));
      y = f32x4.replace_lane(y, 1, geluDerivative(f32x4.extract_lane(x, 1)));
      y = f32x4.replace_lane(y, 2, geluDerivative(f32x4.extract_lane(x, 2)));
      return f32x4.replace_lane(y, 3, geluDerivative(f32x4.extract_lane(x, 3)));
    }
    default: {
      // gelu-tanh: x * sigmoid(u), u = 2 sqrt(2 / pi) (x + 0.044715 x^3)
      const square = f32x4.mul(x, x);
      const u = f32x4.mul(f32x4.splat(1.5957691216057308), madd(f32x4.mul(f32x4.splat(0.044715), square), x, x));
      const du = f32x4.mul(f32x4.splat(1.5957691216057308), madd(f32x4.splat(0.134145), square, one));
      const s = sigmoid(u);
      return madd(f32x4.mul(f32x4.mul(x, s), f32x4.sub(one, s)), du, s);
    }
  }
}

/** Phi(x) + x phi(x) of the standard normal, in float64 as the function itself. */
function geluDerivative(value: f32): f32 {
  const x = <f64>value;
  return <f32>(0.5 * erfc(-x * Math.SQRT1_2) + x * Math.exp(-0.5 * x * x) * 0.3989422804014327);
}

/** dy, x, dx, cap, n */
export function softcapBackward(a: usize): void {
  const cap = f32x4.splat(float(a, 3));
  for (let i = firstByte(int(a, 4)), end = endByte(int(a, 4)); i < end; i += 16) {
    const y = tanh(f32x4.div(v128.load(address(a, 1) + i), cap));
    v128.store(address(a, 2) + i, f32x4.mul(v128.load(address(a, 0) + i), f32x4.sub(f32x4.splat(1), f32x4.mul(y, y))));
  }
}

/** dy f32 [T], logits f32 [T, V], targets int32 [T], dlogits f32 [T, V], T, V: dy * ((is the target) - softmax), 0 where the target is negative */
export function logProbsBackward(a: usize): void {
  const T = int(a, 4);
  const V = int(a, 5);
  const bytes = (<usize>V) << 2;
  for (let t = firstOf(T), end = endOf(T); t < end; t++) {
    const target = load<i32>(address(a, 2) + ((<usize>t) << 2));
    const out = address(a, 3) + bytes * t;
    if (target < 0) {
      memory.fill(out, 0, bytes);
      continue;
    }
    const dy = load<f32>(address(a, 0) + ((<usize>t) << 2));
    softmaxTimes(address(a, 1) + bytes * t, out, V, -dy);
    store<f32>(out + ((<usize>target) << 2), load<f32>(out + ((<usize>target) << 2)) + dy);
  }
}

/** Exponentials relative to the largest, their sum in float64, then both together. */
function softmaxTimes(row: usize, out: usize, n: i32, factor: f32): void {
  const most = largestOf(row, n);
  const vectors = (<usize>(n & ~3)) << 2;
  const bytes = (<usize>n) << 2;
  expRow(row, row + vectors, out, most, 1);
  for (let i = vectors; i < bytes; i += 4) store<f32>(out + i, <f32>Math.exp(<f64>load<f32>(row + i) - most));
  const scale = <f32>(factor / sumOfRow(out, n));
  const s = f32x4.splat(scale);
  let i: usize = 0;
  for (; i + 32 <= bytes; i += 32) {
    const low = f32x4.mul(v128.load(out + i), s);
    const high = f32x4.mul(v128.load(out + i, 16), s);
    v128.store(out + i, low);
    v128.store(out + i, high, 16);
  }
  for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(out + i) * scale);
}
