// From the metadata of a GGUF file to a ModelConfig, by llama.cpp's keys and conventions. Where llama.cpp decides by the presence of a tensor (biases,
// tied embeddings) or by constants of its own (Gemma's scale), so does this.
// Sources: llama.cpp, src/llama-model.cpp (keys and defaults) and convert_hf_to_gguf.py (what files hold).
import { FormatError, UnsupportedError } from "../errors.ts";
import type { GgufFile, MetadataGetters } from "../formats/index.ts";
import { dequantize } from "../formats/quant/index.ts";
import { quote } from "../formats/quote.ts";
import { elementCount } from "../tensor/shape.ts";
import {
  checkFileConfig,
  type Family,
  type ModelConfig,
  type Positions,
  type RopeScaling,
  type RotaryPositions,
  type SizeName,
  sizeLimits,
} from "./config.ts";
import { evenLocal, everyNthGlobal, families } from "./families.ts";
import { yarnMagnitude } from "./rope.ts";

/** The keys of the sizes, after the name of the architecture. The vocabulary is counted by its embeddings. */
export const ggufSizeKeys: Readonly<Record<Exclude<SizeName, "vocabSize">, string>> = {
  dim: "embedding_length",
  nLayers: "block_count",
  nHeads: "attention.head_count",
  nKvHeads: "attention.head_count_kv",
  headDim: "attention.key_length",
  hiddenDim: "feed_forward_length",
  maxSeqLen: "context_length",
};

/** llama.cpp's names; it has none for Mistral, which it runs as a Llama. */
export const ggufArchitectures: Readonly<Record<Exclude<Family, "mistral">, string>> = {
  llama: "llama",
  qwen: "qwen",
  qwen2: "qwen2",
  qwen3: "qwen3",
  gemma: "gemma",
  gemma2: "gemma2",
  gemma3: "gemma3",
  gpt2: "gpt2",
  bloom: "bloom",
  falcon: "falcon",
  mpt: "mpt",
  "gpt-neox": "gptneox",
};

/** By llama.cpp's numbers. "none", a vector for each token, says nothing about one of the whole text. */
export const ggufPoolings = ["none", "mean", "cls", "last", "rank"] as const;

/** What is read of a file. */
export type GgufHeader = Pick<GgufFile, "metadata" | "tensors"> & MetadataGetters;

/** The metadata of one architecture: getters that put its name in front of the key. */
interface Keys {
  file: string;
  gguf: GgufHeader;
  integer: (key: string, fallback?: number) => number;
  number: (key: string, fallback?: number) => number;
  string: (key: string, fallback: string) => string;
  /** The full name of a key. */
  name: (key: string) => string;
  /** What `rope_freqs.weight` holds. */
  factors?: readonly number[];
}

/** What an architecture adds to what all have in common: positions, and what only it has. */
type Special = (keys: Keys, common: Omit<ModelConfig, "positions">) => Partial<ModelConfig> & { positions: Positions };

const specials: Readonly<Record<keyof typeof ggufArchitectures, Special>> = {
  llama: (keys, common) => ({
    attention: { ...common.attention, window: window(keys, new Array<boolean>(common.nLayers).fill(true)) },
    positions: rotary(keys, common),
  }),
  qwen: (keys, common) => ({ hiddenDim: common.hiddenDim / 2, positions: rotary(keys, common) }), // its length counts gate and up
  qwen2: (keys, common) => ({ positions: rotary(keys, common) }),
  qwen3: (keys, common) => ({ positions: rotary(keys, common) }),
  gemma: (keys, common) => ({ embeddingScale: Math.sqrt(common.dim), positions: rotary(keys, common) }),
  gemma2: (keys, common) => ({
    attention: {
      ...common.attention,
      scale: gemmaScale(common),
      softcap: keys.number("attn_logit_softcapping", 50),
      window: window(keys, evenLocal(common.nLayers), 4096),
    },
    embeddingScale: Math.sqrt(common.dim),
    logitSoftcap: keys.number("final_logit_softcapping", 30),
    positions: rotary(keys, common),
  }),
  gemma3: (keys, common) => ({
    attention: { ...common.attention, scale: gemmaScale(common), window: window(keys, gemma3Local(keys, common.nLayers)) },
    embeddingScale: Math.sqrt(common.dim),
    logitSoftcap: keys.number("final_logit_softcapping", 0) || undefined,
    positions: { ...rotary(keys, common), localTheta: keys.number("rope.freq_base_swa", 10_000) },
  }),
  gpt2: () => ({ positions: { kind: "learned" } }),
  bloom: (keys) => ({ positions: { kind: "alibi", maxBias: maxBias(keys) } }),
  falcon: (keys, common) => ({
    residual: keys.gguf.tensors.has("blk.0.attn_norm_2.weight") ? "parallel" : "parallel-shared",
    positions: rotary(keys, common),
  }),
  mpt: (keys) => ({ positions: { kind: "alibi", maxBias: maxBias(keys) } }),
  "gpt-neox": (keys, common) => ({
    residual: keys.gguf.boolean(keys.name("use_parallel_residual"), true) ? "parallel" : "pre",
    positions: rotary(keys, common),
  }),
};

