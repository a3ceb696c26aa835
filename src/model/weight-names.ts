// Where each weight of our record stands in a file: the one table of Hugging Face and GGUF names, beside the row orders in which they are stored.
//
// Our layout: a projection a matrix, [out, in], heads in the half-split rotary layout (entry i of a head turns with entry i + D/2), norm gains as
// they multiply. Files differ: GGUF Llamas interleave rotary pairs, GPT-2 stores [in, out], several families fuse q, k and v, Gemma stores gain - 1.
import { InternalError } from "../errors.ts";
import type { Family, ModelConfig } from "./config.ts";

/** A weight of ours as a part of a stored tensor. */
export interface Source {
  name: string;
  /** The name in files that were saved from the model without its head, such as the published gpt2. */
  bareName?: string;
  /** Rows of the stored tensor, in our order; all of them by default. For a bias a row is one value. Asked for only when the tensor is read. */
  rows?: () => Int32Array;
  /** How many rows the stored tensor has in all, when it holds other weights too. */
  rowsInFile?: number;
  /** Stored as [in, out]. */
  transposed?: boolean;
  /** Stored as gain - 1. */
  minusOne?: boolean;
}

export type FileConvention = "hf" | "gguf";

/** How a family stores something: a name in which {} stands for the layer, and what to do with it. */
type Entry = string | ((config: ModelConfig) => Source);
type NameTable = { readonly [path: string]: Entry };

/** Where the weight at `path` of the record is stored. */
export function weightSource(config: ModelConfig, convention: FileConvention, path: string): Source {
  const [, layer, inLayer] = /^layers\.(\d+)\.(.*)$/.exec(path) ?? [];
  const table = (convention === "hf" ? hfNames : ggufNames)[config.family];
  const entry = table[inLayer ?? path];
  if (!entry) throw new InternalError(`no ${convention} name for ${path} of ${config.family}`);
  const source = typeof entry === "string" ? { name: entry } : entry(config);
  const name = source.name.replace("{}", layer);
  const bareName = convention === "hf" ? name.replace(/^(model|transformer|gpt_neox)\./, "") : name;
  return { ...source, name, bareName: bareName === name ? undefined : bareName };
}

/** Tensors that files carry beside the weights: rotary frequencies and causal masks, which are computed here, and llama.cpp's rotary factors, which the configuration holds. */
const known = /(^|\.)(inv_freq|(attn|attention)\.(bias|masked_bias)|rope_freqs\.weight)$/;

/** Whether a tensor that is no weight of the model may be left aside. */
export function isDispensable(config: ModelConfig, name: string): boolean {
  return known.test(name) || (config.tiedEmbeddings && ["lm_head.weight", "embed_out.weight"].includes(name));
}

// Row orders

const range = (start: number, length: number): number[] => Array.from({ length }, (_, i) => start + i);

/** Rows whose rotary pairs are neighbours (2i, 2i + 1), in our half-split order. */
function interleaved(heads: number, headDim: number): Int32Array {
  const inHead = [...range(0, headDim / 2).map((i) => 2 * i), ...range(0, headDim / 2).map((i) => 2 * i + 1)];
  return Int32Array.from(range(0, heads).flatMap((h) => inHead.map((i) => h * headDim + i)));
}

/** All of q, then all of k, then all of v. */
function thirds({ nHeads, nKvHeads, headDim }: ModelConfig, part: "q" | "k" | "v"): Int32Array {
  const q = nHeads * headDim;
  const kv = nKvHeads * headDim;
  return Int32Array.from({ q: range(0, q), k: range(q, kv), v: range(q + kv, kv) }[part]);
}

/** For each key/value head: its query heads, its key, its value (Falcon; with as many key/value heads as query heads also BLOOM and GPT-NeoX). */
function groups({ nHeads, nKvHeads, headDim }: ModelConfig, part: "q" | "k" | "v"): Int32Array {
  const queries = nHeads / nKvHeads;
  const inGroup = { q: range(0, queries), k: [queries], v: [queries + 1] }[part];
  return Int32Array.from(range(0, nKvHeads).flatMap((g) => inGroup.flatMap((h) => range((g * (queries + 2) + h) * headDim, headDim))));
}

type RowOrder = (config: ModelConfig, part: "q" | "k" | "v") => Int32Array;

/** The entries of q, k and v, weights and biases, that are stored as one tensor `name`.weight / .bias. */
function fused(name: string, order: RowOrder, more: Partial<Source> = {}): NameTable {
  const table: { [path: string]: Entry } = {};
  for (const part of ["q", "k", "v"] as const) {
    const place = (config: ModelConfig): Omit<Source, "name"> => ({
      rows: () => order(config, part),
      rowsInFile: (config.nHeads + 2 * config.nKvHeads) * config.headDim,
    });
    table[`attention.w${part}`] = (config) => ({ name: `${name}.weight`, ...place(config), ...more });
    table[`attention.b${part}`] = (config) => ({ name: `${name}.bias`, ...place(config) });
  }
  return table;
}

