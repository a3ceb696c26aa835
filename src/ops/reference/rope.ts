// Rotary position embedding of the reference backend: pairs (i, i + r/2) of each head turn by the angle that `rotation` gives.
import type { Ops } from "../ops.ts";
import * as rules from "../shape-rules.ts";
import { f64, type RefTensor, type RefWeight } from "./values.ts";

export const ropeOps: Pick<Ops<RefTensor, RefWeight>, "rope" | "ropeBackward"> = {
  rope: (x, rotation, headDim) => rotate("rope", x, rotation, headDim, 1),
  ropeBackward: (dy, rotation, headDim) => rotate("ropeBackward", dy, rotation, headDim, -1),
};

/** @param direction 1 turns forward; -1 back, which is the transpose, also when the rotation carries a magnitude (YaRN) */
function rotate(op: string, x: RefTensor, rotation: RefTensor, headDim: number, direction: 1 | -1): RefTensor {
  const y = f64(rules.rope(x, rotation, headDim, op), Float64Array.from(x.data));
  const [tokens, width] = x.shape;
  const half = rotation.shape[1] / 2;
  for (let t = 0; t < tokens; t++) {
    for (let head = t * width; head < (t + 1) * width; head += headDim) {
      for (let i = 0; i < half; i++) {
        const cos = rotation.data[t * 2 * half + i];
        const sin = rotation.data[t * 2 * half + half + i] * direction;
        const a = x.data[head + i];
        const b = x.data[head + half + i];
        y.data[head + i] = a * cos - b * sin;
        y.data[head + half + i] = b * cos + a * sin;
      }
    }
  }
  return y;
}
