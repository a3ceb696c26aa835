// From the config.json of a Hugging Face checkpoint to a ModelConfig: both the form that published checkpoints have (rope_theta, rope_scaling,
// torch_dtype) and that of transformers 5 (rope_parameters, layer_types, dtype). What cria would compute differently is refused, never ignored.
import { UnsupportedError } from "../errors.ts";
import { showJson } from "../formats/quote.ts";
import type { Json } from "../formats/strict-json.ts";
import { checkFileConfig, type Family, type ModelConfig } from "./config.ts";
import { falcon } from "./hf/falcon.ts";
import { gemma, gemma2, gemma3 } from "./hf/gemma.ts";
import { type JsonFields, jsonFields } from "./hf/json.ts";
import { bloom, gpt2, gptNeox, mpt } from "./hf/layer-norm.ts";
import { llama, mistral, qwen, qwen2, qwen3 } from "./hf/llama-like.ts";

/** The model_type that each family's files name, and the reader of their keys. */
const readers: Readonly<Record<Family, { modelType: string; read: (json: JsonFields) => ModelConfig }>> = {
  llama: { modelType: "llama", read: llama },
  mistral: { modelType: "mistral", read: mistral },
  qwen: { modelType: "qwen", read: qwen },
  qwen2: { modelType: "qwen2", read: qwen2 },
  qwen3: { modelType: "qwen3", read: qwen3 },
  gemma: { modelType: "gemma", read: gemma },
  gemma2: { modelType: "gemma2", read: gemma2 },
  gemma3: { modelType: "gemma3_text", read: gemma3 },
  gpt2: { modelType: "gpt2", read: gpt2 },
  bloom: { modelType: "bloom", read: bloom },
  falcon: { modelType: "falcon", read: falcon },
  mpt: { modelType: "mpt", read: mpt },
  "gpt-neox": { modelType: "gpt_neox", read: gptNeox },
};

/** The model_type of config.json for every family. */
export function hfModelType(family: Family): string {
  return readers[family].modelType;
}

/** Keys that give away what a model has beside a plain decoder. */
const beyond: readonly { keys: readonly string[]; what: string }[] = [
  { keys: ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"], what: "a mixture of experts" },
  { keys: ["vision_config", "audio_config", "text_config", "vision_tower", "mm_vision_tower"], what: "a model of several modalities" },
  { keys: ["encoder_layers", "num_decoder_layers"], what: "an encoder-decoder" },
  { keys: ["ssm_cfg", "state_size", "mamba_d_state"], what: "a state-space model" },
];

/**
 * @param json the parsed config.json
 * @param file its name, for messages
 * @throws UnsupportedError for an architecture or an option that cria does not run, FormatError for keys that are missing or make no sense
 */
export function configFromHf(json: Json, file: string): ModelConfig {
  const fields = jsonFields(file, json);
  const modelType = fields.string("model_type");
  const architectures = fields.strings("architectures", []);
  const name =
    architectures.length > 0 ? `${architectures.join(", ")} (model_type ${showJson(modelType)})` : `model_type ${showJson(modelType)}`;
  const more = beyond.find(({ keys }) => keys.some((key) => fields.has(key)))?.what;
  const reader = Object.values(readers).find((candidate) => candidate.modelType === modelType);
  if (more || !reader) {
    const known = Object.values(readers)
      .map((candidate) => candidate.modelType)
      .join(", ");
    throw new UnsupportedError(
      `${file}: architecture ${name} is ${more ?? "not one that cria runs"}; supported are decoders of model_type ${known}`,
    );
  }
  if (architectures.length > 0 && !architectures.some((architecture) => /(CausalLM|LMHeadModel)$/.test(architecture))) {
    throw new UnsupportedError(
      `${file}: architecture ${name} does not predict tokens: expected one whose name ends in ForCausalLM or LMHeadModel`,
    );
  }
  const quantization = fields.fields("quantization_config");
  if (quantization) {
    const method = quantization.string("quant_method", "unknown");
    throw new UnsupportedError(
      `${file}: weights quantised by ${showJson(method)} are not supported: take the original checkpoint, or a GGUF of it`,
    );
  }
  return checkFileConfig(reader.read(fields), file);
}