// Hugging Face

const hfLlama: NameTable = {
  tokEmbeddings: "model.embed_tokens.weight",
  "norm.gain": "model.norm.weight",
  output: "lm_head.weight",
  "attentionNorm.gain": "model.layers.{}.input_layernorm.weight",
  "attention.wq": "model.layers.{}.self_attn.q_proj.weight",
  "attention.wk": "model.layers.{}.self_attn.k_proj.weight",
  "attention.wv": "model.layers.{}.self_attn.v_proj.weight",
  "attention.wo": "model.layers.{}.self_attn.o_proj.weight",
  "attention.bq": "model.layers.{}.self_attn.q_proj.bias",
  "attention.bk": "model.layers.{}.self_attn.k_proj.bias",
  "attention.bv": "model.layers.{}.self_attn.v_proj.bias",
  "attention.bo": "model.layers.{}.self_attn.o_proj.bias",
  "attention.qNorm": "model.layers.{}.self_attn.q_norm.weight",
  "attention.kNorm": "model.layers.{}.self_attn.k_norm.weight",
  "ffnNorm.gain": "model.layers.{}.post_attention_layernorm.weight",
  "feedForward.w1": "model.layers.{}.mlp.gate_proj.weight",
  "feedForward.w2": "model.layers.{}.mlp.down_proj.weight",
  "feedForward.w3": "model.layers.{}.mlp.up_proj.weight",
  "feedForward.b1": "model.layers.{}.mlp.gate_proj.bias",
  "feedForward.b2": "model.layers.{}.mlp.down_proj.bias",
  "feedForward.b3": "model.layers.{}.mlp.up_proj.bias",
};

/** Gemma's norms store gain - 1. */
function withGainsMinusOne(table: NameTable): NameTable {
  const isGain = (path: string): boolean => path.endsWith(".gain") || path.endsWith("qNorm") || path.endsWith("kNorm");
  const shifted =
    (entry: Entry): Entry =>
    (config) => ({ ...(typeof entry === "string" ? { name: entry } : entry(config)), minusOne: true });
  return Object.fromEntries(Object.entries(table).map(([path, entry]) => [path, isGain(path) ? shifted(entry) : entry]));
}

const hfGemma2: NameTable = withGainsMinusOne({
  ...hfLlama,
  "attentionPostNorm.gain": "model.layers.{}.post_attention_layernorm.weight",
  "ffnNorm.gain": "model.layers.{}.pre_feedforward_layernorm.weight",
  "ffnPostNorm.gain": "model.layers.{}.post_feedforward_layernorm.weight",
});

const hfGpt2: NameTable = {
  tokEmbeddings: "transformer.wte.weight",
  posEmbeddings: "transformer.wpe.weight",
  "norm.gain": "transformer.ln_f.weight",
  "norm.bias": "transformer.ln_f.bias",
  output: "lm_head.weight",
  "attentionNorm.gain": "transformer.h.{}.ln_1.weight",
  "attentionNorm.bias": "transformer.h.{}.ln_1.bias",
  ...fused("transformer.h.{}.attn.c_attn", thirds, { transposed: true }),
  "attention.wo": () => ({ name: "transformer.h.{}.attn.c_proj.weight", transposed: true }),
  "attention.bo": "transformer.h.{}.attn.c_proj.bias",
  "ffnNorm.gain": "transformer.h.{}.ln_2.weight",
  "ffnNorm.bias": "transformer.h.{}.ln_2.bias",
  "feedForward.w1": () => ({ name: "transformer.h.{}.mlp.c_fc.weight", transposed: true }),
  "feedForward.b1": "transformer.h.{}.mlp.c_fc.bias",
  "feedForward.w2": () => ({ name: "transformer.h.{}.mlp.c_proj.weight", transposed: true }),
  "feedForward.b2": "transformer.h.{}.mlp.c_proj.bias",
};

const hfBloom: NameTable = {
  tokEmbeddings: "transformer.word_embeddings.weight",
  "embeddingNorm.gain": "transformer.word_embeddings_layernorm.weight",
  "embeddingNorm.bias": "transformer.word_embeddings_layernorm.bias",
  "norm.gain": "transformer.ln_f.weight",
  "norm.bias": "transformer.ln_f.bias",
  output: "lm_head.weight",
  "attentionNorm.gain": "transformer.h.{}.input_layernorm.weight",
  "attentionNorm.bias": "transformer.h.{}.input_layernorm.bias",
  ...fused("transformer.h.{}.self_attention.query_key_value", groups),
  "attention.wo": "transformer.h.{}.self_attention.dense.weight",
  "attention.bo": "transformer.h.{}.self_attention.dense.bias",
  "ffnNorm.gain": "transformer.h.{}.post_attention_layernorm.weight",
  "ffnNorm.bias": "transformer.h.{}.post_attention_layernorm.bias",
  "feedForward.w1": "transformer.h.{}.mlp.dense_h_to_4h.weight",
  "feedForward.b1": "transformer.h.{}.mlp.dense_h_to_4h.bias",
  "feedForward.w2": "transformer.h.{}.mlp.dense_4h_to_h.weight",
  "feedForward.b2": "transformer.h.{}.mlp.dense_4h_to_h.bias",
};

