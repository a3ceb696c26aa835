// The header of a GGUF file, versions 2 and 3, little endian: metadata, and where each tensor lies. Nothing is trusted: every count is
// checked against what the file still holds, every tensor against the end of the file and its neighbours.
// Source: the GGUF specification in ggml's docs (gguf.md).
import { FormatError } from "../../errors.ts";
import { type StorageType, storage, storageBytes } from "../../tensor/dtype.ts";
import { elementCount, showShape } from "../../tensor/shape.ts";
import type { ByteCursor } from "../byte-cursor.ts";
import { maxGgufDimensions, maxGgufValues, maxTensors } from "../limits.ts";
import { quote } from "../quote.ts";
import type { TensorPlace } from "../stored-tensor.ts";
import { type GgufValue, metadataGetters } from "./metadata.ts";
import { createBudget, readName, readValue } from "./read-value.ts";
import { readTensorType } from "./tensor-types.ts";

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** In bytes; every tensor starts at a multiple of it. */
  readonly alignment: number;
  readonly tensors: ReadonlyMap<string, TensorPlace>;
}

/** "GGUF" as a little-endian number. */
export const ggufMagic = 0x46554747;

export const defaultAlignment = 32;

// What an entry takes at least: length of the name, then type and value, or number of dimensions, type and offset.
const leastEntryBytes = 8 + 4 + 1;
const leastTensorBytes = 8 + 4 + 4 + 8;

/** @throws FormatError; MissingBytes when the cursor needs more of the file */
export function readHeader(cursor: ByteCursor): GgufHeader {
  const version = readVersion(cursor);
  const tensorCount = readCount(cursor, "tensors", leastTensorBytes, maxTensors);
  const entryCount = readCount(cursor, "metadata entries", leastEntryBytes, maxGgufValues);
  const metadata = readMetadata(cursor, entryCount);
  const alignment = readAlignment(cursor, metadata);
  const entries = readTensorEntries(cursor, tensorCount);
  const dataStart = alignUp(cursor.offset, alignment);
  const tensors = new Map<string, TensorPlace>();
  for (const entry of entries) tensors.set(entry.name, placeTensor(cursor, entry, dataStart, alignment));
  refuseOverlap(cursor, tensors);
  return { version, metadata, alignment, tensors };
}

export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** ggml takes powers of two only, although the specification allows any multiple of 8. */
export function isAlignment(alignment: number): boolean {
  return Number.isInteger(Math.log2(alignment));
}

function readVersion(cursor: ByteCursor): number {
  const magic = cursor.uint32("the magic");
  if (magic !== ggufMagic) throw cursor.error(`starts with ${showMagic(magic)}, a GGUF file starts with "GGUF"`, 0);
  const version = cursor.uint32("the version");
  if (version === 2 || version === 3) return version;
  if (version !== 0 && (version & 0xffff) === 0) {
    throw new FormatError(`${cursor.name}: byte 4: a big-endian GGUF file, expected little endian: convert it with gguf_convert_endian.py`);
  }
  throw new FormatError(`${cursor.name}: byte 4: GGUF version ${version}, expected 2 or 3: convert the model again`);
}

