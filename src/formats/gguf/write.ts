// Writes GGUF files, version 3, little endian, as a stream of chunks: the header, then each tensor padded to the alignment.
// Source: the GGUF specification in ggml's docs (gguf.md).
import { UnsupportedError, UsageError } from "../../errors.ts";
import { showShape } from "../../tensor/shape.ts";
import { ByteWriter } from "../byte-writer.ts";
import { maxGgufDimensions } from "../limits.ts";
import { quote } from "../quote.ts";
import { inputByteLength, inputChunks, refuseDuplicates, type TensorInput } from "../tensor-input.ts";
import { alignUp, defaultAlignment, ggufMagic, isAlignment } from "./header.ts";
import { type GgufArray, type GgufScalar, type GgufValue, type GgufValueType, metadataGetters } from "./metadata.ts";
import { tensorTypeIds } from "./tensor-types.ts";
import { numberTypes, valueTypes } from "./value-types.ts";

export interface GgufContent {
  /** Written in its order; "general.alignment" in it is obeyed (default 32). */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Written in their order. */
  readonly tensors: readonly TensorInput[];
}

/**
 * A GGUF file, chunk by chunk: `await writeFile(path, writeGguf(content))`, or `collectBytes(writeGguf(content))` for a small one.
 *
 * @throws UsageError for values out of their type's range, two tensors of one name, or data that do not fill a tensor; UnsupportedError for a type that ggml lacks
 */
export async function* writeGguf(content: GgufContent): AsyncGenerator<Uint8Array> {
  const { metadata, tensors } = content;
  refuseDuplicates(tensors);
  const alignment = metadataGetters("GGUF to be written", metadata).integer("general.alignment", defaultAlignment);
  if (!isAlignment(alignment))
    throw new UsageError(`"general.alignment" is ${alignment}, expected a power of two such as ${defaultAlignment}`);

  const writer = new ByteWriter();
  writer.uint32(ggufMagic);
  writer.uint32(3);
  writer.uint64(tensors.length);
  writer.uint64(metadata.size);
  for (const [key, entry] of metadata) {
    writeString(writer, key);
    writer.uint32(valueTypes.indexOf(entry.type));
    writeValue(writer, key, entry.type, entry.type === "array" ? entry : entry.value);
  }
  writeTensorEntries(writer, tensors, alignment);
  writer.take(padding(writer.length, alignment));
  yield writer.finish();

  for (const tensor of tensors) {
    yield* inputChunks(tensor);
    yield new Uint8Array(padding(inputByteLength(tensor), alignment));
  }
}

function padding(length: number, alignment: number): number {
  return alignUp(length, alignment) - length;
}

function writeTensorEntries(writer: ByteWriter, tensors: readonly TensorInput[], alignment: number): void {
  let offset = 0; // from the start of the data
  for (const tensor of tensors) {
    const { name, shape, type } = tensor;
    const id = tensorTypeIds.get(type);
    if (id === undefined) throw new UnsupportedError(`tensor ${quote(name)}: GGUF has no type ${type}`);
    if (shape.length > maxGgufDimensions) {
      throw new UnsupportedError(`tensor ${quote(name)} of shape ${showShape(shape)}: GGUF has at most ${maxGgufDimensions} dimensions`);
    }
    writeString(writer, name);
    writer.uint32(shape.length);
    for (const dimension of shape.toReversed()) writer.uint64(dimension);
    writer.uint32(id);
    writer.uint64(offset);
    offset = alignUp(offset + inputByteLength(tensor), alignment);
  }
}

const utf8 = new TextEncoder();

function writeString(writer: ByteWriter, text: string): void {
  const bytes = utf8.encode(text);
  writer.uint64(bytes.length);
  writer.bytes(bytes);
}

function writeValue(writer: ByteWriter, key: string, type: GgufValueType, value: GgufScalar | GgufArray): void {
  if (type === "array") writeArray(writer, key, value);
  else if (type === "string" && typeof value === "string") writeString(writer, value);
  else if (type === "bool" && typeof value === "boolean") writer.bytes(Uint8Array.of(value ? 1 : 0));
  else writeNumber(writer, key, type, value);
}

function writeArray(writer: ByteWriter, key: string, array: GgufScalar | GgufArray): void {
  if (typeof array !== "object") throw mismatch(key, "array", array);
  writer.uint32(valueTypes.indexOf(array.of));
  writer.uint64(array.value.length);
  for (const element of array.value) writeValue(writer, key, array.of, element);
}

function writeNumber(writer: ByteWriter, key: string, type: GgufValueType, value: GgufScalar | GgufArray): void {
  if (type === "array" || type === "string" || type === "bool") throw mismatch(key, type, value);
  if (typeof value !== "number" && typeof value !== "bigint") throw mismatch(key, type, value);
  const { bytes, range, write } = numberTypes[type];
  const isWhole = typeof value === "bigint" || Number.isInteger(value);
  if (range && !(isWhole && value >= range[0] && value <= range[1])) throw mismatch(key, type, value);
  const { view, offset } = writer.take(bytes);
  write(view, offset, value);
}

function mismatch(key: string, type: GgufValueType, value: unknown): UsageError {
  return new UsageError(
    `metadata key ${quote(key)}: ${typeof value === "object" ? "an array" : String(value)} cannot be written as ${type}`,
  );
}
