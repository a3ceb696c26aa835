// The public API of the file formats: cria/formats.

export type { StorageType } from "../tensor/dtype.ts";
export type { Shape } from "../tensor/shape.ts";
export { collectBytes } from "./byte-writer.ts";
export type {
  GgufArray,
  GgufNumberType,
  GgufScalar,
  GgufValue,
  GgufValueType,
  MetadataGetter,
  MetadataGetters,
} from "./gguf/metadata.ts";
export { type GgufFile, openGguf } from "./gguf/open.ts";
export { type GgufContent, writeGguf } from "./gguf/write.ts";
export { openSource, type SourceLike } from "./open-source.ts";
export { dequantize, quantize } from "./quant/index.ts";
export { openSafetensors, type SafetensorsFile } from "./safetensors/open.ts";
export { writeSafetensors } from "./safetensors/write.ts";
export { type ByteSource, MissingFileError } from "./source.ts";
export type { StoredTensor, TensorFile } from "./tensor-file.ts";
export { fromStored, type TensorInput } from "./tensor-input.ts";
