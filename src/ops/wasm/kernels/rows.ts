// Kernels that work on one row of activations at a time: norms, rotation, elementwise functions.
// T tokens (rows), C channels (values in a row).
import { erfc } from "../../erfc";

export function rmsNorm(x: usize, gain: usize, y: usize, T: i32, C: i32, eps: f32, counted: i32): void {
  for (let t = 0; t < T; t++) {
    const row = x + ((<usize>t * C) << 2);
    const out = y + ((<usize>t * C) << 2);
    let squares: f64 = 0;
    for (let i = 0; i < counted; i++) {
      const value = <f64>load<f32>(row + ((<usize>i) << 2));
      squares += value * value;
    }
    const inverse = <f32>(1 / Math.sqrt(squares / counted + eps));
    for (let i = 0; i < C; i++) {
      const at = (<usize>i) << 2;
      store<f32>(out + at, load<f32>(row + at) * inverse * load<f32>(gain + at));
    }
  }
}

/** @param bias 0 for none */
export function layerNorm(x: usize, gain: usize, bias: usize, y: usize, T: i32, C: i32, eps: f32): void {
  for (let t = 0; t < T; t++) {
    const row = x + ((<usize>t * C) << 2);
    const out = y + ((<usize>t * C) << 2);
    let sum: f64 = 0;
    for (let i = 0; i < C; i++) sum += load<f32>(row + ((<usize>i) << 2));
    const mean = sum / C;
    let squares: f64 = 0;
    for (let i = 0; i < C; i++) {
      const centred = load<f32>(row + ((<usize>i) << 2)) - mean;
      squares += centred * centred;
    }
    const inverse = 1 / Math.sqrt(squares / C + eps);
    for (let i = 0; i < C; i++) {
      const at = (<usize>i) << 2;
      const normalised = <f32>((load<f32>(row + at) - mean) * inverse);
      store<f32>(out + at, normalised * load<f32>(gain + at) + (bias ? load<f32>(bias + at) : <f32>0));
    }
  }
}

/** Turns pairs (i, i + half) of every head; y may not be x. H heads of D in a row, 2 * half of them turn. */
export function rope(x: usize, rotation: usize, y: usize, T: i32, H: i32, D: i32, half: i32): void {
  memory.copy(y, x, (<usize>T * H * D) << 2);
  for (let t = 0; t < T; t++) {
    const cosines = rotation + ((<usize>t * 2 * half) << 2);
    const sines = cosines + ((<usize>half) << 2);
    for (let h = 0; h < H; h++) {
      const head = ((<usize>t * H + h) * D) << 2;
      for (let i = 0; i < half; i++) {
        const low = head + ((<usize>i) << 2);
        const high = head + ((<usize>(i + half)) << 2);
        const cos = load<f32>(cosines + ((<usize>i) << 2));
        const sin = load<f32>(sines + ((<usize>i) << 2));
        const a = load<f32>(x + low);
        const b = load<f32>(x + high);
        store<f32>(y + low, a * cos - b * sin);
        store<f32>(y + high, b * cos + a * sin);
      }
    }
  }
}

export function add(x: usize, y: usize, out: usize, n: i32): void {
  for (let end = x + ((<usize>n) << 2); x < end; x += 4, y += 4, out += 4) store<f32>(out, load<f32>(x) + load<f32>(y));
}

export function multiply(x: usize, y: usize, out: usize, n: i32): void {
  for (let end = x + ((<usize>n) << 2); x < end; x += 4, y += 4, out += 4) store<f32>(out, load<f32>(x) * load<f32>(y));
}

export function scale(x: usize, factor: f32, out: usize, n: i32): void {
  for (let end = x + ((<usize>n) << 2); x < end; x += 4, out += 4) store<f32>(out, load<f32>(x) * factor);
}

export function softcap(x: usize, cap: f32, out: usize, n: i32): void {
  for (let end = x + ((<usize>n) << 2); x < end; x += 4, out += 4) store<f32>(out, cap * Mathf.tanh(load<f32>(x) / cap));
}

/** act(x) for kind, times up where there is one (0 for none). */
export function activation(kind: i32, beta: f32, x: usize, up: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const at = (<usize>i) << 2;
    const value = activate(kind, beta, load<f32>(x + at));
    store<f32>(out + at, up ? value * load<f32>(up + at) : value);
  }
}

/** The kinds are numbered in ops/wasm/index.ts. */
function activate(kind: i32, beta: f32, x: f32): f32 {
  switch (kind) {
    case 0:
      return x;
    case 1:
      return max(x, <f32>0);
    case 2:
      return sigmoid(x);
    case 3:
      return Mathf.tanh(x);
    case 4:
      return x * sigmoid(beta * x);
    case 5: // x * Phi(x), in float64: erf in float32 would lose digits for negative x
      return <f32>(0.5 * <f64>x * erfc(-(<f64>x) * Math.SQRT1_2));
    default: // gelu-tanh
      return <f32>0.5 * x * (1 + Mathf.tanh(<f32>0.7978845608028654 * (x + <f32>0.044715 * x * x * x)));
  }
}

function sigmoid(x: f32): f32 {
  return 1 / (1 + Mathf.exp(-x));
}
