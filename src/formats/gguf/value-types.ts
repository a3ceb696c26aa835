// The value types of GGUF metadata as tables: ids, sizes, ranges, and how a number of each is read and written.
// Source: the GGUF specification in ggml's docs (gguf.md), enum gguf_metadata_value_type.
import type { ByteCursor } from "../byte-cursor.ts";
import type { GgufNumberType, GgufValueType } from "./metadata.ts";

/** Names by id. */
export const valueTypes: readonly GgufValueType[] = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "bool",
  "string",
  "array",
  "uint64",
  "int64",
  "float64",
];

interface NumberFormat {
  readonly bytes: number;
  /** Least and greatest integer; floats take any number. */
  readonly range?: readonly [number | bigint, number | bigint];
  readonly read: (cursor: ByteCursor, what: string) => number | bigint;
  readonly write: (view: DataView, offset: number, value: number | bigint) => void;
}

export const numberTypes: Record<GgufNumberType, NumberFormat> = {
  uint8: {
    bytes: 1,
    range: [0, 255],
    read: (cursor, what) => cursor.uint8(what),
    write: (view, offset, value) => view.setUint8(offset, Number(value)),
  },
  int8: {
    bytes: 1,
    range: [-128, 127],
    read: (cursor, what) => cursor.int8(what),
    write: (view, offset, value) => view.setInt8(offset, Number(value)),
  },
  uint16: {
    bytes: 2,
    range: [0, 65_535],
    read: (cursor, what) => cursor.uint16(what),
    write: (view, offset, value) => view.setUint16(offset, Number(value), true),
  },
  int16: {
    bytes: 2,
    range: [-32_768, 32_767],
    read: (cursor, what) => cursor.int16(what),
    write: (view, offset, value) => view.setInt16(offset, Number(value), true),
  },
  uint32: {
    bytes: 4,
    range: [0, 2 ** 32 - 1],
    read: (cursor, what) => cursor.uint32(what),
    write: (view, offset, value) => view.setUint32(offset, Number(value), true),
  },
  int32: {
    bytes: 4,
    range: [-(2 ** 31), 2 ** 31 - 1],
    read: (cursor, what) => cursor.int32(what),
    write: (view, offset, value) => view.setInt32(offset, Number(value), true),
  },
  uint64: {
    bytes: 8,
    range: [0n, 2n ** 64n - 1n],
    read: (cursor, what) => cursor.uint64(what),
    write: (view, offset, value) => view.setBigUint64(offset, BigInt(value), true),
  },
  int64: {
    bytes: 8,
    range: [-(2n ** 63n), 2n ** 63n - 1n],
    read: (cursor, what) => cursor.int64(what),
    write: (view, offset, value) => view.setBigInt64(offset, BigInt(value), true),
  },
  float32: {
    bytes: 4,
    read: (cursor, what) => cursor.float32(what),
    write: (view, offset, value) => view.setFloat32(offset, Number(value), true),
  },
  float64: {
    bytes: 8,
    read: (cursor, what) => cursor.float64(what),
    write: (view, offset, value) => view.setFloat64(offset, Number(value), true),
  },
};

/** Fewest bytes that a value takes in a file: a string its length, an array its element type and count. */
export function leastBytes(type: GgufValueType): number {
  if (type === "string") return 8;
  if (type === "array") return 12;
  return type === "bool" ? 1 : numberTypes[type].bytes;
}
