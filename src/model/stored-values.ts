// The tensors of a checkpoint to be written, out of the record of weights: those that share a name become one, in the rows and the form that the file has.
// The way back from read-weight.ts.
import { UnsupportedError } from "../errors.ts";
import { quantize } from "../formats/quant/index.ts";
import type { TensorInput } from "../formats/tensor-input.ts";
import type { StorageType } from "../tensor/dtype.ts";
import { elementCount, type Shape } from "../tensor/shape.ts";
import type { ModelConfig } from "./config.ts";
import { type FileConvention, type Source, weightSource } from "./weight-names.ts";
import { weightShapes } from "./weights.ts";

/** The values of the weight at `path` of the record ("layers.0.attention.wq"), row-major. */
export type WeightValues = (path: string, shape: Shape) => Promise<Float32Array>;

/** How a tensor of that shape is stored. */
export type TypeFor = (name: string, shape: Shape) => StorageType;

/** Values that are packed at once: whole blocks of every type. */
const PIECE = 1 << 20;

interface Part {
  readonly path: string;
  readonly shape: Shape;
  readonly source: Source;
}

/** All tensors of a model. A tensor's weights are asked for when it is written, and no other tensor is held by then. Values beyond F16 are refused then. */
export function storedTensors(config: ModelConfig, convention: FileConvention, weight: WeightValues, typeFor: TypeFor): TensorInput[] {
  const tensors = new Map<string, Part[]>();
  for (const [path, shape] of weightShapes(config)) {
    const source = weightSource(config, convention, path);
    tensors.set(source.name, [...(tensors.get(source.name) ?? []), { path, shape, source }]);
  }
  return Array.from(tensors, ([name, parts]) => {
    const [, ...rowShape] = parts[0].shape;
    const height = parts.reduce((sum, { shape }) => sum + shape[0], 0);
    const shape = parts[0].source.transposed ? [rowShape[0], height] : [height, ...rowShape];
    const type = typeFor(name, shape);
    async function* data(): AsyncGenerator<Uint8Array> {
      const values = await storedValues(parts, weight);
      if (type === "F16") refuseOverflow(name, values);
      for (let start = 0; start < values.length; start += PIECE) yield quantize(type, values.subarray(start, start + PIECE));
    }
    return { name, shape, type, data };
  });
}

/** Infinities would spoil the model without a word. */
function refuseOverflow(name: string, values: Float32Array): void {
  const large = values.find((value) => Math.abs(value) >= 65_520 && Number.isFinite(value));
  if (large !== undefined) throw new UnsupportedError(`tensor ${name} holds ${large}, and F16 ends at 65504: take BF16 or F32`);
}

async function storedValues(parts: readonly Part[], weight: WeightValues): Promise<Float32Array> {
  const { shape, source } = parts[0];
  const width = elementCount(shape.slice(1));
  const inRows = parts.length === 1 && !source.rows ? await weight(parts[0].path, shape) : await inFileRows(parts, width, weight);
  if (source.minusOne) return inRows.map((gain) => gain - 1);
  return source.transposed ? transpose(inRows, width) : inRows;
}

/** The rows of all parts where the file has them. */
async function inFileRows(parts: readonly Part[], width: number, weight: WeightValues): Promise<Float32Array> {
  const values = new Float32Array(parts.reduce((sum, { shape }) => sum + shape[0] * width, 0));
  for (const { path, shape, source } of parts) {
    const own = await weight(path, shape);
    const order = source.rows?.();
    for (let row = 0; row < shape[0]; row++) values.set(own.subarray(row * width, (row + 1) * width), (order?.[row] ?? row) * width);
  }
  return values;
}

/** @param values [rows, columns] @returns [columns, rows] */
function transpose(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c];
  return out;
}
