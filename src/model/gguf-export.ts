// A model as a GGUF file, under llama.cpp's names and conventions: walks the record of weights and turns the name tables round.
// What the format cannot say is refused: the configuration is read back from what would be written, and must be the same.
// Left out: the tokenizer, whose metadata the caller adds.
import { UnsupportedError } from "../errors.ts";
import { metadataGetters } from "../formats/gguf/metadata.ts";
import type { GgufContent, GgufValue, StoredTensor, TensorInput } from "../formats/index.ts";
import { type StorageType, storage, storageBytes } from "../tensor/dtype.ts";
import { elementCount } from "../tensor/shape.ts";
import type { ModelConfig } from "./config.ts";
import { firstDifference } from "./first-difference.ts";
import { configFromGguf, gemmaScale, ggufArchitectures, ggufPoolings, ggufSizeKeys } from "./gguf-config.ts";
import { ropeFrequencies, yarnMagnitude } from "./rope.ts";
import { storedTensors, type TypeFor, type WeightValues } from "./stored-values.ts";

export interface GgufExportOptions {
  /**
   * How matrices are stored: all alike, or each by its name. F32 by default. Those whose rows are no whole blocks of it become F16 and vectors are always F32,
   * as llama.cpp has it.
   */
  type?: StorageType | TypeFor;
  /** Added to the metadata of the model: the tokenizer's, a name. */
  metadata?: ReadonlyMap<string, GgufValue>;
}

/**
 * What `writeGguf` needs. Weights are asked for one stored tensor at a time, while the file is written.
 *
 * @throws UnsupportedError for a configuration that GGUF, or llama.cpp's architecture of that family, cannot express
 */
export async function exportGguf(config: ModelConfig, weight: WeightValues, options: GgufExportOptions = {}): Promise<GgufContent> {
  const { type = "F32", metadata = new Map() } = options;
  const all = new Map([...modelMetadata(config), ...metadata]);
  const tensors = [...modelTensors(config, weight, type), ...ropeFactors(config)];
  await checkReadsBack(config, all, tensors);
  return { metadata: all, tensors };
}

// Metadata

const u32 = (value: number): GgufValue => ({ type: "uint32", value });
const f32 = (value: number): GgufValue => ({ type: "float32", value });

function architecture(config: ModelConfig): string {
  return ggufArchitectures[config.family === "mistral" ? "llama" : config.family];
}

