// The keys of config.json that say a ModelConfig, family by family: the way back from the readers beside this. In the form that published checkpoints
// have (rope_theta, rope_scaling, torch_dtype), which every transformers reads, 5 too. What a family has no key for is left out: hf-export.ts finds it.
import type { JsonObject } from "../../formats/strict-json.ts";
import type { Activation } from "../../ops/ops.ts";
import type { Family, ModelConfig, RopeScaling } from "../config.ts";

/** The class of transformers that predicts tokens with the family's model, and its keys. */
export const hfWriters: Readonly<Record<Family, { architecture: string; keys: (config: ModelConfig) => JsonObject }>> = {
  llama: {
    architecture: "LlamaForCausalLM",
    keys: (config) => ({ ...llamaKeys(config), attention_bias: config.attention.qkvBias, mlp_bias: config.ffn.bias }),
  },
  mistral: {
    architecture: "MistralForCausalLM",
    keys: (config) => ({ ...llamaKeys(config), sliding_window: config.attention.window?.size ?? null }),
  },
  qwen: { architecture: "QWenLMHeadModel", keys: qwenKeys },
  qwen2: { architecture: "Qwen2ForCausalLM", keys: (config) => ({ ...llamaKeys(config), ...qwenWindow(config) }) },
  qwen3: {
    architecture: "Qwen3ForCausalLM",
    keys: (config) => ({ ...llamaKeys(config), ...qwenWindow(config), attention_bias: config.attention.qkvBias }),
  },
  gemma: { architecture: "GemmaForCausalLM", keys: gemmaKeys },
  gemma2: { architecture: "Gemma2ForCausalLM", keys: (config) => ({ ...gemmaKeys(config), ...gemma2Keys(config) }) },
  gemma3: { architecture: "Gemma3ForCausalLM", keys: (config) => ({ ...gemmaKeys(config), ...gemma2Keys(config), ...gemma3Keys(config) }) },
  gpt2: { architecture: "GPT2LMHeadModel", keys: gpt2Keys },
  bloom: { architecture: "BloomForCausalLM", keys: bloomKeys },
  falcon: { architecture: "FalconForCausalLM", keys: falconKeys },
  mpt: { architecture: "MptForCausalLM", keys: mptKeys },
  "gpt-neox": { architecture: "GPTNeoXForCausalLM", keys: gptNeoxKeys },
};

/** Keys that Python has as floats, and that its readers may refuse as whole numbers. */
export const floatKeys: readonly string[] = [
  "attention_factor",
  "attn_logit_softcapping",
  "beta_fast",
  "beta_slow",
  "factor",
  "final_logit_softcapping",
  "high_freq_factor",
  "layer_norm_eps",
  "layer_norm_epsilon",
  "low_freq_factor",
  "rms_norm_eps",
  "rope_local_base_freq",
  "rope_theta",
  "rotary_pct",
  "softmax_scale",
];

const activations: Readonly<Record<Extract<Activation, string>, string>> = {
  silu: "silu",
  gelu: "gelu",
  "gelu-tanh": "gelu_pytorch_tanh",
  "gelu-quick": "quick_gelu",
  relu: "relu",
  sigmoid: "sigmoid",
  tanh: "tanh",
  identity: "linear",
};

/** Left out for Swish with a factor, which transformers has no name for. */
function activationKey(key: string, { ffn }: ModelConfig): JsonObject {
  return typeof ffn.activation === "string" ? { [key]: activations[ffn.activation] } : {};
}

// Llama and its kin

function llamaKeys(config: ModelConfig): JsonObject {
  return { ...llamaSizes(config), ...activationKey("hidden_act", config), ...rotaryKeys(config) };
}

function llamaSizes(config: ModelConfig): JsonObject {
  return {
    hidden_size: config.dim,
    intermediate_size: config.hiddenDim,
    num_hidden_layers: config.nLayers,
    num_attention_heads: config.nHeads,
    num_key_value_heads: config.nKvHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.maxSeqLen,
    rms_norm_eps: config.norm.eps,
  };
}

function rotaryKeys({ positions }: ModelConfig): JsonObject {
  if (positions.kind !== "rope") return {};
  const scaling = positions.scaling && scalingKeys(positions.scaling);
  return { rope_theta: positions.theta, ...(scaling && { rope_scaling: scaling }) };
}

/** Undefined for those that config.json has no words for. The length that "dynamic" starts from is max_position_embeddings. */
function scalingKeys(scaling: RopeScaling): JsonObject | undefined {
  switch (scaling.kind) {
    case "linear":
    case "dynamic":
      return { rope_type: scaling.kind, factor: scaling.factor };
    case "yarn":
      return {
        rope_type: "yarn",
        factor: scaling.factor,
        original_max_position_embeddings: scaling.originalMaxSeqLen,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        ...(scaling.attentionFactor !== undefined && { attention_factor: scaling.attentionFactor }),
      };
    case "llama3":
      return {
        rope_type: "llama3",
        factor: scaling.factor,
        low_freq_factor: scaling.lowFreqFactor,
        high_freq_factor: scaling.highFreqFactor,
        original_max_position_embeddings: scaling.originalMaxSeqLen,
      };
    default:
      return undefined;
  }
}

function layerTypes(local: readonly boolean[]): string[] {
  return local.map((isLocal) => (isLocal ? "sliding_attention" : "full_attention"));
}

/** max_window_layers is how transformers before layer_types tells them: all from there on. */
function qwenWindow({ attention, nLayers }: ModelConfig): JsonObject {
  const { window } = attention;
  if (!window) return { use_sliding_window: false, sliding_window: null, max_window_layers: nLayers };
  return {
    use_sliding_window: true,
    sliding_window: window.size,
    max_window_layers: window.local.indexOf(true),
    layer_types: layerTypes(window.local),
  };
}

