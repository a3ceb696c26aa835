// Gradients of elementwise functions and of log-probabilities. Tensors take whole vectors of memory: the last one may run over their end, into memory that is
// theirs. n values in all, T tokens, V vocabSize.
import { erfc } from "../../../erfc";
import { exp, madd, maxOf, sigmoid, tanh } from "../floats";
import { activate } from "../rows";
import { address, endOf, firstOf, float, int } from "../team";

function firstByte(n: i32): usize {
  return (<usize>firstOf((n + 3) >> 2)) << 4;
}

function endByte(n: i32): usize {
  return (<usize>endOf((n + 3) >> 2)) << 4;
}

/** kind, beta, dy, x, dx, n */
export function activationBackward(a: usize): void {
  const kind = int(a, 0);
  const beta = f32x4.splat(float(a, 1));
  for (let i = firstByte(int(a, 5)), end = endByte(int(a, 5)); i < end; i += 16) {
    const slope = derivative(kind, beta, v128.load(address(a, 3) + i));
    v128.store(address(a, 4) + i, f32x4.mul(v128.load(address(a, 2) + i), slope));
  }
}

/** kind, beta, dy, gate, up, dgate, dup, n */
export function gatedActivationBackward(a: usize): void {
  const kind = int(a, 0);
  const beta = f32x4.splat(float(a, 1));
  for (let i = firstByte(int(a, 7)), end = endByte(int(a, 7)); i < end; i += 16) {
    const dy = v128.load(address(a, 2) + i);
    const gate = v128.load(address(a, 3) + i);
    v128.store(address(a, 5) + i, f32x4.mul(f32x4.mul(dy, derivative(kind, beta, gate)), v128.load(address(a, 4) + i)));
    v128.store(address(a, 6) + i, f32x4.mul(dy, activate(kind, beta, gate)));
  }
}

/** The derivatives of the functions of `activate`, under the same numbers. */
function derivative(kind: i32, beta: v128, x: v128): v128 {
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
    case 4: {
      const s = sigmoid(f32x4.mul(beta, x));
      return madd(f32x4.mul(f32x4.mul(beta, x), s), f32x4.sub(one, s), s);
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
    softmaxTimes(address(a, 1) + bytes * t, out, bytes, -dy);
    store<f32>(out + ((<usize>target) << 2), load<f32>(out + ((<usize>target) << 2)) + dy);
  }
}

/** Exponentials relative to the largest, their sum in float64, then both together. */
function softmaxTimes(row: usize, out: usize, bytes: usize, factor: f32): void {
  const vectors = bytes & ~15;
  let most = f32x4.splat(-Infinity);
  let i: usize = 0;
  for (; i < vectors; i += 16) most = f32x4.max(most, v128.load(row + i));
  let largest = maxOf(most);
  for (; i < bytes; i += 4) largest = max(largest, load<f32>(row + i));
  const shift = f32x4.splat(largest);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (i = 0; i < vectors; i += 16) {
    const e = exp(f32x4.sub(v128.load(row + i), shift));
    v128.store(out + i, e);
    low = f64x2.add(low, f64x2.promote_low_f32x4(e));
    high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(e, e, 1, 0)));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < bytes; i += 4) {
    const e = Math.exp(<f64>load<f32>(row + i) - largest);
    store<f32>(out + i, <f32>e);
    sum += e;
  }
  const scale = <f32>(factor / sum);
  for (i = 0; i < vectors; i += 16) v128.store(out + i, f32x4.mul(v128.load(out + i), f32x4.splat(scale)));
  for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(out + i) * scale);
}