/** Falcon names the two norms of a parallel block ln_attn and ln_mlp. */
const falconNorm =
  (separate: string, shared: string): Entry =>
  (config) => ({
    name: `transformer.h.{}.${config.residual === "parallel" ? separate : shared}`,
  });

const hfFalcon: NameTable = {
  ...hfBloom,
  "attentionNorm.gain": falconNorm("ln_attn.weight", "input_layernorm.weight"),
  "attentionNorm.bias": falconNorm("ln_attn.bias", "input_layernorm.bias"),
  "ffnNorm.gain": falconNorm("ln_mlp.weight", "post_attention_layernorm.weight"),
  "ffnNorm.bias": falconNorm("ln_mlp.bias", "post_attention_layernorm.bias"),
};

const hfMpt: NameTable = {
  tokEmbeddings: "transformer.wte.weight",
  "norm.gain": "transformer.norm_f.weight",
  "norm.bias": "transformer.norm_f.bias",
  output: "lm_head.weight",
  "attentionNorm.gain": "transformer.blocks.{}.norm_1.weight",
  "attentionNorm.bias": "transformer.blocks.{}.norm_1.bias",
  ...fused("transformer.blocks.{}.attn.Wqkv", thirds),
  "attention.wo": "transformer.blocks.{}.attn.out_proj.weight",
  "attention.bo": "transformer.blocks.{}.attn.out_proj.bias",
  "ffnNorm.gain": "transformer.blocks.{}.norm_2.weight",
  "ffnNorm.bias": "transformer.blocks.{}.norm_2.bias",
  "feedForward.w1": "transformer.blocks.{}.ffn.up_proj.weight",
  "feedForward.b1": "transformer.blocks.{}.ffn.up_proj.bias",
  "feedForward.w2": "transformer.blocks.{}.ffn.down_proj.weight",
  "feedForward.b2": "transformer.blocks.{}.ffn.down_proj.bias",
};

const hfGptNeox: NameTable = {
  tokEmbeddings: "gpt_neox.embed_in.weight",
  "norm.gain": "gpt_neox.final_layer_norm.weight",
  "norm.bias": "gpt_neox.final_layer_norm.bias",
  output: "embed_out.weight",
  "attentionNorm.gain": "gpt_neox.layers.{}.input_layernorm.weight",
  "attentionNorm.bias": "gpt_neox.layers.{}.input_layernorm.bias",
  ...fused("gpt_neox.layers.{}.attention.query_key_value", groups),
  "attention.wo": "gpt_neox.layers.{}.attention.dense.weight",
  "attention.bo": "gpt_neox.layers.{}.attention.dense.bias",
  "ffnNorm.gain": "gpt_neox.layers.{}.post_attention_layernorm.weight",
  "ffnNorm.bias": "gpt_neox.layers.{}.post_attention_layernorm.bias",
  "feedForward.w1": "gpt_neox.layers.{}.mlp.dense_h_to_4h.weight",
  "feedForward.b1": "gpt_neox.layers.{}.mlp.dense_h_to_4h.bias",
  "feedForward.w2": "gpt_neox.layers.{}.mlp.dense_4h_to_h.weight",
  "feedForward.b2": "gpt_neox.layers.{}.mlp.dense_4h_to_h.bias",
};

/** Qwen 1 computes c_proj(w1(x) * silu(w2(x))): its w2 is the gate, its w1 the way up. Unverified: no checkpoint was at hand. */
const hfQwen: NameTable = {
  tokEmbeddings: "transformer.wte.weight",
  "norm.gain": "transformer.ln_f.weight",
  output: "lm_head.weight",
  "attentionNorm.gain": "transformer.h.{}.ln_1.weight",
  ...fused("transformer.h.{}.attn.c_attn", thirds),
  "attention.wo": "transformer.h.{}.attn.c_proj.weight",
  "ffnNorm.gain": "transformer.h.{}.ln_2.weight",
  "feedForward.w1": "transformer.h.{}.mlp.w2.weight",
  "feedForward.w3": "transformer.h.{}.mlp.w1.weight",
  "feedForward.w2": "transformer.h.{}.mlp.c_proj.weight",
};