function showMagic(magic: number): string {
  const bytes = [0, 8, 16, 24].map((shift) => (magic >>> shift) & 0xff);
  const printable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return printable
    ? JSON.stringify(String.fromCharCode(...bytes))
    : `the bytes ${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

function readCount(cursor: ByteCursor, of: string, leastBytes: number, limit: number): number {
  const start = cursor.offset;
  const count = cursor.size(`the number of ${of}`);
  if (count * leastBytes > cursor.remaining) {
    throw cursor.error(`the number of ${of} is ${count}, the ${cursor.remaining} bytes that are left cannot hold them`, start);
  }
  if (count > limit) throw cursor.error(`the number of ${of} is ${count}, at most ${limit} are read`, start);
  return count;
}

function readMetadata(cursor: ByteCursor, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  const budget = createBudget();
  for (let i = 0; i < count; i++) {
    const start = cursor.offset;
    const key = readName(cursor, `metadata key ${i + 1} of ${count}`);
    if (metadata.has(key)) throw cursor.error(`metadata key ${quote(key)} is there twice`, start);
    metadata.set(key, readValue(cursor, key, budget));
  }
  return metadata;
}

function readAlignment(cursor: ByteCursor, metadata: ReadonlyMap<string, GgufValue>): number {
  const alignment = metadataGetters(cursor.name, metadata).integer("general.alignment", defaultAlignment);
  if (!isAlignment(alignment)) {
    throw cursor.error(`metadata key "general.alignment" is ${alignment}, expected a power of two such as ${defaultAlignment}`);
  }
  return alignment;
}

interface TensorEntry {
  name: string;
  /** Of the entry in the header, for messages. */
  start: number;
  /** Innermost dimension first, as in the file. */
  dimensions: number[];
  type: StorageType;
  /** From the start of the data. */
  offset: number;
}

function readTensorEntries(cursor: ByteCursor, count: number): TensorEntry[] {
  const entries: TensorEntry[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const start = cursor.offset;
    const name = readName(cursor, `the name of tensor ${i + 1} of ${count}`);
    if (names.has(name)) throw cursor.error(`tensor ${quote(name)} is there twice`, start);
    names.add(name);
    const dimensions = readDimensions(cursor, name);
    const type = readTensorType(cursor, name);
    const offset = cursor.size(`the offset of tensor ${quote(name)}`);
    entries.push({ name, start, dimensions, type, offset });
  }
  return entries;
}

function readDimensions(cursor: ByteCursor, tensor: string): number[] {
  const start = cursor.offset;
  const count = cursor.uint32(`the number of dimensions of tensor ${quote(tensor)}`);
  if (count > maxGgufDimensions)
    throw cursor.error(`tensor ${quote(tensor)} has ${count} dimensions, at most ${maxGgufDimensions} are possible`, start);
  return Array.from({ length: count }, (_, i) => cursor.size(`dimension ${i} of tensor ${quote(tensor)}`));
}

function placeTensor(cursor: ByteCursor, entry: TensorEntry, dataStart: number, alignment: number): TensorPlace {
  const { name, start, dimensions, type, offset } = entry;
  const shape = dimensions.toReversed();
  const { blockSize } = storage[type];
  const rowLength = dimensions[0] ?? 1;
  if (rowLength % blockSize !== 0) {
    throw cursor.error(`tensor ${quote(name)} has rows of ${rowLength} values, ${type} wants whole blocks of ${blockSize}`, start);
  }
  const byteLength = storageBytes(type, elementCount(shape));
  if (byteLength === undefined || !Number.isSafeInteger(byteLength)) {
    throw cursor.error(`tensor ${quote(name)} has shape ${showShape(shape)}: no file is that large`, start);
  }
  if (offset % alignment !== 0)
    throw cursor.error(`tensor ${quote(name)} has offset ${offset}, expected a multiple of ${alignment}`, start);
  const first = dataStart + offset;
  if (byteLength > 0 && first + byteLength > cursor.fileSize) {
    throw cursor.error(
      `tensor ${quote(name)} takes bytes ${first} to ${first + byteLength}, the file ends at ${cursor.fileSize}: the download is probably incomplete, pull it again`,
      start,
    );
  }
  return { name, shape, type, offset: first, byteLength };
}

function refuseOverlap(cursor: ByteCursor, tensors: ReadonlyMap<string, TensorPlace>): void {
  const inOrder = [...tensors.values()].filter((tensor) => tensor.byteLength > 0).sort((a, b) => a.offset - b.offset);
  for (let i = 1; i < inOrder.length; i++) {
    const before = inOrder[i - 1];
    const tensor = inOrder[i];
    if (tensor.offset < before.offset + before.byteLength) {
      throw cursor.error(`tensors ${quote(before.name)} and ${quote(tensor.name)} share bytes from ${tensor.offset} on`, tensor.offset);
    }
  }
}
