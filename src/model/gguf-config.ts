// From the metadata of a GGUF file to a ModelConfig: llama.cpp's keys and conventions, one row a family.
import { UnsupportedError } from "../errors.ts";
import type { GgufFile } from "../formats/index.ts";
import { checkConfig, type ModelConfig } from "./config.ts";

/** @throws UnsupportedError for an architecture that cria does not run, FormatError for a file without the keys that its architecture needs */
export async function configFromGguf(file: string, gguf: GgufFile): Promise<ModelConfig> {
  const architecture = gguf.string("general.architecture");
  if (architecture !== "llama") throw new UnsupportedError(`${file}: architecture "${architecture}" is not supported`);
  const key = (name: string): string => `${architecture}.${name}`;
  const dim = gguf.integer(key("embedding_length"));
  const nHeads = gguf.integer(key("attention.head_count"));
  const headDim = gguf.integer(key("attention.key_length"), dim / nHeads);
  const factors = gguf.tensors.get("rope_freqs.weight");
  return checkConfig({
    family: "llama",
    dim,
    nLayers: gguf.integer(key("block_count")),
    nHeads,
    nKvHeads: gguf.integer(key("attention.head_count_kv"), nHeads),
    headDim,
    hiddenDim: gguf.integer(key("feed_forward_length")),
    vocabSize: gguf.tensors.get("token_embd.weight")!.shape[0],
    maxSeqLen: gguf.integer(key("context_length")),
    norm: { kind: "rms", eps: gguf.number(key("attention.layer_norm_rms_epsilon")), bias: false },
    residual: "pre",
    attention: { scale: headDim ** -0.5, qkvBias: false, outputBias: false },
    ffn: { activation: "silu", gated: true, bias: false },
    positions: {
      kind: "rope",
      theta: gguf.number(key("rope.freq_base"), 10_000),
      scaling: factors && { kind: "factors", factors: Array.from(new Float32Array((await factors.read()).slice().buffer)) },
    },
    tiedEmbeddings: !gguf.tensors.has("output.weight"),
  });
}
