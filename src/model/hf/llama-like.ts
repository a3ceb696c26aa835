// config.json of Llama and of what is built like it: Mistral, Qwen 1 to 3.
import { UnsupportedError } from "../../errors.ts";
import type { ModelConfig } from "../config.ts";
import { families } from "../families.ts";
import type { JsonFields } from "./json.ts";
import { activation, headDim, llamaSizes, rotary, type Sizes, slidingWindow } from "./shared-keys.ts";

/** What Llama, Mistral, Qwen 2 and 3 write alike. */
function llamaLike(json: JsonFields, family: "llama" | "mistral" | "qwen2" | "qwen3", sizes: Sizes): ModelConfig {
  const traits = families[family];
  return {
    ...traits,
    ...sizes,
    norm: { ...traits.norm, eps: json.number("rms_norm_eps", 1e-6) },
    ffn: { ...traits.ffn, activation: activation(json, "hidden_act", traits.ffn.activation) },
    positions: rotary(json, sizes.maxSeqLen),
    tiedEmbeddings: json.boolean("tie_word_embeddings", traits.tiedEmbeddings),
  };
}

export function llama(json: JsonFields): ModelConfig {
  const config = llamaLike(json, "llama", llamaSizes(json));
  const bias = json.boolean("attention_bias", false);
  return {
    ...config,
    attention: { ...config.attention, qkvBias: bias, outputBias: bias },
    ffn: { ...config.ffn, bias: json.boolean("mlp_bias", false) },
  };
}

/** A window on every layer; transformers takes 4096 for a file that does not mention it. */
export function mistral(json: JsonFields): ModelConfig {
  const sizes = llamaSizes(json);
  const config = llamaLike(json, "mistral", sizes);
  const window = slidingWindow(json, new Array<boolean>(sizes.nLayers).fill(true), 4096);
  return { ...config, attention: { ...config.attention, window } };
}

export function qwen2(json: JsonFields): ModelConfig {
  const config = llamaLike(json, "qwen2", llamaSizes(json));
  return { ...config, attention: { ...config.attention, window: qwenWindow(json, config.nLayers) } };
}

export function qwen3(json: JsonFields): ModelConfig {
  const config = llamaLike(json, "qwen3", llamaSizes(json, 128));
  const bias = json.boolean("attention_bias", false);
  const window = qwenWindow(json, config.nLayers);
  return { ...config, attention: { ...config.attention, qkvBias: bias, outputBias: bias, window } };
}

/** The layers from max_window_layers on, and only when use_sliding_window says so. */
function qwenWindow(json: JsonFields, nLayers: number): ModelConfig["attention"]["window"] {
  if (!json.boolean("use_sliding_window", false)) return undefined;
  const full = json.number("max_window_layers", 28);
  const byRule = Array.from({ length: nLayers }, (_, i) => i >= full);
  return slidingWindow(json, byRule, 4096);
}

/**
 * Qwen 1. Its intermediate_size counts gate and up together. use_dynamic_ntk and use_logn_attn act on sequences longer than seq_length only,
 * so the model is exact up to there and must not be run beyond. Unverified: no checkpoint was at hand.
 */
export function qwen(json: JsonFields): ModelConfig {
  const dim = json.size("hidden_size", "dim");
  const nHeads = json.size("num_attention_heads", "nHeads");
  const bothWays = json.size("intermediate_size", "hiddenDim");
  const maxSeqLen = json.size(["seq_length", "max_position_embeddings"], "maxSeqLen");
  if (bothWays % 2 !== 0) throw new UnsupportedError(`${json.file}: key "intermediate_size" is ${bothWays}, expected an even number`);
  json.only("rotary_pct", 1, "Qwen turns whole heads");
  json.only("no_bias", true, "only q, k and v have biases");
  return {
    ...families.qwen,
    dim,
    nHeads,
    nKvHeads: nHeads,
    headDim: json.has("kv_channels") ? json.size("kv_channels", "headDim") : headDim(json, dim, nHeads),
    nLayers: json.size("num_hidden_layers", "nLayers"),
    hiddenDim: bothWays / 2,
    vocabSize: json.size("vocab_size", "vocabSize"),
    maxSeqLen,
    norm: { ...families.qwen.norm, eps: json.number("layer_norm_epsilon", 1e-6) },
    positions: rotary(json, maxSeqLen),
    tiedEmbeddings: json.boolean("tie_word_embeddings", false),
  };
}
