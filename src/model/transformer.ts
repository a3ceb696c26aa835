// The model, written once: pure functions over the contract, used for training, prefill, decoding and every experiment, on every backend.
// What differs between families is in `config`; what a token may see is in the batch's attention views.
import type { Ops, Tensor, Weight } from "../ops/ops.ts";
import { attention } from "./attention.ts";
import type { Batch, LayerInputs } from "./batch.ts";
import type { FfnConfig, ModelConfig, NormConfig } from "./config.ts";
import type { BlockWeights, FfnWeights, ModelWeights, NormWeights } from "./weights.ts";

/** Sees the residual stream: -1 is the input of the first block, i the output of block i, nLayers what the final norm gives. */
export type Probe<T> = (layer: number, h: T) => void;

/** From tokens to the hidden state after the final norm. @returns [tokens, dim] */
export function transformer<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  weights: ModelWeights<W>,
  batch: Batch<T>,
  probe?: Probe<T>,
): T {
  let h = embedTokens(ops, config, weights, batch); // [tokens, dim]
  probe?.(-1, h);
  weights.layers.forEach((w, layer) => {
    const inputs = config.attention.window?.local[layer] ? batch.local : batch.global;
    const x = h; // what a scope does may be done again, on the way back of a tape: it reads nothing that changes
    h = ops.scope(() => block(ops, config, w, x, inputs, layer));
    probe?.(layer, h);
  });
  if (weights.norm) h = normalize(ops, config.norm, weights.norm, h);
  probe?.(config.nLayers, h);
  return h;
}

/** From hidden states to the scores of the next token. @param h [tokens, dim] @returns [tokens, vocabSize] */
export function logits<T extends Tensor, W extends Weight>(ops: Ops<T, W>, config: ModelConfig, weights: ModelWeights<W>, h: T): T {
  const scores = ops.linear(h, weights.output ?? weights.tokEmbeddings);
  return config.logitSoftcap ? ops.softcap(scores, config.logitSoftcap) : scores;
}

/** What the first block reads: embeddings, with positions where they are added. @returns [tokens, dim] */
function embedTokens<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  weights: ModelWeights<W>,
  batch: Batch<T>,
): T {
  let h = ops.embed(weights.tokEmbeddings, batch.ids); // [tokens, dim]
  if (config.embeddingScale) h = ops.scale(h, config.embeddingScale);
  if (weights.posEmbeddings) h = ops.add(h, ops.embed(weights.posEmbeddings, batch.positions));
  if (batch.sinusoid) h = ops.add(h, batch.sinusoid);
  if (weights.embeddingNorm) h = normalize(ops, config.norm, weights.embeddingNorm, h);
  return h;
}

/** One layer: attention, then feed-forward, each added to the residual stream; the norms stand where the configuration puts them. */
export function block<T extends Tensor, W extends Weight>(
  ops: Ops<T, W>,
  config: ModelConfig,
  w: BlockWeights<W>,
  x: T,
  inputs: LayerInputs<T>,
  layer: number,
): T {
  const norm = (weights: NormWeights<W>, h: T): T => normalize(ops, config.norm, weights, h);
  const attend = (h: T): T => attention(ops, config, w.attention, h, inputs, layer);
  const feed = (h: T): T => feedForward(ops, config.ffn, w.feedForward, h);

  switch (config.residual) {
    case "pre": {
      const h = ops.add(x, attend(norm(w.attentionNorm, x))); // [tokens, dim]
      return ops.add(h, feed(norm(w.ffnNorm!, h)));
    }
    case "post": {
      const h = norm(w.attentionNorm, ops.add(x, attend(x)));
      return norm(w.ffnNorm!, ops.add(h, feed(h)));
    }
    case "parallel":
      return ops.add(x, ops.add(attend(norm(w.attentionNorm, x)), feed(norm(w.ffnNorm!, x))));
    case "parallel-shared": {
      const h = norm(w.attentionNorm, x);
      return ops.add(x, ops.add(attend(h), feed(h)));
    }
    case "sandwich": {
      const h = ops.add(x, norm(w.attentionPostNorm!, attend(norm(w.attentionNorm, x))));
      return ops.add(h, norm(w.ffnPostNorm!, feed(norm(w.ffnNorm!, h))));
    }
  }
}

/** SwiGLU and its relatives (Shazeer 2020): w2(act(w1 x) * w3 x); without a gate, w2(act(w1 x)). */
export function feedForward<T extends Tensor, W extends Weight>(ops: Ops<T, W>, ffn: FfnConfig, w: FfnWeights<W>, x: T): T {
  const up = ops.linear(x, w.w1, w.b1); // [tokens, hiddenDim]
  const hidden = w.w3 ? ops.gatedActivation(ffn.activation, up, ops.linear(x, w.w3, w.b3)) : ops.activation(ffn.activation, up);
  return ops.linear(hidden, w.w2, w.b2); // [tokens, dim]
}

export function normalize<T extends Tensor, W extends Weight>(ops: Ops<T, W>, norm: NormConfig, w: NormWeights<W>, x: T): T {
  return norm.kind === "rms" ? ops.rmsNorm(x, w.gain, norm.eps, norm.part) : ops.layerNorm(x, w.gain, w.bias, norm.eps);
}