/** Qwen 1, by the keys of the code that was published with it, which counts gate and up together. */
function qwenKeys(config: ModelConfig): JsonObject {
  const { positions } = config;
  return {
    hidden_size: config.dim,
    intermediate_size: 2 * config.hiddenDim,
    num_hidden_layers: config.nLayers,
    num_attention_heads: config.nHeads,
    kv_channels: config.headDim,
    seq_length: config.maxSeqLen,
    layer_norm_epsilon: config.norm.eps,
    no_bias: true,
    rotary_pct: 1,
    ...(positions.kind === "rope" && { rotary_emb_base: positions.theta }),
  };
}

// Gemma

function gemmaKeys(config: ModelConfig): JsonObject {
  return {
    ...llamaSizes(config),
    ...activationKey("hidden_act", config),
    ...activationKey("hidden_activation", config),
    attention_bias: config.attention.qkvBias,
    ...rotaryKeys(config),
  };
}

function gemma2Keys(config: ModelConfig): JsonObject {
  const { scale = config.headDim ** -0.5, softcap, window } = config.attention;
  const width = Math.round(scale ** -2); // published ones are whole
  return {
    query_pre_attn_scalar: width ** -0.5 === scale ? width : scale ** -2,
    attn_logit_softcapping: softcap ?? null,
    final_logit_softcapping: config.logitSoftcap ?? null,
    sliding_window: window?.size ?? null,
    layer_types: layerTypes(window?.local ?? new Array<boolean>(config.nLayers).fill(false)),
  };
}

/** sliding_window_pattern is how transformers before layer_types tells them: every so many layers one that sees all. */
function gemma3Keys({ attention, nLayers, positions }: ModelConfig): JsonObject {
  const period = attention.window ? attention.window.local.indexOf(false) + 1 || nLayers + 1 : 1;
  const localTheta = positions.kind === "rope" ? positions.localTheta : undefined;
  return { sliding_window_pattern: period, ...(localTheta !== undefined && { rope_local_base_freq: localTheta }) };
}

// LayerNorm

function gpt2Keys(config: ModelConfig): JsonObject {
  return {
    n_embd: config.dim,
    n_inner: config.hiddenDim,
    n_layer: config.nLayers,
    n_head: config.nHeads,
    n_positions: config.maxSeqLen,
    n_ctx: config.maxSeqLen,
    layer_norm_epsilon: config.norm.eps,
    ...activationKey("activation_function", config),
    scale_attn_weights: config.attention.scale !== 1,
  };
}

function bloomKeys(config: ModelConfig): JsonObject {
  return {
    hidden_size: config.dim,
    n_layer: config.nLayers,
    n_head: config.nHeads,
    seq_length: config.maxSeqLen,
    layer_norm_epsilon: config.norm.eps,
  };
}

/** See falcon.ts for the three shapes, and for the version that decides how often penalties are added. */
function falconKeys(config: ModelConfig): JsonObject {
  const { headDim, nHeads, nKvHeads, positions, residual } = config;
  const grouped = residual === "parallel" || (residual === "parallel-shared" && nKvHeads !== 1 && nKvHeads !== nHeads);
  const addedOnce = positions.kind === "alibi" && positions.slopeScale === headDim ** -0.5;
  return {
    hidden_size: config.dim,
    ffn_hidden_size: config.hiddenDim,
    num_hidden_layers: config.nLayers,
    num_attention_heads: nHeads,
    num_kv_heads: nKvHeads,
    max_position_embeddings: config.maxSeqLen,
    layer_norm_epsilon: config.norm.eps,
    ...activationKey("activation", config),
    bias: config.attention.qkvBias,
    new_decoder_architecture: grouped,
    multi_query: nKvHeads === 1,
    parallel_attn: residual !== "pre",
    ...(grouped && { num_ln_in_parallel_attn: residual === "parallel" ? 2 : 1 }),
    alibi: positions.kind === "alibi",
    ...(addedOnce && { transformers_version: "4.27.4" }), // that of the published Falcon-RW
    ...rotaryKeys(config),
  };
}

function mptKeys(config: ModelConfig): JsonObject {
  const { attention, positions } = config;
  return {
    d_model: config.dim,
    expansion_ratio: config.hiddenDim / config.dim,
    n_layers: config.nLayers,
    n_heads: config.nHeads,
    max_seq_len: config.maxSeqLen,
    layer_norm_epsilon: config.norm.eps,
    no_bias: !config.norm.bias,
    attn_config: {
      attn_type: "multihead_attention",
      alibi: true,
      alibi_bias_max: positions.kind === "alibi" ? (positions.maxBias ?? 8) : 8,
      ...(attention.scale !== undefined && { softmax_scale: attention.scale }),
    },
  };
}

function gptNeoxKeys(config: ModelConfig): JsonObject {
  const { headDim, positions } = config;
  return {
    hidden_size: config.dim,
    intermediate_size: config.hiddenDim,
    num_hidden_layers: config.nLayers,
    num_attention_heads: config.nHeads,
    max_position_embeddings: config.maxSeqLen,
    layer_norm_eps: config.norm.eps,
    ...activationKey("hidden_act", config),
    attention_bias: config.attention.qkvBias,
    use_parallel_residual: config.residual === "parallel",
    ...rotaryKeys(config),
    ...(positions.kind === "rope" && { rotary_emb_base: positions.theta, rotary_pct: rotaryPart(positions.rotaryDim ?? headDim, headDim) }),
  };
}

/** Readers take the whole part of headDim times it, which rounding may have put just below. */
function rotaryPart(rotaryDim: number, headDim: number): number {
  const part = rotaryDim / headDim;
  return Math.floor(headDim * part) < rotaryDim ? part + Number.EPSILON : part;
}
