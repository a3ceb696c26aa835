// The elementwise functions and their derivatives in float64: what `Activation` names mean. Backends compute the same in float32.
import { erfc } from "./erfc.ts";
import type { Activation } from "./ops.ts";

/** A function of one number beside its derivative. */
export interface Curve {
  value(x: number): number;
  derivative(x: number): number;
}

const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

const swish = (beta: number): Curve => ({
  value: (x) => x * sigmoid(beta * x),
  derivative: (x) => {
    const s = sigmoid(beta * x);
    return s + beta * x * s * (1 - s);
  },
});

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const geluTanhInner = (x: number): number => SQRT_2_OVER_PI * (x + 0.044715 * x ** 3);

const curves: Record<Extract<Activation, string>, Curve> = {
  identity: { value: (x) => x, derivative: () => 1 },
  relu: { value: (x) => Math.max(0, x), derivative: (x) => (x > 0 ? 1 : 0) },
  sigmoid: { value: sigmoid, derivative: (x) => sigmoid(x) * sigmoid(-x) },
  tanh: { value: Math.tanh, derivative: (x) => 1 - Math.tanh(x) ** 2 },
  silu: swish(1),
  "gelu-quick": swish(1.702),
  // x * Phi(x), Phi the distribution function of the standard normal (Hendrycks & Gimpel 2016)
  gelu: {
    value: (x) => 0.5 * x * erfc(-x / Math.SQRT2),
    derivative: (x) => 0.5 * erfc(-x / Math.SQRT2) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
  },
  "gelu-tanh": {
    value: (x) => 0.5 * x * (1 + Math.tanh(geluTanhInner(x))),
    derivative: (x) => {
      const tanh = Math.tanh(geluTanhInner(x));
      return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * SQRT_2_OVER_PI * (1 + 3 * 0.044715 * x * x);
    },
  },
};

export function curve(kind: Activation): Curve {
  return typeof kind === "string" ? curves[kind] : swish(kind.swish);
}
