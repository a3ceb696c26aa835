// What a GGUF file of a model holds. Of a GGUF all metadata stay, and tensors that keep their type go over as they are.
import { UnsupportedError } from "../../errors.ts";
import { ggufFileTypes } from "../../formats/gguf/file-types.ts";
import { fromStored, type GgufContent, type GgufValue, type StorageType, type TensorInput } from "../../formats/index.ts";
import { decodeUtf8, readWhole } from "../../formats/read-whole.ts";
import { noTokenizer } from "../../llama.ts";
import { exportGguf } from "../../model/gguf-export.ts";
import { checkpointValues, type GgufCheckpoint, type HfCheckpoint } from "../../model/load.ts";
import { sameShape } from "../../tensor/shape.ts";
import { jsonToGguf } from "../../tokenizer/convert/convert.ts";
import { MAX_BYTES } from "../../tokenizer/load.ts";
import { plainType, type SourceModel } from "./source-model.ts";

/** The version of the block formats, as ggml counts them: GGML_QNT_VERSION. */
const quantizationVersion = 2;

/** @param type of the matrices; undefined: as they are @param name what a model is called that has no name inside */
export async function ggufContent(
  source: SourceModel,
  type: StorageType | undefined,
  name: string,
  signal: AbortSignal,
): Promise<GgufContent> {
  const { checkpoint } = source;
  return checkpoint.convention === "gguf" ? ofGguf(checkpoint, type, signal) : ofHf(checkpoint, source, type, name, signal);
}

async function ofGguf(checkpoint: GgufCheckpoint, type: StorageType | undefined, signal: AbortSignal): Promise<GgufContent> {
  const { config, file } = checkpoint;
  const typeFor = (name: string): StorageType => type ?? file.tensors.get(name)?.type ?? "F32";
  const { metadata, tensors } = await exportGguf(config, checkpointValues(checkpoint, signal), { type: typeFor });
  const kept = [...file.metadata].filter(([key]) => !key.startsWith("split.")); // shards become one file
  return {
    metadata: new Map([...kept, ...[...metadata].filter(([key]) => !file.metadata.has(key)), ...(type ? typeKeys(type) : [])]),
    tensors: tensors.map((tensor) => asStored(tensor, checkpoint)),
  };
}

function asStored(tensor: TensorInput, { file }: GgufCheckpoint): TensorInput {
  const stored = file.tensors.get(tensor.name);
  return stored?.type === tensor.type && sameShape(stored.shape, tensor.shape) ? fromStored(stored) : tensor;
}

async function ofHf(
  checkpoint: HfCheckpoint,
  source: SourceModel,
  type: StorageType = plainType(checkpoint),
  name: string,
  signal: AbortSignal,
): Promise<GgufContent> {
  const { config } = checkpoint;
  const tokenizer = await tokenizerMetadata(checkpoint, source, signal);
  const metadata = new Map<string, GgufValue>([["general.name", { type: "string", value: name }], ...typeKeys(type), ...tokenizer]);
  return exportGguf(config, checkpointValues(checkpoint, signal), { type, metadata });
}

function typeKeys(type: StorageType): [string, GgufValue][] {
  const fileType = ggufFileTypes[type];
  return [
    ...(fileType === undefined ? [] : [["general.file_type", { type: "uint32", value: fileType }] as [string, GgufValue]]),
    ["general.quantization_version", { type: "uint32", value: quantizationVersion }],
  ];
}

async function tokenizerMetadata(
  { config, beside }: HfCheckpoint,
  { tokenizer, chatTemplate }: SourceModel,
  signal: AbortSignal,
): Promise<Map<string, GgufValue>> {
  if (!tokenizer) return new Map([["tokenizer.ggml.model", { type: "string", value: noTokenizer }]]);
  const file = await beside("tokenizer.json", signal);
  if (!file) {
    throw new UnsupportedError("the model has its tokenizer in another file than tokenizer.json, and only that can be put into a GGUF");
  }
  try {
    const json = decodeUtf8(await readWhole(file, MAX_BYTES, signal), file.name);
    return jsonToGguf({ json, tokenizer, source: file.name }, config.vocabSize, chatTemplate);
  } finally {
    await file.close();
  }
}
