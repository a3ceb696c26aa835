// The JSON header of a safetensors file. The format is strict on purpose and so is this reader: tensors cover the data without gap or overlap.
// Source: the format section of the safetensors README and the checks of its Rust library.
import { FormatError } from "../../errors.ts";
import { type StorageType, storageBytes } from "../../tensor/dtype.ts";
import { elementCount, type Shape, showShape } from "../../tensor/shape.ts";
import { maxJsonDepth, maxSafetensorsHeaderBytes, maxTensors } from "../limits.ts";
import { quote, showJson } from "../quote.ts";
import type { ByteSource } from "../source.ts";
import type { TensorPlace } from "../stored-tensor.ts";
import { isJsonObject, type Json, type JsonObject, parseStrictJson } from "../strict-json.ts";
import { safetensorsTypes } from "./dtypes.ts";

export interface SafetensorsHeader {
  /** The free strings under "__metadata__". */
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. */
  readonly tensors: readonly TensorPlace[];
}

/** Where the header begins: after its length, a 64-bit number. */
export const headerStart = 8;

export async function readSafetensorsHeader(source: ByteSource, signal?: AbortSignal): Promise<SafetensorsHeader> {
  const length = await readHeaderLength(source, signal);
  const bytes = await source.read(headerStart, length, signal);
  const entries = parseHeader(source.name, bytes);
  const metadata = readMetadata(source.name, entries.get("__metadata__"));
  entries.delete("__metadata__");
  if (entries.size > maxTensors) throw headerError(source.name, `has ${entries.size} tensors, at most ${maxTensors} are read`);

  const dataStart = headerStart + length;
  const tensors = [...entries].map(([name, entry]) => readEntry(source.name, name, entry, dataStart));
  tensors.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength); // an empty tensor stands before its neighbour
  checkCover(source, tensors, dataStart);
  return { metadata, tensors };
}

async function readHeaderLength(source: ByteSource, signal?: AbortSignal): Promise<number> {
  if (source.size < headerStart) {
    throw new FormatError(
      `${source.name}: byte 0: the file has ${source.size} bytes, a safetensors file begins with 8 that tell the length of its header`,
    );
  }
  const view = new DataView((await source.read(0, headerStart, signal)).buffer);
  const length = view.getBigUint64(0, true);
  if (length > maxSafetensorsHeaderBytes) {
    throw new FormatError(
      `${source.name}: byte 0: the header is said to have ${length} bytes, at most ${maxSafetensorsHeaderBytes} are read: probably not a safetensors file`,
    );
  }
  if (headerStart + Number(length) > source.size) {
    throw new FormatError(
      `${source.name}: byte 0: the header is said to have ${length} bytes, the file ends at ${source.size}: the download is probably incomplete, pull it again`,
    );
  }
  return Number(length);
}

function parseHeader(file: string, bytes: Uint8Array): Map<string, Json> {
  let header: Json;
  try {
    header = parseStrictJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes), maxJsonDepth);
  } catch (cause) {
    throw headerError(file, cause instanceof SyntaxError ? `is not JSON as it should be: ${cause.message}` : "is not UTF-8", cause);
  }
  if (!isJsonObject(header)) throw headerError(file, `is ${showJson(header)}, expected a JSON object of tensors`);
  return new Map(Object.entries(header));
}

function readMetadata(file: string, metadata: Json | undefined): Map<string, string> {
  if (metadata === undefined) return new Map();
  if (!isJsonObject(metadata)) throw headerError(file, `has ${showJson(metadata)} under key "__metadata__", expected an object of strings`);
  return new Map(
    Object.entries(metadata).map(([key, value]) => {
      if (typeof value !== "string")
        throw headerError(file, `has ${showJson(value)} under key "__metadata__".${quote(key)}, expected a string`);
      return [key, value];
    }),
  );
}

/** @param dataStart where the tensors' bytes begin in the file: offsets in the header count from there */
function readEntry(file: string, name: string, entry: Json, dataStart: number): TensorPlace {
  if (!isJsonObject(entry)) throw entryError(file, name, `is ${showJson(entry)}, expected an object with dtype, shape and data_offsets`);
  const type = readType(file, name, own(entry, "dtype"));
  const shape = readShape(file, name, own(entry, "shape"));
  const [begin, end] = readOffsets(file, name, own(entry, "data_offsets"));
  const byteLength = storageBytes(type, elementCount(shape));
  if (byteLength !== end - begin) {
    throw entryError(
      file,
      name,
      `of ${type} ${showShape(shape)} takes ${byteLength} bytes, its data_offsets [${begin}, ${end}] hold ${end - begin}`,
    );
  }
  return { name, shape, type, offset: dataStart + begin, byteLength };
}

function readType(file: string, name: string, dtype: Json | undefined): StorageType {
  const type = safetensorsTypes.find((known) => known === dtype);
  if (type !== undefined) return type;
  if (typeof dtype !== "string") throw entryError(file, name, `has ${showJson(dtype)} as dtype, expected a string such as "F32"`);
  throw new FormatError(
    `${file}: key ${quote(name)}: dtype ${quote(dtype)} is not supported, expected one of ${safetensorsTypes.join(", ")}`,
  );
}

function readShape(file: string, name: string, shape: Json | undefined): Shape {
  if (!isSizes(shape)) throw entryError(file, name, `has ${showJson(shape)} as shape, expected an array of whole numbers`);
  return shape;
}

function readOffsets(file: string, name: string, offsets: Json | undefined): readonly number[] {
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[1] < offsets[0]) {
    throw entryError(file, name, `has ${showJson(offsets)} as data_offsets, expected [begin, end]`);
  }
  return offsets;
}

function isSizes(value: Json | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Every byte of the data belongs to exactly one tensor: the format promises it, so that nothing can be hidden in a file. */
function checkCover(source: ByteSource, tensors: readonly TensorPlace[], dataStart: number): void {
  let covered = dataStart;
  for (const { name, offset, byteLength } of tensors) {
    if (offset !== covered) {
      const wrong = offset < covered ? "shares bytes with the tensor before it" : "leaves a gap before it";
      throw entryError(source.name, name, `begins at byte ${offset} of the file, expected ${covered}: it ${wrong}`);
    }
    covered += byteLength;
  }
  if (covered === source.size) return;
  const wrong = covered > source.size ? "the download is probably incomplete, pull it again" : "the bytes after them belong to no tensor";
  throw new FormatError(
    `${source.name}: byte ${Math.min(covered, source.size)}: the file ends at ${source.size}, its tensors at ${covered}: ${wrong}`,
  );
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function headerError(file: string, message: string, cause?: unknown): FormatError {
  return new FormatError(`${file}: the header (from byte ${headerStart} on) ${message}`, { cause });
}

function entryError(file: string, name: string, message: string): FormatError {
  return new FormatError(`${file}: key ${quote(name)}: the tensor ${message}`);
}
