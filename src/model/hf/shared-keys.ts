// What many families write alike in a config.json: sizes, activation, window, rotary positions with their scaling.
import { FormatError, UnsupportedError } from "../../errors.ts";
import { showJson } from "../../formats/quote.ts";
import type { Activation } from "../../ops/ops.ts";
import type { AttentionConfig, ModelConfig, RopeScaling, RotaryPositions, SizeName } from "../config.ts";
import { yarnMagnitude } from "../rope.ts";
import type { JsonFields } from "./json.ts";

export type Sizes = Pick<ModelConfig, SizeName>;

/** Llama's words for the sizes, which Mistral, Qwen and Gemma share. */
export function llamaSizes(json: JsonFields, headDimByDefault?: number): Sizes {
  const dim = json.size("hidden_size", "dim");
  const nHeads = json.size("num_attention_heads", "nHeads");
  return {
    dim,
    nHeads,
    nKvHeads: json.size("num_key_value_heads", "nKvHeads", nHeads),
    headDim: json.has("head_dim") ? json.size("head_dim", "headDim") : (headDimByDefault ?? headDim(json, dim, nHeads)),
    nLayers: json.size("num_hidden_layers", "nLayers"),
    hiddenDim: json.size("intermediate_size", "hiddenDim"),
    vocabSize: json.size("vocab_size", "vocabSize"),
    maxSeqLen: json.size("max_position_embeddings", "maxSeqLen", 2048),
  };
}

/** @throws FormatError when heads do not divide the width evenly */
export function headDim(json: JsonFields, dim: number, nHeads: number): number {
  if (dim % nHeads === 0) return dim / nHeads;
  throw new FormatError(`${json.file}: a width of ${dim} does not divide into ${nHeads} attention heads, and the file gives no head_dim`);
}

/** transformers' names of the functions that cria has. */
const activations: { readonly [name: string]: Activation } = {
  silu: "silu",
  swish: "silu",
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu-tanh",
  gelu_fast: "gelu-tanh",
  gelu_pytorch_tanh: "gelu-tanh",
  gelu_accurate: "gelu-tanh",
  quick_gelu: "gelu-quick",
  relu: "relu",
  sigmoid: "sigmoid",
  tanh: "tanh",
  linear: "identity",
};

export function activation(json: JsonFields, key: string, fallback: Activation): Activation {
  if (!json.has(key)) return fallback;
  const name = json.string(key);
  if (Object.hasOwn(activations, name)) return activations[name];
  throw new UnsupportedError(`${json.file}: key "${key}" is ${showJson(name)}, supported are ${Object.keys(activations).join(", ")}`);
}

/**
 * The window of the layers that `layer_types` calls local, or, in files without it, those of `byRule`.
 *
 * @param fallback window when the file gives none; without it there is no window then
 */
export function slidingWindow(json: JsonFields, byRule: readonly boolean[], fallback?: number): AttentionConfig["window"] {
  const size = json.isNull("sliding_window") ? undefined : json.number("sliding_window", fallback);
  if (size === undefined) return undefined;
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new FormatError(`${json.file}: key "sliding_window" is ${size}, expected a whole number above 0`);
  }
  const local = layerTypes(json, byRule.length) ?? byRule;
  return local.includes(true) ? { size, local } : undefined;
}

function layerTypes(json: JsonFields, nLayers: number): boolean[] | undefined {
  const types = json.strings("layer_types", undefined);
  if (types && types.length !== nLayers) {
    throw new FormatError(`${json.file}: key "layer_types" names ${types.length} layers, the model has ${nLayers}`);
  }
  return types?.map((type) => {
    if (type === "sliding_attention") return true;
    if (type === "full_attention") return false;
    throw new UnsupportedError(`${json.file}: key "layer_types" has ${showJson(type)}, supported are sliding_attention and full_attention`);
  });
}

/**
 * Rotary positions, from `rope_theta` and `rope_scaling` or, as transformers 5 writes them, from `rope_parameters`.
 *
 * @param parameters where they stand, when it is neither of the two
 */
export function rotary(
  json: JsonFields,
  maxSeqLen: number,
  parameters: JsonFields | undefined = json.fields("rope_parameters") ?? json.fields("rope_scaling"),
): RotaryPositions {
  json.only("partial_rotary_factor", 1, "this family turns whole heads");
  parameters?.only("partial_rotary_factor", 1, "this family turns whole heads");
  return { kind: "rope", theta: theta(json, parameters), scaling: parameters && scaling(parameters, maxSeqLen) };
}

/** Part of each head turns: GPT-NeoX. */
export function partialRotary(json: JsonFields, maxSeqLen: number, headDim: number): RotaryPositions {
  const parameters = json.fields("rope_parameters") ?? json.fields("rope_scaling");
  const part = parameters?.number("partial_rotary_factor", undefined) ?? json.number(["rotary_pct", "partial_rotary_factor"], 0.25);
  const rotaryDim = Math.floor(headDim * part);
  return {
    kind: "rope",
    theta: theta(json, parameters),
    scaling: parameters && scaling(parameters, maxSeqLen),
    rotaryDim: rotaryDim === headDim ? undefined : rotaryDim,
  };
}

function theta(json: JsonFields, parameters: JsonFields | undefined): number {
  return parameters?.number("rope_theta", undefined) ?? json.number(["rope_theta", "rotary_emb_base"], 10_000);
}

function scaling(parameters: JsonFields, maxSeqLen: number): RopeScaling | undefined {
  const kind = parameters.string(["rope_type", "type"], "default");
  const factor = (): number => parameters.number("factor");
  const originalMaxSeqLen = (): number => parameters.number("original_max_position_embeddings", maxSeqLen);
  switch (kind) {
    case "default":
      return undefined;
    case "linear":
      return { kind, factor: factor() };
    case "dynamic": // stretches beyond max_position_embeddings, whatever the model was trained on
      return { kind, factor: factor(), originalMaxSeqLen: maxSeqLen };
    case "yarn":
      parameters.only("truncate", true, "the ramp's ends are rounded");
      return {
        kind,
        factor: factor(),
        originalMaxSeqLen: originalMaxSeqLen(),
        betaFast: parameters.number("beta_fast", 32),
        betaSlow: parameters.number("beta_slow", 1),
        attentionFactor: yarnAttentionFactor(parameters),
      };
    case "llama3":
      return {
        kind,
        factor: factor(),
        lowFreqFactor: parameters.number("low_freq_factor"),
        highFreqFactor: parameters.number("high_freq_factor"),
        originalMaxSeqLen: originalMaxSeqLen(),
      };
    default:
      throw new UnsupportedError(
        `${parameters.file}: rotary scaling of type ${showJson(kind)} is not supported, only default, linear, dynamic, yarn and llama3`,
      );
  }
}

/** Given outright, or as the ratio of two magnitudes (DeepSeek); undefined for the paper's formula. */
function yarnAttentionFactor(parameters: JsonFields): number | undefined {
  const given = parameters.number("attention_factor", undefined);
  const above = parameters.number("mscale", 0);
  const below = parameters.number("mscale_all_dim", 0);
  if (given !== undefined || above === 0 || below === 0) return given;
  const factor = parameters.number("factor");
  return yarnMagnitude(factor, above) / yarnMagnitude(factor, below);
}
