// config.json of the decoders with LayerNorm: GPT-2, BLOOM, MPT, GPT-NeoX. Falcon, in three shapes, has its own file.
import { FormatError, UnsupportedError } from "../../errors.ts";
import { showJson } from "../../formats/quote.ts";
import type { ModelConfig, SizeName } from "../config.ts";
import { families } from "../families.ts";
import type { JsonFields } from "./json.ts";
import { activation, headDim, partialRotary } from "./shared-keys.ts";

export function gpt2(json: JsonFields): ModelConfig {
  const traits = families.gpt2;
  const sizes = gpt2Sizes(json, "n_embd");
  json.only("scale_attn_by_inverse_layer_idx", false, "scores have one scale in all layers");
  json.only("add_cross_attention", false, "a decoder alone has nothing to cross");
  return {
    ...traits,
    ...sizes,
    hiddenDim: json.size("n_inner", "hiddenDim", 4 * sizes.dim),
    maxSeqLen: json.size(["n_positions", "max_position_embeddings"], "maxSeqLen", 1024),
    norm: { ...traits.norm, eps: json.number("layer_norm_epsilon", 1e-5) },
    attention: { ...traits.attention, ...(!json.boolean("scale_attn_weights", true) && { scale: 1 }) },
    ffn: { ...traits.ffn, activation: activation(json, "activation_function", "gelu-tanh") },
    positions: { kind: "learned" },
    tiedEmbeddings: json.boolean("tie_word_embeddings", true),
  };
}

export function bloom(json: JsonFields): ModelConfig {
  const traits = families.bloom;
  const sizes = gpt2Sizes(json, "n_embed");
  json.only("apply_residual_connection_post_layernorm", false, "the residual stream is added before it is normalised");
  return {
    ...traits,
    ...sizes,
    hiddenDim: 4 * sizes.dim,
    maxSeqLen: json.size("seq_length", "maxSeqLen", 2048),
    norm: { ...traits.norm, eps: json.number("layer_norm_epsilon", 1e-5) },
    positions: { kind: "alibi" },
    tiedEmbeddings: json.boolean("tie_word_embeddings", true),
  };
}

/** The keys of GPT-2, which BLOOM took over but for the width. */
function gpt2Sizes(json: JsonFields, dimKey: string): Pick<ModelConfig, Exclude<SizeName, "hiddenDim" | "maxSeqLen">> {
  const dim = json.size([dimKey, "hidden_size"], "dim");
  const nHeads = json.size(["n_head", "num_attention_heads"], "nHeads");
  return {
    dim,
    nHeads,
    nKvHeads: nHeads,
    headDim: headDim(json, dim, nHeads),
    nLayers: json.size(["n_layer", "num_hidden_layers"], "nLayers"),
    vocabSize: json.size("vocab_size", "vocabSize"),
  };
}

export function mpt(json: JsonFields): ModelConfig {
  const dim = json.size(["d_model", "hidden_size"], "dim");
  const nHeads = json.size(["n_heads", "num_attention_heads"], "nHeads");
  const ratio = json.number("expansion_ratio", 4);
  if (!(Number.isInteger(ratio * dim) && ratio > 0)) {
    throw new FormatError(`${json.file}: key "expansion_ratio" is ${ratio}, expected a number that makes ${dim} a whole width`);
  }
  const normType = json.string("norm_type", "low_precision_layernorm");
  if (normType !== "low_precision_layernorm" && normType !== "layernorm") {
    throw new UnsupportedError(
      `${json.file}: key "norm_type" is ${showJson(normType)}, supported are layernorm and low_precision_layernorm`,
    );
  }
  if (json.has("logit_scale")) throw new UnsupportedError(`${json.file}: key "logit_scale" is not supported: logits are not scaled`);
  const bias = !json.boolean("no_bias", true);
  return {
    ...families.mpt,
    dim,
    nHeads,
    nKvHeads: nHeads,
    headDim: headDim(json, dim, nHeads),
    nLayers: json.size(["n_layers", "num_hidden_layers"], "nLayers"),
    hiddenDim: ratio * dim,
    vocabSize: json.size("vocab_size", "vocabSize"),
    maxSeqLen: json.size("max_seq_len", "maxSeqLen", 2048),
    norm: { kind: "layer", eps: json.number("layer_norm_epsilon", 1e-5), bias },
    ffn: { ...families.mpt.ffn, bias },
    ...mptAttention(json, bias),
    tiedEmbeddings: json.boolean("tie_word_embeddings", true),
  };
}

function mptAttention(json: JsonFields, bias: boolean): Pick<ModelConfig, "attention" | "positions"> {
  const options = json.fields("attn_config");
  options?.only("attn_type", "multihead_attention", "queries, keys and values have as many heads");
  options?.only("alibi", true, "other positions of MPT were never published");
  options?.only("prefix_lm", false, "a decoder sees the past only");
  options?.only("qk_ln", false, "queries and keys are not normalised");
  if (options?.has("clip_qkv"))
    throw new UnsupportedError(`${json.file}: key "attn_config.clip_qkv" is not supported: q, k and v are not clipped`);
  return {
    attention: { qkvBias: bias, outputBias: bias, scale: options?.number("softmax_scale", undefined) },
    positions: { kind: "alibi", maxBias: options?.number("alibi_bias_max", 8) ?? 8 },
  };
}

export function gptNeox(json: JsonFields): ModelConfig {
  const traits = families["gpt-neox"];
  const dim = json.size("hidden_size", "dim");
  const nHeads = json.size("num_attention_heads", "nHeads");
  const maxSeqLen = json.size("max_position_embeddings", "maxSeqLen", 2048);
  const bias = json.boolean("attention_bias", true);
  const perHead = headDim(json, dim, nHeads);
  return {
    ...traits,
    dim,
    nHeads,
    nKvHeads: nHeads,
    headDim: perHead,
    nLayers: json.size("num_hidden_layers", "nLayers"),
    hiddenDim: json.size("intermediate_size", "hiddenDim"),
    vocabSize: json.size("vocab_size", "vocabSize"),
    maxSeqLen,
    norm: { ...traits.norm, eps: json.number("layer_norm_eps", 1e-5) },
    residual: json.boolean("use_parallel_residual", true) ? "parallel" : "pre",
    attention: { qkvBias: bias, outputBias: bias },
    ffn: { ...traits.ffn, activation: activation(json, "hidden_act", "gelu") },
    positions: partialRotary(json, maxSeqLen, perHead),
    tiedEmbeddings: json.boolean("tie_word_embeddings", false),
  };
}
