// One weight of ours out of the tensor that holds it: rows picked in our order without widening them, and the two conversions that need numbers.
import { FormatError, UnsupportedError } from "../errors.ts";
import { dequantize } from "../formats/quant/index.ts";
import type { StoredTensor, TensorFile } from "../formats/tensor-file.ts";
import { type StorageType, storageBytes } from "../tensor/dtype.ts";
import { elementCount, type Shape, sameShape, showShape } from "../tensor/shape.ts";
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
  const { transposed, minusOne } = source;
  const rows = source.rows?.();
  let data: WeightData;
  if (transposed) {
    const whole = widen(stored, await stored.read(undefined, signal)); // of a fused tensor too: its columns lie scattered
    data = float32(transpose(whole, stored.shape[1], rows));
  } else {
    data = { type: stored.type, bytes: rows ? await readRows(stored, rows, signal) : await stored.read(undefined, signal) };
  }
  return minusOne ? float32(widen(stored, data.bytes).map((gain) => gain + 1)) : data;
}

/** The tensor that holds the weight. @throws FormatError when it is missing or of another shape */
export function findTensor(file: TensorFile, source: Source, shape: Shape): StoredTensor {
  const stored = file.tensors.get(source.name) ?? (source.bareName === undefined ? undefined : file.tensors.get(source.bareName));
  if (!stored) throw new FormatError(`${file.name}: tensor "${source.name}" is missing, expected one of ${showShape(shape)}`);
  checkShape(stored, source, shape);
  return stored;
}

function checkShape(stored: StoredTensor, { rowsInFile, transposed }: Source, shape: Shape): void {
  const expected = [rowsInFile ?? shape[0], ...shape.slice(1)];
  if (sameShape(transposed ? stored.shape.toReversed() : stored.shape, expected)) return;
  const asked = `${showShape(expected)}${transposed ? " transposed" : ""}`;
  throw new FormatError(
    `${stored.file}: tensor "${stored.name}" has shape ${showShape(stored.shape)}, the model's configuration asks for ${asked}`,
  );
}

/** Reads no more of a fused tensor than the span that its rows are in. */
async function readRows(stored: StoredTensor, rows: Int32Array, signal?: AbortSignal): Promise<Uint8Array> {
  const rowBytes = storageBytes(stored.type, elementCount(stored.shape.slice(1)));
  if (rowBytes === undefined) {
    throw new UnsupportedError(
      `${stored.file}: rows of "${stored.name}" (${stored.type}) are not whole blocks: they cannot be taken apart`,
    );
  }
  const first = rows.reduce((least, row) => Math.min(least, row));
  const last = rows.reduce((most, row) => Math.max(most, row));
  const span = await stored.read({ offset: first * rowBytes, length: (last - first + 1) * rowBytes }, signal);
  return pickRows(span, rows, rowBytes, first);
}

/** @param bytes rows of which the first is row `first` of the stored tensor */
function pickRows(bytes: Uint8Array, rows: Int32Array, rowBytes: number, first: number): Uint8Array {
  const picked = new Uint8Array(rows.length * rowBytes);
  rows.forEach((row, i) => {
    picked.set(bytes.subarray((row - first) * rowBytes, (row - first + 1) * rowBytes), i * rowBytes);
  });
  return picked;
}

function widen(stored: StoredTensor, bytes: Uint8Array): Float32Array {
  if (stored.type === "F64") throw new UnsupportedError(`${stored.file}: "${stored.name}" is float64, which would lose digits here`);
  return dequantize(stored.type, bytes);
}

function float32(values: Float32Array): WeightData {
  return { type: "F32", bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** @param values [rows, columns] @param picked columns, all by default @returns [picked, rows] */
function transpose(
  values: Float32Array,
  columns: number,
  picked: Int32Array = Int32Array.from({ length: columns }, (_, i) => i),
): Float32Array {
  const rows = values.length / columns;
  const out = new Float32Array(picked.length * rows);
  picked.forEach((column, i) => {
    for (let r = 0; r < rows; r++) out[i * rows + r] = values[r * columns + column];
  });
  return out;
}
