// Weights as the kernels read them: matrices in panels of 8 rows (docs/kernels.md), vectors (gains, biases) as float32. The numbers are those that
// kernels/layouts.ts and kernels/pack.ts know.
import { dequantize, quantize } from "../../formats/quant/index.ts";
import { type StorageType, storageBytes } from "../../tensor/dtype.ts";
import { elementCount, type Shape } from "../../tensor/shape.ts";

/** How blocks of 8 rows x 32 values lie in memory. */
interface Kind {
  readonly number: number;
  /** Bytes of a value; of codes, what stands behind them included. */
  readonly bytes: number;
  /** Whether activations have to be rounded to 8 bits for it. */
  readonly coded: boolean;
}

const coded = (number: number, blockBytes: number): Kind => ({ number, bytes: blockBytes / 256, coded: true });
const kinds = {
  nibbles: coded(0, 160),
  nibblesMins: coded(1, 192),
  nibblesHalves: coded(2, 192),
  nibblesHalvesMins: coded(3, 256),
  table: coded(4, 160),
  bytes: coded(5, 288),
  bytesMins: coded(6, 320),
  bytesHalves: coded(7, 320),
  floats: { number: 8, bytes: 4, coded: false },
  halfFloats: { number: 9, bytes: 2, coded: false },
  brainFloats: { number: 10, bytes: 2, coded: false },
} as const satisfies Record<string, Kind>;

/** A type that has a kernel: its number, its kind, and what its codes are moved up by. */
interface KernelType {
  readonly number: number;
  readonly kind: Kind;
  readonly zero: number;
}

const kernelType = (number: number, kind: Kind, zero = 0): KernelType => ({ number, kind, zero });
const kernelTypes: Partial<Record<StorageType, KernelType>> & Record<"F32" | "F16", KernelType> = {
  F32: kernelType(0, kinds.floats),
  F16: kernelType(1, kinds.halfFloats),
  BF16: kernelType(2, kinds.brainFloats),
  Q4_0: kernelType(3, kinds.nibbles, 8),
  Q4_1: kernelType(4, kinds.nibblesMins),
  Q5_0: kernelType(5, kinds.bytes, 16),
  Q5_1: kernelType(6, kinds.bytesMins),
  Q8_0: kernelType(7, kinds.bytes, 128),
  Q2_K: kernelType(8, kinds.nibblesHalvesMins),
  Q3_K: kernelType(9, kinds.nibblesHalves, 4),
  Q4_K: kernelType(10, kinds.nibblesMins),
  Q5_K: kernelType(11, kinds.bytesMins),
  Q6_K: kernelType(12, kinds.bytesHalves, 32),
  IQ4_NL: kernelType(13, kinds.table, 127),
  IQ4_XS: kernelType(14, kinds.table, 127),
  MXFP4: kernelType(15, kinds.table, 12),
};

/** Types whose every value a half holds. */
const exactAsHalf: ReadonlySet<StorageType> = new Set(["F8_E4M3", "F8_E5M2"]);

/** How a weight lies in the engine's memory. */
export interface PackedLayout {
  /** The type that is packed: that of the file, or F16 or F32 where no kernel reads it. */
  readonly type: StorageType;
  readonly number: number;
  readonly kind: number;
  readonly zero: number;
  readonly coded: boolean;
  readonly rows: number;
  readonly columns: number;
  /** Bytes of a row before packing, in `type`. */
  readonly rowBytes: number;
  /** Bytes of 8 rows. */
  readonly panelBytes: number;
  readonly byteLength: number;
}

export function packedLayout(shape: Shape, stored: StorageType): PackedLayout {
  if (shape.length !== 2) {
    const byteLength = 4 * elementCount(shape);
    return {
      type: "F32",
      number: 0,
      kind: kinds.floats.number,
      zero: 0,
      coded: false,
      rows: 1,
      columns: shape[0],
      rowBytes: byteLength,
      panelBytes: byteLength,
      byteLength,
    };
  }
  const [rows, columns] = shape;
  const type = stored in kernelTypes ? stored : exactAsHalf.has(stored) ? "F16" : "F32";
  const { number, kind, zero } = kernelTypes[type]!;
  const panelBytes = 8 * columns * kind.bytes;
  const rowBytes = storageBytes(type, columns)!;
  return {
    type,
    number,
    kind: kind.number,
    zero,
    coded: kind.coded,
    rows,
    columns,
    rowBytes,
    panelBytes,
    byteLength: Math.ceil(rows / 8) * panelBytes,
  };
}

/** Rows of the file's type as rows of the packed type. */
export function asPackedType(stored: StorageType, bytes: Uint8Array, { type }: PackedLayout): Uint8Array {
  if (stored === type) return bytes;
  const values = dequantize(stored, bytes);
  return type === "F16" ? quantize("F16", values) : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
