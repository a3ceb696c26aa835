// One weight of ours out of the tensor that holds it: rows picked in our order without widening them, and the two conversions that need numbers.
import { FormatError, UnsupportedError } from "../errors.ts";
import { dequantize } from "../formats/quant/index.ts";
import type { StoredTensor, TensorFile } from "../formats/tensor-file.ts";
import { type StorageType, storageBytes } from "../tensor/dtype.ts";
import { type Shape, sameShape, showShape } from "../tensor/shape.ts";
import type { Source } from "./weight-names.ts";

export interface WeightData {
  type: StorageType;
  bytes: Uint8Array;
}

/**
 * Reads the weight at `source`, which should have `shape`.
 *
 * @throws FormatError when the file lacks the tensor or holds it in another shape
 */
export async function readWeight(file: TensorFile, source: Source, shape: Shape, signal?: AbortSignal): Promise<WeightData> {
  const stored = findTensor(file, source, shape);
  let data: WeightData = { type: stored.type, bytes: await stored.read(undefined, signal) };
  if (source.transposed) data = float32(transpose(widen(stored, data), stored.shape[0], stored.shape[1]));
  if (source.minusOne) data = float32(widen(stored, data).map((gain) => gain + 1));
  if (source.rows) data = { type: data.type, bytes: pickRows(stored, data, source.rows, shape.slice(1)) };
  return data;
}

/** The tensor that holds the weight. @throws FormatError when it is missing or of another shape */
export function findTensor(file: TensorFile, source: Source, shape: Shape): StoredTensor {
  const stored = file.tensors.get(source.name) ?? (source.bareName === undefined ? undefined : file.tensors.get(source.bareName));
  if (!stored) throw new FormatError(`${file.name}: tensor "${source.name}" is missing, expected one of ${showShape(shape)}`);
  checkShape(stored, source, shape);
  return stored;
}

/** A fused tensor may hold more rows than ours; all else must match. */
function checkShape(stored: StoredTensor, source: Source, shape: Shape): void {
  const rowsFirst = source.transposed ? stored.shape.toReversed() : stored.shape;
  const rows = source.rows
    ? Math.max(
        shape[0],
        source.rows.reduce((most, row) => Math.max(most, row + 1), 0),
      )
    : shape[0];
  const fits = sameShape(rowsFirst.slice(1), shape.slice(1)) && (source.rows ? rowsFirst[0] >= rows : rowsFirst[0] === rows);
  if (!fits) {
    const expected = showShape([rows, ...shape.slice(1)]);
    throw new FormatError(
      `${stored.file}: tensor "${stored.name}" has shape ${showShape(stored.shape)}, the model's configuration asks for ${expected}${source.transposed ? " transposed" : ""}`,
    );
  }
}

function pickRows(stored: StoredTensor, data: WeightData, rows: Int32Array, rowShape: Shape): Uint8Array {
  const rowBytes = storageBytes(data.type, rowShape[0] ?? 1);
  if (rowBytes === undefined)
    throw new UnsupportedError(
      `${stored.file}: rows of "${stored.name}" (${stored.type}) are not whole blocks: they cannot be taken apart`,
    );
  const picked = new Uint8Array(rows.length * rowBytes);
  rows.forEach((row, i) => {
    picked.set(data.bytes.subarray(row * rowBytes, (row + 1) * rowBytes), i * rowBytes);
  });
  return picked;
}

function widen(stored: StoredTensor, data: WeightData): Float32Array {
  if (data.type === "F64") throw new UnsupportedError(`${stored.file}: "${stored.name}" is float64, which would lose digits here`);
  return dequantize(data.type, data.bytes);
}

function float32(values: Float32Array): WeightData {
  return { type: "F32", bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** @param values [rows, columns] @returns [columns, rows] */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c];
  return out;
}