/**
 * @param file its name, for messages
 * @throws UnsupportedError for an architecture or an option that cria does not run, FormatError for keys that are missing or make no sense
 */
export async function configFromGguf(file: string, gguf: GgufHeader): Promise<ModelConfig> {
  const architecture = gguf.string("general.architecture");
  const family = (Object.keys(specials) as (keyof typeof specials)[]).find((name) => ggufArchitectures[name] === architecture);
  if (family === undefined) {
    const known = Object.values(ggufArchitectures).join(", ");
    throw new UnsupportedError(`${file}: architecture ${quote(architecture)} is not one that cria runs; supported are ${known}`);
  }
  const name = (key: string): string => `${architecture}.${key}`;
  const keys: Keys = {
    file,
    gguf,
    name,
    integer: (key, fallback) => (fallback === undefined ? gguf.integer(name(key)) : gguf.integer(name(key), fallback)),
    number: (key, fallback) => (fallback === undefined ? gguf.number(name(key)) : gguf.number(name(key), fallback)),
    string: (key, fallback) => gguf.string(name(key), fallback),
  };
  refuseOptions(keys);
  const common = commonConfig(keys, family);
  const special = specials[family]({ ...keys, factors: await ropeFactors(keys) }, common);
  return checkFileConfig({ ...common, ...special }, file);
}

function commonConfig(keys: Keys, family: Family): Omit<ModelConfig, "positions"> {
  const traits = families[family];
  const has = (name: string): boolean => keys.gguf.tensors.has(name);
  const eps = traits.norm.kind === "rms" ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon";
  return {
    ...traits,
    ...sizes(keys),
    norm: { ...traits.norm, eps: keys.number(eps), bias: has("output_norm.bias") },
    attention: {
      ...traits.attention,
      qkvBias: has("blk.0.attn_q.bias") || has("blk.0.attn_qkv.bias"),
      outputBias: has("blk.0.attn_output.bias"),
    },
    ffn: { ...traits.ffn, bias: has("blk.0.ffn_down.bias") },
    tiedEmbeddings: !has("output.weight"),
    ...pooling(keys),
  };
}

function pooling({ file, name, integer }: Keys): Pick<ModelConfig, "pooling"> {
  const given = integer("pooling_type", 0);
  const known = ggufPoolings[given];
  if (known === undefined) {
    const list = ggufPoolings.map((pooling, i) => `${i} (${pooling})`).join(", ");
    throw new FormatError(`${file}: metadata key "${name("pooling_type")}" is ${given}, expected ${list}`);
  }
  return known === "none" ? {} : { pooling: known };
}

function sizes(keys: Keys): Pick<ModelConfig, SizeName> {
  const { file, gguf } = keys;
  const size = (name: keyof typeof ggufSizeKeys, fallback?: number): number => {
    const value = keys.integer(ggufSizeKeys[name], fallback);
    if (value >= 1 && value <= sizeLimits[name]) return value;
    const key = keys.name(ggufSizeKeys[name]);
    throw new FormatError(`${file}: metadata key "${key}" is ${value}, expected a whole number from 1 to ${sizeLimits[name]}`);
  };
  const dim = size("dim");
  const nHeads = size("nHeads");
  const givesHeadDim = gguf.metadata.has(keys.name(ggufSizeKeys.headDim));
  if (!givesHeadDim && dim % nHeads !== 0) {
    throw new FormatError(
      `${file}: a width of ${dim} does not divide into ${nHeads} attention heads, and the file gives no ${keys.name(ggufSizeKeys.headDim)}`,
    );
  }
  const headDim = size("headDim", dim / nHeads);
  if (keys.integer("attention.value_length", headDim) !== headDim) {
    throw new UnsupportedError(
      `${file}: heads of keys and of values differ in length (${keys.name("attention.value_length")}), which is not supported`,
    );
  }
  const others = {
    nKvHeads: size("nKvHeads", nHeads),
    nLayers: size("nLayers"),
    hiddenDim: size("hiddenDim"),
    maxSeqLen: size("maxSeqLen"),
  };
  const embeddings = gguf.tensors.get("token_embd.weight");
  if (!embeddings) throw new FormatError(`${file}: tensor "token_embd.weight" is missing, expected one of [vocabulary, ${dim}]`);
  return { dim, nHeads, headDim, vocabSize: embeddings.shape[0], ...others };
}