/** Under GGUF's names, without the tokenizer's. */
export function modelMetadata(config: ModelConfig): Map<string, GgufValue> {
  const { family, nLayers, norm, attention, positions } = config;
  const entries: [string, GgufValue][] = [];
  for (const [name, key] of Object.entries(ggufSizeKeys)) {
    const size = config[name as keyof typeof ggufSizeKeys];
    entries.push([key, u32(family === "qwen" && name === "hiddenDim" ? 2 * size : size)]); // Qwen 1 counts gate and up together
  }
  entries.push(["attention.value_length", u32(config.headDim)], ["vocab_size", u32(config.vocabSize)]);
  entries.push([norm.kind === "rms" ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon", f32(norm.eps)]);
  if (positions.kind === "alibi") entries.push(["attention.max_alibi_bias", f32(positions.maxBias ?? 8)]);
  if (positions.kind === "rope") {
    entries.push(["rope.dimension_count", u32(positions.rotaryDim ?? config.headDim)], ["rope.freq_base", f32(positions.theta)]);
    if (positions.localTheta !== undefined) entries.push(["rope.freq_base_swa", f32(positions.localTheta)]);
    entries.push(...ropeScaling(config));
  }
  if (attention.softcap !== undefined) entries.push(["attn_logit_softcapping", f32(attention.softcap)]);
  if (config.logitSoftcap !== undefined) entries.push(["final_logit_softcapping", f32(config.logitSoftcap)]);
  if (attention.window) entries.push(["attention.sliding_window", u32(attention.window.size)]);
  if (attention.window && family === "gemma3") {
    const period = attention.window.local.indexOf(false) + 1 || nLayers + 1;
    entries.push(["attention.sliding_window_pattern", u32(period)]);
  }
  if (family === "gpt-neox") entries.push(["use_parallel_residual", { type: "bool", value: config.residual === "parallel" }]);
  if (config.pooling) entries.push(["pooling_type", u32(ggufPoolings.indexOf(config.pooling))]);
  const prefix = architecture(config);
  return new Map([
    ["general.architecture", { type: "string", value: prefix }],
    ...entries.map(([key, value]): [string, GgufValue] => [`${prefix}.${key}`, value]),
  ]);
}

function ropeScaling({ positions }: ModelConfig): [string, GgufValue][] {
  const scaling = positions.kind === "rope" ? positions.scaling : undefined;
  if (scaling?.kind !== "linear" && scaling?.kind !== "yarn") return [];
  const entries: [string, GgufValue][] = [
    ["rope.scaling.type", { type: "string", value: scaling.kind }],
    ["rope.scaling.factor", f32(scaling.factor)],
  ];
  if (scaling.kind === "linear") return entries;
  const { factor, attentionFactor } = scaling;
  return [
    ...entries,
    ["rope.scaling.original_context_length", u32(scaling.originalMaxSeqLen)],
    ["rope.scaling.yarn_beta_fast", f32(scaling.betaFast)],
    ["rope.scaling.yarn_beta_slow", f32(scaling.betaSlow)],
    ["rope.scaling.attn_factor", f32(attentionFactor === undefined ? 1 : attentionFactor / yarnMagnitude(factor))],
  ];
}

// Tensors

/** How much the queries must grow where a file cannot carry the scale of scores: its reader will use another. */
function queryFactor(config: ModelConfig): number {
  const plain = config.headDim ** -0.5;
  const read = config.family === "gemma2" || config.family === "gemma3" ? gemmaScale(config) : plain;
  return (config.attention.scale ?? plain) / read;
}

function modelTensors(config: ModelConfig, weight: WeightValues, type: StorageType | TypeFor): TensorInput[] {
  const scaled = config.attention.qkNorm ? /\.qNorm$/ : /\.[wb]q$/;
  const factor = queryFactor(config);
  const inFile: WeightValues = async (path, shape) => {
    const values = await weight(path, shape);
    return factor !== 1 && scaled.test(path) ? values.map((value) => value * factor) : values;
  };
  const typeFor: TypeFor = (name, shape) => {
    if (shape.length < 2) return "F32";
    const wanted = typeof type === "function" ? type(name, shape) : type;
    return shape[1] % storage[wanted].blockSize === 0 ? wanted : "F16";
  };
  return storedTensors(config, "gguf", inFile, typeFor);
}

/** Fixed stretches that GGUF has no words for go by the tensor that llama.cpp divides the frequencies by. */
function ropeFactors({ positions, headDim }: ModelConfig): TensorInput[] {
  if (positions.kind !== "rope" || !positions.scaling || !["llama3", "ntk", "factors"].includes(positions.scaling.kind)) return [];
  const dim = positions.rotaryDim ?? headDim;
  const plain = ropeFrequencies({ theta: positions.theta }, dim, 1).inverse;
  const { inverse } = ropeFrequencies(positions, dim, 1);
  const factors = Float32Array.from(plain, (frequency, i) => frequency / inverse[i]);
  return [{ name: "rope_freqs.weight", shape: [dim / 2], type: "F32", data: new Uint8Array(factors.buffer) }];
}

// The check

async function checkReadsBack(
  config: ModelConfig,
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly TensorInput[],
): Promise<void> {
  const { family, positions } = config;
  const file = `GGUF of family ${family}`;
  const stored = new Map(tensors.map((tensor) => [tensor.name, describe(tensor, file)]));
  const read = await configFromGguf(file, { metadata, tensors: stored, ...metadataGetters(file, metadata) });
  const expected: ModelConfig = {
    ...config,
    family: family === "mistral" ? "llama" : family,
    attention: { ...config.attention, scale: read.attention.scale }, // folded into the queries
    // Factors were written as such; all other scalings must come back as they are.
    positions: positions.kind === "rope" && ropeFactors(config).length > 0 ? { ...positions, ...pickScaling(read) } : positions,
  };
  const difference = firstDifference(expected, read, 1e-6); // numbers may differ by the rounding to float32;
  if (difference !== undefined) {
    throw new UnsupportedError(`a GGUF of architecture ${architecture(config)} cannot express this configuration: ${difference}`);
  }
}

function describe(tensor: TensorInput, file: string): StoredTensor {
  const { name, shape, type, data } = tensor;
  const byteLength = storageBytes(type, elementCount(shape)) ?? storage[type].blockBytes;
  const read = async (): Promise<Uint8Array> => (data instanceof Uint8Array ? data : new Uint8Array());
  return { name, shape, type, byteLength, file, read };
}

function pickScaling({ positions }: ModelConfig): Pick<Extract<ModelConfig["positions"], { kind: "rope" }>, "scaling"> {
  return positions.kind === "rope" ? { scaling: positions.scaling } : {};
}
