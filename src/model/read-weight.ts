// One weight of ours out of the tensor that holds it, in pieces: rows picked in our order without widening them, and the two conversions that need
// numbers, for which the tensor has to be here whole.
import { FormatError, UnsupportedError } from "../errors.ts";
import { dequantize } from "../formats/quant/index.ts";
import type { StoredTensor, TensorFile } from "../formats/tensor-file.ts";
import { type StorageType, storageBytes } from "../tensor/dtype.ts";
import { elementCount, type Shape, sameShape, showShape } from "../tensor/shape.ts";
import type { Source } from "./weight-names.ts";

/** Bytes that are read at once: enough that a request is worth it, little beside a model. */
const PIECE = 2 << 20;

/** Memory that is used again for the next piece but one, so that a model of gigabytes leaves no garbage: what is read, and the rows picked of it. */
interface Desk {
  read: Uint8Array;
  picked: Uint8Array;
}

/** One for the piece that is looked at, one for the piece on its way. Reads may end in any order: no piece touches the other one's. */
export type Desks = readonly [Desk, Desk];

export function createDesks(): Desks {
  const desk = (): Desk => ({ read: new Uint8Array(0), picked: new Uint8Array(0) });
  return [desk(), desk()];
}

function take(desk: Desk, part: keyof Desk, length: number): Uint8Array {
  if (desk[part].length < length) desk[part] = new Uint8Array(length);
  return desk[part].subarray(0, length);
}

/** A weight that is about to be read. */
export interface WeightPieces {
  readonly type: StorageType;
  /** In all. */
  readonly byteLength: number;
  /** The bytes in their order, to be gone through once. A piece holds until the next is asked for, which is on its way by then. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/**
 * Looks for the weight at `source`, which should have `shape`.
 *
 * @throws FormatError when the file lacks the tensor or holds it in another shape
 */
export function weightPieces(
  file: TensorFile,
  source: Source,
  shape: Shape,
  signal?: AbortSignal,
  desks: Desks = createDesks(),
): WeightPieces {
  const stored = findTensor(file, source, shape);
  const type = storedAs(stored, source);
  const { transposed, minusOne } = source;
  const reads =
    transposed || minusOne
      ? [() => convert(stored, source, signal)]
      : source.rows
        ? rowReads(stored, source.rows(), signal)
        : wholeReads(stored, signal);
  return { type, byteLength: storageBytes(type, elementCount(shape))!, pieces: ahead(reads, desks) };
}

/** {@link weightPieces} put together, for weights that are to be worked on here. */
export async function readWeight(
  file: TensorFile,
  source: Source,
  shape: Shape,
  signal?: AbortSignal,
): Promise<{ type: StorageType; bytes: Uint8Array }> {
  const { type, byteLength, pieces } = weightPieces(file, source, shape, signal);
  const bytes = new Uint8Array(byteLength);
  let length = 0;
  for await (const piece of pieces) {
    bytes.set(piece, length);
    length += piece.length;
  }
  return { type, bytes };
}

/** The type in which a weight reaches the backend. */
export function storedAs({ type }: StoredTensor, { transposed, minusOne }: Source): StorageType {
  return transposed || minusOne ? "F32" : type;
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

type Read = (desk: Desk) => Promise<Uint8Array>;

async function* ahead(reads: Iterable<Read>, desks: Desks): AsyncGenerator<Uint8Array, void> {
  let next: Promise<Uint8Array> | undefined;
  let turn = 0;
  for (const read of reads) {
    const present = next;
    next = read(desks[turn++ % 2]);
    next.catch(() => {}); // it is heard of when its turn comes
    if (present) yield present;
  }
  if (next) yield next;
}

function* wholeReads(stored: StoredTensor, signal?: AbortSignal): Generator<Read> {
  const { byteLength } = stored;
  for (let offset = 0; offset < byteLength; offset += PIECE) {
    const length = Math.min(PIECE, byteLength - offset);
    yield (desk) => stored.read({ offset, length }, signal, take(desk, "read", length));
  }
}

/** Reads the spans that as many rows as possible are in, and no more of a fused tensor than that. */
function* rowReads(stored: StoredTensor, rows: Int32Array, signal?: AbortSignal): Generator<Read> {
  const rowBytes = storageBytes(stored.type, elementCount(stored.shape.slice(1)));
  if (rowBytes === undefined) {
    throw new UnsupportedError(
      `${stored.file}: rows of "${stored.name}" (${stored.type}) are not whole blocks: they cannot be taken apart`,
    );
  }
  for (let from = 0, end = 0; from < rows.length; from = end) {
    let [first, last] = [rows[from], rows[from]];
    for (end = from + 1; end < rows.length; end++) {
      const [lower, upper] = [Math.min(first, rows[end]), Math.max(last, rows[end])];
      if ((upper - lower + 1) * rowBytes > PIECE) break;
      [first, last] = [lower, upper];
    }
    const range = { offset: first * rowBytes, length: (last - first + 1) * rowBytes };
    const group = rows.subarray(from, end);
    yield async (desk) => {
      const span = await stored.read(range, signal, take(desk, "read", range.length));
      return pickRows(span, group, rowBytes, first, take(desk, "picked", group.length * rowBytes));
    };
  }
}

/** @param bytes rows of which the first is row `first` of the stored tensor */
function pickRows(bytes: Uint8Array, rows: Int32Array, rowBytes: number, first: number, into: Uint8Array): Uint8Array {
  rows.forEach((row, i) => {
    into.set(bytes.subarray((row - first) * rowBytes, (row - first + 1) * rowBytes), i * rowBytes);
  });
  return into;
}

async function convert(stored: StoredTensor, { transposed, minusOne, rows }: Source, signal?: AbortSignal): Promise<Uint8Array> {
  if (stored.type === "F64") throw new UnsupportedError(`${stored.file}: "${stored.name}" is float64, which would lose digits here`);
  const stand = dequantize(stored.type, await stored.read(undefined, signal)); // of a fused tensor too: its columns lie scattered
  const values = transposed ? transpose(stand, stored.shape[1], rows?.()) : stand;
  const { buffer, byteOffset, byteLength } = minusOne ? values.map((gain) => gain + 1) : values;
  return new Uint8Array(buffer, byteOffset, byteLength);
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