/** Options that change the numbers and that cria does not have: refused unless they are switched off. */
function refuseOptions({ file, gguf, name }: Keys): void {
  const off: Readonly<Record<string, number>> = {
    expert_count: 0,
    "attention.clamp_kqv": 0,
    "attention.scale": 0,
    logit_scale: 1,
    residual_scale: 1,
    embedding_scale: 1,
  };
  for (const [key, value] of Object.entries(off)) {
    const given = gguf.number(name(key), value);
    if (given === value || given === 0) continue;
    const what = key === "expert_count" ? "mixtures of experts are" : "this option is";
    throw new UnsupportedError(`${file}: metadata key "${name(key)}" is ${given}: ${what} not supported`);
  }
  if (!gguf.boolean(name("attention.causal"), true)) {
    throw new UnsupportedError(`${file}: attention that sees the future (an encoder) is not supported`);
  }
}

// Positions

/** The tensor that llama.cpp writes for Llama 3.1's scaling: what each frequency is divided by. */
async function ropeFactors({ file, gguf }: Keys): Promise<readonly number[] | undefined> {
  const tensor = gguf.tensors.get("rope_freqs.weight");
  if (!tensor) return undefined;
  if (elementCount(tensor.shape) > sizeLimits.headDim) {
    throw new FormatError(
      `${file}: tensor "rope_freqs.weight" has ${elementCount(tensor.shape)} values, expected one for each pair of a head`,
    );
  }
  return Array.from(dequantize(tensor.type, await tensor.read()));
}

function rotary(keys: Keys, { headDim, maxSeqLen }: Omit<ModelConfig, "positions">): RotaryPositions {
  const { factors } = keys;
  const rotaryDim = keys.integer("rope.dimension_count", headDim);
  const scaling = ropeScaling(keys, maxSeqLen);
  if (factors && scaling) {
    throw new UnsupportedError(`${keys.file}: rope_freqs.weight together with ${keys.name("rope.scaling.type")} is not supported`);
  }
  return {
    kind: "rope",
    theta: keys.number("rope.freq_base", 10_000),
    rotaryDim: rotaryDim === headDim ? undefined : rotaryDim,
    scaling: factors ? { kind: "factors", factors } : scaling,
  };
}

function ropeScaling(keys: Keys, maxSeqLen: number): RopeScaling | undefined {
  const factor = keys.number("rope.scaling.factor", keys.number("rope.scale_linear", 0)); // the latter in the first files
  const kind = keys.string("rope.scaling.type", "linear");
  switch (kind) {
    case "none":
      return undefined;
    case "linear":
      return factor === 0 || factor === 1 ? undefined : { kind, factor };
    case "yarn":
      return {
        kind,
        factor,
        originalMaxSeqLen: keys.number("rope.scaling.original_context_length", maxSeqLen),
        betaFast: keys.number("rope.scaling.yarn_beta_fast", 32),
        betaSlow: keys.number("rope.scaling.yarn_beta_slow", 1),
        attentionFactor: yarnAttentionFactor(keys, factor),
      };
    default:
      throw new UnsupportedError(`${keys.file}: rotary scaling of type ${quote(kind)} is not supported, only linear and yarn`);
  }
}

/** llama.cpp multiplies the paper's magnitude by attn_factor; undefined for the magnitude alone. */
function yarnAttentionFactor(keys: Keys, factor: number): number | undefined {
  const times = keys.number("rope.scaling.attn_factor", 1);
  return times === 1 ? undefined : times * yarnMagnitude(factor);
}

function maxBias(keys: Keys): number {
  const given = keys.number("attention.max_alibi_bias", 8);
  if (given > 0) return given;
  throw new UnsupportedError(
    `${keys.file}: metadata key "${keys.name("attention.max_alibi_bias")}" is ${given}: only models with ALiBi are supported`,
  );
}

// Windows and scales

function window(keys: Keys, local: readonly boolean[], fallback = 0): ModelConfig["attention"]["window"] {
  const size = keys.integer("attention.sliding_window", fallback);
  return size > 0 && local.includes(true) ? { size, local } : undefined;
}

/** A period, 6 by default, or in newer files one flag a layer. */
function gemma3Local(keys: Keys, nLayers: number): readonly boolean[] {
  const key = keys.name("attention.sliding_window_pattern");
  if (keys.gguf.metadata.get(key)?.type === "array") return keys.gguf.booleans(key);
  const period = keys.gguf.integer(key, 6);
  if (period >= 1) return everyNthGlobal(nLayers, period);
  throw new FormatError(`${keys.file}: metadata key "${key}" is ${period}, expected a whole number above 0`);
}

/** llama.cpp tells the 27B models, which scale by the width of a query's share, by their layers. */
export function gemmaScale({ family, nLayers, dim, nHeads, headDim }: Omit<ModelConfig, "positions">): number {
  const is27b = nLayers === (family === "gemma2" ? 46 : 62);
  return (is27b ? dim / nHeads : headDim) ** -0.5;
}
