// What all sizes of a family have in common, as data. Readers of configurations and presets start from here and add sizes, positions and what
// a file may choose. Values that a published file sets differently are overridden there.
import type { Family, ModelConfig, SizeName } from "./config.ts";

/** A configuration without its sizes and positions. */
export type FamilyTraits = Omit<ModelConfig, SizeName | "positions">;

/** Touvron 2023: RMSNorm in front of each half, SwiGLU, no biases. */
const llama: FamilyTraits = {
  family: "llama",
  norm: { kind: "rms", eps: 1e-5, bias: false },
  residual: "pre",
  attention: { qkvBias: false, outputBias: false },
  ffn: { activation: "silu", gated: true, bias: false },
  tiedEmbeddings: false,
};

const norm1e6 = { ...llama.norm, eps: 1e-6 };

/** GeGLU in the tanh form, tied embeddings; the readers add embeddingScale = sqrt(dim). */
const gemma: FamilyTraits = {
  ...llama,
  family: "gemma",
  norm: norm1e6,
  ffn: { activation: "gelu-tanh", gated: true, bias: false },
  tiedEmbeddings: true,
};

/** Radford 2019: LayerNorm with offsets, learned positions, biases everywhere. */
const gpt2: FamilyTraits = {
  family: "gpt2",
  norm: { kind: "layer", eps: 1e-5, bias: true },
  residual: "pre",
  attention: { qkvBias: true, outputBias: true },
  ffn: { activation: "gelu-tanh", gated: false, bias: true },
  tiedEmbeddings: true,
};

export const families: Readonly<Record<Family, FamilyTraits>> = {
  llama,
  mistral: { ...llama, family: "mistral" },
  qwen: { ...llama, family: "qwen", norm: norm1e6, attention: { qkvBias: true, outputBias: false } },
  qwen2: { ...llama, family: "qwen2", norm: norm1e6, attention: { qkvBias: true, outputBias: false } },
  qwen3: { ...llama, family: "qwen3", norm: norm1e6, attention: { qkvBias: false, outputBias: false, qkNorm: true } },
  gemma,
  gemma2: { ...gemma, family: "gemma2", residual: "sandwich" },
  gemma3: { ...gemma, family: "gemma3", residual: "sandwich", attention: { ...gemma.attention, qkNorm: true } },
  gpt2,
  bloom: { ...gpt2, family: "bloom", embeddingNorm: true },
  falcon: {
    ...gpt2,
    family: "falcon",
    residual: "parallel-shared",
    attention: { qkvBias: false, outputBias: false },
    ffn: { activation: "gelu", gated: false, bias: false },
  },
  mpt: {
    ...gpt2,
    family: "mpt",
    norm: { ...gpt2.norm, bias: false },
    attention: { qkvBias: false, outputBias: false },
    ffn: { activation: "gelu", gated: false, bias: false },
  },
  "gpt-neox": { ...gpt2, family: "gpt-neox", residual: "parallel", ffn: { ...gpt2.ffn, activation: "gelu" }, tiedEmbeddings: false },
};

/** Gemma 3: layer i is global when i + 1 is a multiple of `period`, all others are local. */
export function everyNthGlobal(nLayers: number, period: number): boolean[] {
  return Array.from({ length: nLayers }, (_, i) => (i + 1) % period !== 0);
}

/** Gemma 2: layers 0, 2, 4, ... are local. */
export function evenLocal(nLayers: number): boolean[] {
  return everyNthGlobal(nLayers, 2);
}
