// Elementwise functions as the kernels know them: a number, and the beta of a swish.
import type { Activation } from "../ops.ts";
import { bits } from "./tensors.ts";

/** The numbers under which kernels/rows.ts and kernels/backward/curves.ts know the functions. */
const codes = { identity: 0, relu: 1, sigmoid: 2, tanh: 3, swish: 4, gelu: 5, "gelu-tanh": 6 } as const;

/** The words of a command: the function's number, and beta. */
export function activationCode(kind: Activation): [number, number] {
  const [name, beta] = typeof kind === "object" ? (["swish", kind.swish] as const) : swishOf(kind);
  return [codes[name], bits(beta)];
}

/** silu and the quick gelu are swishes with a fixed beta. */
function swishOf(kind: Extract<Activation, string>): readonly [keyof typeof codes, number] {
  if (kind === "silu") return ["swish", 1];
  if (kind === "gelu-quick") return ["swish", 1.702];
  return [kind, 0];
}