const hfNames: Record<Family, NameTable> = {
  llama: hfLlama,
  mistral: hfLlama,
  qwen: hfQwen,
  qwen2: hfLlama,
  qwen3: hfLlama,
  gemma: withGainsMinusOne(hfLlama),
  gemma2: hfGemma2,
  gemma3: hfGemma2,
  gpt2: hfGpt2,
  bloom: hfBloom,
  falcon: hfFalcon,
  mpt: hfMpt,
  "gpt-neox": hfGptNeox,
};

// GGUF: llama.cpp's names (gguf-py/gguf/constants.py, TENSOR_NAMES), one set for all families

const ggufShared: NameTable = {
  tokEmbeddings: "token_embd.weight",
  posEmbeddings: "position_embd.weight",
  "embeddingNorm.gain": "token_embd_norm.weight",
  "embeddingNorm.bias": "token_embd_norm.bias",
  "norm.gain": "output_norm.weight",
  "norm.bias": "output_norm.bias",
  output: "output.weight",
  "attentionNorm.gain": "blk.{}.attn_norm.weight",
  "attentionNorm.bias": "blk.{}.attn_norm.bias",
  "attention.wq": "blk.{}.attn_q.weight",
  "attention.wk": "blk.{}.attn_k.weight",
  "attention.wv": "blk.{}.attn_v.weight",
  "attention.wo": "blk.{}.attn_output.weight",
  "attention.bq": "blk.{}.attn_q.bias",
  "attention.bk": "blk.{}.attn_k.bias",
  "attention.bv": "blk.{}.attn_v.bias",
  "attention.bo": "blk.{}.attn_output.bias",
  "attention.qNorm": "blk.{}.attn_q_norm.weight",
  "attention.kNorm": "blk.{}.attn_k_norm.weight",
  "attentionPostNorm.gain": "blk.{}.post_attention_norm.weight",
  "ffnNorm.gain": "blk.{}.ffn_norm.weight",
  "ffnNorm.bias": "blk.{}.ffn_norm.bias",
  "ffnPostNorm.gain": "blk.{}.post_ffw_norm.weight",
  "feedForward.w1": (config) => ({ name: config.ffn.gated ? "blk.{}.ffn_gate.weight" : "blk.{}.ffn_up.weight" }),
  "feedForward.b1": (config) => ({ name: config.ffn.gated ? "blk.{}.ffn_gate.bias" : "blk.{}.ffn_up.bias" }),
  "feedForward.w2": "blk.{}.ffn_down.weight",
  "feedForward.b2": "blk.{}.ffn_down.bias",
  "feedForward.w3": "blk.{}.ffn_up.weight",
  "feedForward.b3": "blk.{}.ffn_up.bias",
};

const ggufLlama: NameTable = {
  ...ggufShared,
  "attention.wq": ({ nHeads, headDim }) => ({ name: "blk.{}.attn_q.weight", rows: () => interleaved(nHeads, headDim) }),
  "attention.wk": ({ nKvHeads, headDim }) => ({ name: "blk.{}.attn_k.weight", rows: () => interleaved(nKvHeads, headDim) }),
  "attention.bq": ({ nHeads, headDim }) => ({ name: "blk.{}.attn_q.bias", rows: () => interleaved(nHeads, headDim) }),
  "attention.bk": ({ nKvHeads, headDim }) => ({ name: "blk.{}.attn_k.bias", rows: () => interleaved(nKvHeads, headDim) }),
};

const ggufFused: NameTable = { ...ggufShared, ...fused("blk.{}.attn_qkv", thirds) };

/** llama.cpp keeps the one norm of small Falcons, or the feed-forward's of large ones, in attn_norm, and the attention's in attn_norm_2. */
const ggufFalconNorm = (suffix: string): NameTable => ({
  [`attentionNorm.${suffix === "weight" ? "gain" : "bias"}`]: (config) => ({
    name: config.residual === "parallel" ? `blk.{}.attn_norm_2.${suffix}` : `blk.{}.attn_norm.${suffix}`,
  }),
  [`ffnNorm.${suffix === "weight" ? "gain" : "bias"}`]: (config) => ({
    name: config.residual === "parallel" ? `blk.{}.attn_norm.${suffix}` : `blk.{}.ffn_norm.${suffix}`,
  }),
});

const ggufNames: Record<Family, NameTable> = {
  llama: ggufLlama,
  mistral: ggufLlama, // llama.cpp converts Mistral as a Llama
  qwen: ggufFused,
  qwen2: ggufShared,
  qwen3: ggufShared,
  gemma: ggufShared,
  gemma2: ggufShared,
  gemma3: ggufShared,
  gpt2: ggufFused,
  bloom: ggufFused,
  falcon: { ...ggufFused, ...ggufFalconNorm("weight"), ...ggufFalconNorm("bias") },
  mpt: ggufFused,
  "gpt-neox": ggufFused,
};
