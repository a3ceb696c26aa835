// config.json of Gemma 1, 2 and 3 (text).
import { UnsupportedError } from "../../errors.ts";
import type { ModelConfig } from "../config.ts";
import { evenLocal, everyNthGlobal, families } from "../families.ts";
import type { JsonFields } from "./json.ts";
import { activation, llamaSizes, rotary, type Sizes, slidingWindow } from "./shared-keys.ts";

function gemmaLike(json: JsonFields, family: "gemma" | "gemma2" | "gemma3", sizes: Sizes): ModelConfig {
  const traits = families[family];
  const bias = json.boolean("attention_bias", false);
  json.only("use_bidirectional_attention", false, "a decoder sees the past only");
  return {
    ...traits,
    ...sizes,
    norm: { ...traits.norm, eps: json.number("rms_norm_eps", 1e-6) },
    attention: { ...traits.attention, qkvBias: bias, outputBias: bias },
    ffn: { ...traits.ffn, activation: activation(json, "hidden_activation", "gelu-tanh") },
    embeddingScale: Math.sqrt(sizes.dim),
    positions: rotary(json, sizes.maxSeqLen),
    tiedEmbeddings: json.boolean("tie_word_embeddings", true),
  };
}

/** The first files say hidden_act "gelu" and mean the tanh form; only hidden_activation, or another hidden_act, is to be believed. */
export function gemma(json: JsonFields): ModelConfig {
  const config = gemmaLike(json, "gemma", llamaSizes(json, 256));
  if (json.has("hidden_activation") || json.string("hidden_act", "gelu") === "gelu") return config;
  return { ...config, ffn: { ...config.ffn, activation: activation(json, "hidden_act", "gelu-tanh") } };
}

/** Soft caps have published defaults; only null switches them off. */
export function gemma2(json: JsonFields): ModelConfig {
  const sizes = llamaSizes(json, 256);
  const config = gemmaLike(json, "gemma2", sizes);
  return {
    ...config,
    attention: {
      ...config.attention,
      scale: json.number("query_pre_attn_scalar", 256) ** -0.5,
      softcap: json.isNull("attn_logit_softcapping") ? undefined : json.number("attn_logit_softcapping", 50),
      window: slidingWindow(json, evenLocal(sizes.nLayers), 4096),
    },
    logitSoftcap: json.isNull("final_logit_softcapping") ? undefined : json.number("final_logit_softcapping", 30),
  };
}

export function gemma3(json: JsonFields): ModelConfig {
  const sizes = llamaSizes(json, 256);
  const byLayerType = json.fields("rope_parameters"); // transformers 5: one set of parameters a layer type
  const parameters = byLayerType ? byLayerType.fields("full_attention") : json.fields("rope_scaling");
  const local = byLayerType?.fields("sliding_attention");
  local?.only("rope_type", "default", "local layers turn without scaling");
  const localTheta = local?.number("rope_theta", undefined) ?? json.number("rope_local_base_freq", 10_000);
  const period = json.number(["sliding_window_pattern", "_sliding_window_pattern"], 6);
  if (!(Number.isInteger(period) && period >= 1)) {
    throw new UnsupportedError(`${json.file}: key "sliding_window_pattern" is ${period}, expected a whole number above 0`);
  }
  const theta = parameters?.number("rope_theta", undefined) ?? json.number("rope_theta", 1_000_000);
  const config = gemmaLike(json, "gemma3", sizes);
  return {
    ...config,
    attention: {
      ...config.attention,
      scale: json.number("query_pre_attn_scalar", 256) ** -0.5,
      softcap: json.number("attn_logit_softcapping", undefined),
      window: slidingWindow(json, everyNthGlobal(sizes.nLayers, period), 4096),
    },
    positions: { ...rotary(json, sizes.maxSeqLen, parameters), theta, localTheta },
    logitSoftcap: json.number("final_logit_softcapping", undefined),
  };
}
