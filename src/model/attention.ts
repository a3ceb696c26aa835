// Self-attention of one layer: project, normalise and rotate heads where the configuration says so, attend, project back.
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { alibiSlopes } from "./alibi.ts";
import type { LayerInputs } from "./batch.ts";
import type { ModelConfig } from "./config.ts";
import type { AttentionWeights } from "./weights.ts";

/** @param x [tokens, dim] @returns [tokens, dim] */
export function attention<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  w: AttentionWeights<W>,
  x: T,
  { view, rotation }: LayerInputs<T>,
  layer: number,
): T {
  const { nHeads, nKvHeads, headDim, positions } = config;
  const { scale = headDim ** -0.5, softcap } = config.attention;

  /** A normalised and rotated projection. */
  const heads = (weight: W, bias: W | undefined, gain: W | undefined): T => {
    let h = ops.linear(x, weight, bias); // [tokens, heads * headDim]
    if (gain) h = ops.reshape(ops.rmsNorm(ops.reshape(h, [h.shape[0] * (h.shape[1] / headDim), headDim]), gain, config.norm.eps), h.shape);
    return rotation ? ops.rope(h, rotation, headDim) : h;
  };

  const q = heads(w.wq, w.bq, w.qNorm); // [tokens, nHeads * headDim]
  const k = heads(w.wk, w.bk, w.kNorm); // [tokens, nKvHeads * headDim]
  const v = ops.linear(x, w.wv, w.bv); // [tokens, nKvHeads * headDim]
  const slopes = positions.kind === "alibi" ? alibiSlopes(nHeads, positions) : undefined;
  const y = ops.attend(q, k, v, view, { nHeads, nKvHeads, headDim, scale, softcap, alibiSlopes: slopes, layer }); // [tokens, nHeads * headDim]
  return ops.linear(y, w.wo, w.bo); // [tokens, dim]
}
