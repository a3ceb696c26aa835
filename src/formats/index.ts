// The public API of the file formats: cria/formats.

export type { GgufArray, GgufNumberType, GgufValue, GgufValueType, MetadataGetter, MetadataGetters } from "./gguf/metadata.ts";
export { type GgufFile, openGguf } from "./gguf/open.ts";
export { openSource, type SourceLike } from "./open-source.ts";
export { openSafetensors, type SafetensorsFile } from "./safetensors/open.ts";
export type { ByteSource } from "./source.ts";
export type { StoredTensor, TensorFile } from "./tensor-file.ts";
