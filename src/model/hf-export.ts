// A model as a Hugging Face folder's config.json and weights, under the names and in the layouts that transformers reads. As for GGUF, what the format
// cannot say is refused: the configuration is read back from what would be written, and must be the same.
// Left out: the tokenizer's files, which the caller writes beside these.
import { FormatError, UnsupportedError } from "../errors.ts";
import type { TensorInput } from "../formats/index.ts";
import type { ModelConfig } from "./config.ts";
import { firstDifference } from "./first-difference.ts";
import { floatKeys, hfWriters } from "./hf/config-json.ts";
import { withLlama3Rule } from "./hf/llama3-scaling.ts";
import { configFromHf, hfModelType } from "./hf-config.ts";
import { storedTensors, type WeightValues } from "./stored-values.ts";

/** Types that transformers computes with, and its names of them. */
const dtypes = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;

export type HfType = keyof typeof dtypes;

export interface HfExportOptions {
  /** How all tensors are stored. F32 by default. */
  type?: HfType;
  /** Ids of the tokenizer, named in config.json: what a text begins with, and what ends it. */
  bosId?: number;
  eosId?: number | readonly number[];
}

/** What a folder needs: the text of its config.json, and what writeSafetensors takes for its model.safetensors. */
export interface HfContent {
  readonly config: string;
  readonly tensors: readonly TensorInput[];
  /** For the header of model.safetensors: transformers 4 takes no file without it. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * What a Hugging Face folder of the model holds. Weights are asked for one stored tensor at a time, while the file is written. In F32 they come back bit
 * for bit when the folder is loaded, but for gains of Gemma between -0.5 and 0.5: it stores gain - 1, which is rounded.
 *
 * @param given  rotary factors of a GGUF become Llama 3.1's rule, where they follow it
 * @param weight the values of the weight at a path of the record ("layers.0.attention.wq"), row-major
 * @throws UnsupportedError for a configuration that config.json cannot express, naming the first value that would be lost
 */
export function exportHf(given: ModelConfig, weight: WeightValues, options: HfExportOptions = {}): HfContent {
  const { type = "F32", bosId, eosId } = options;
  const config = { ...given, positions: withLlama3Rule(given.positions, given.headDim) };
  const { architecture, keys } = hfWriters[config.family];
  const fields = {
    architectures: [architecture],
    model_type: hfModelType(config.family),
    ...keys(config),
    vocab_size: config.vocabSize,
    tie_word_embeddings: config.tiedEmbeddings,
    ...(bosId !== undefined && { bos_token_id: bosId }),
    ...(eosId !== undefined && { eos_token_id: eosId }),
    torch_dtype: dtypes[type],
    use_cache: true,
  };
  const text = `${JSON.stringify(fields, null, 2).replace(wholeFloats, "$1.0")}\n`;
  checkReadsBack(config, text, architecture);
  return { config: text, tensors: storedTensors(config, "hf", weight, () => type), metadata: new Map([["format", "pt"]]) };
}

/** Floats that JavaScript writes without a point. */
const wholeFloats = new RegExp(`^( *"(?:${floatKeys.join("|")})": -?\\d+)(?=,?$)`, "gm");

function checkReadsBack(config: ModelConfig, text: string, architecture: string): void {
  const cannot = (why: string, cause?: unknown): UnsupportedError =>
    new UnsupportedError(`a config.json of ${architecture} cannot express this configuration: ${why}`, { cause });
  let read: ModelConfig;
  try {
    read = configFromHf(JSON.parse(text), "config.json");
  } catch (error) {
    if (error instanceof FormatError || error instanceof UnsupportedError) throw cannot(error.message, error);
    throw error;
  }
  const difference = firstDifference(spelledOut(config), spelledOut(read), 1e-12); // a scale is written as its square
  if (difference !== undefined) throw cannot(difference);
}

/** What may be left out of a configuration, as what it means. */
function spelledOut(config: ModelConfig): ModelConfig {
  const { attention, headDim, positions } = config;
  return {
    ...config,
    attention: { ...attention, scale: attention.scale ?? headDim ** -0.5 },
    positions: positions.kind === "rope" ? { ...positions, rotaryDim: positions.rotaryDim ?? headDim } : positions,
  };
}
