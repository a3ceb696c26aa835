// The shape rule of every op, written once: a backend calls the rule first and gets the shape of the result, or a ShapeError.
import { ShapeError } from "../errors.ts";
import { type StorageType, storage, storageBytes } from "../tensor/dtype.ts";
import { elementCount, type Shape, sameShape, showShape } from "../tensor/shape.ts";
import type { AttentionSpec, AttentionView, KvCache, Tensor, Weight } from "./ops.ts";

type Shaped = { readonly shape: Shape };

function expectShape(op: string, what: string, given: Shaped, expected: Shape): void {
  if (!sameShape(given.shape, expected)) {
    throw new ShapeError(`${op}: ${what} has shape ${showShape(given.shape)}, expected ${showShape(expected)}`);
  }
}

/** A weight, or float32 activations, of two dimensions. */
function expectMatrix(op: string, what: string, given: Tensor | Weight): readonly [number, number] {
  if ("dtype" in given) expectFloats(op, what, given);
  return expectTwo(op, what, given);
}

function expectTwo(op: string, what: string, given: Shaped): readonly [number, number] {
  if (given.shape.length !== 2) throw new ShapeError(`${op}: ${what} has shape ${showShape(given.shape)}, expected two dimensions`);
  return [given.shape[0], given.shape[1]];
}

function expectRow(op: string, what: string, given: Shaped): number {
  if (given.shape.length !== 1) throw new ShapeError(`${op}: ${what} has shape ${showShape(given.shape)}, expected one dimension`);
  return given.shape[0];
}

function expectFloats(op: string, what: string, given: Tensor): void {
  if (given.dtype !== "f32") throw new ShapeError(`${op}: ${what} holds int32, expected float32`);
}

function expectInts(op: string, what: string, given: Tensor, shape: Shape): void {
  if (given.dtype !== "i32") throw new ShapeError(`${op}: ${what} holds float32, expected int32`);
  expectShape(op, what, given, shape);
}

export function input(values: ArrayLike<number>, shape: Shape = [values.length]): Shape {
  if (elementCount(shape) !== values.length) {
    throw new ShapeError(`input: ${values.length} values do not fill shape ${showShape(shape)}`);
  }
  return shape;
}

/** Rows of a weight are whole blocks of its type. @returns the bytes that it takes */
export function weightBytes(shape: Shape, type: StorageType): number {
  const row = shape.at(-1) ?? 1;
  const { blockSize } = storage[type];
  if (row % blockSize !== 0) throw new ShapeError(`weight: rows of ${row} values, expected whole blocks of ${blockSize} values of ${type}`);
  return storageBytes(type, elementCount(shape))!;
}

export function weight(shape: Shape, type: StorageType, bytes: Uint8Array): Shape {
  const expected = weightBytes(shape, type);
  if (bytes.byteLength !== expected) throw wrongLength(shape, type, `${bytes.byteLength} bytes`, expected);
  return shape;
}

/** The pieces of a weight, as many of them as it takes. @throws ShapeError */
export async function* streamWeight(shape: Shape, type: StorageType, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const expected = weightBytes(shape, type);
  let length = 0;
  for await (const piece of pieces) {
    length += piece.byteLength;
    if (length > expected) throw wrongLength(shape, type, `${length} bytes or more`, expected);
    yield piece;
  }
  if (length < expected) throw wrongLength(shape, type, `${length} bytes`, expected);
}

function wrongLength(shape: Shape, type: StorageType, given: string, expected: number): ShapeError {
  return new ShapeError(`weight: ${given} of ${type}, expected ${expected} for shape ${showShape(shape)}`);
}

/** Then the order in which pages are copied is of no matter. */
export function copyPages({ layout }: KvCache, from: readonly number[], to: readonly number[]): void {
  if (from.length !== to.length)
    throw new ShapeError(`copyPages: ${from.length} pages to copy from, expected one for each of ${to.length}`);
  indices("copyPages", "from", from, layout.pages);
  indices("copyPages", "to", to, layout.pages);
  const touched = new Set(from);
  for (const page of to) {
    if (touched.has(page))
      throw new ShapeError(`copyPages: page ${page} is written and used again, expected a page of its own for each copy`);
    touched.add(page);
  }
}

export function reshape(x: Tensor, shape: Shape): Shape {
  if (elementCount(x.shape) !== elementCount(shape)) {
    const [given, asked] = [elementCount(x.shape), elementCount(shape)];
    throw new ShapeError(`reshape: ${showShape(x.shape)} holds ${given} values, expected ${asked} for ${showShape(shape)}`);
  }
  return shape;
}

export function embed(table: Weight, ids: Tensor): Shape {
  return rowsOf("embed", "table", table, "ids", ids);
}

export function embedBackward(dy: Tensor, table: Weight, ids: Tensor): Shape {
  expectShape("embedBackward", "dy", dy, rowsOf("embedBackward", "table", table, "ids", ids));
  return table.shape;
}

export function gather(x: Tensor, rows: Tensor): Shape {
  return rowsOf("gather", "x", x, "rows", rows);
}

export function gatherBackward(dy: Tensor, rows: Tensor, tokens: number): Shape {
  const [, dim] = expectMatrix("gatherBackward", "dy", dy);
  expectShape("gatherBackward", "dy", dy, rowsOf("gatherBackward", "x", { shape: [tokens, dim], dtype: "f32" }, "rows", rows));
  return [tokens, dim];
}

/** Picking rows of a matrix. */
function rowsOf(op: string, matrixName: string, matrix: Tensor | Weight, indicesName: string, indices: Tensor): Shape {
  const [, dim] = expectMatrix(op, matrixName, matrix);
  const count = expectRow(op, indicesName, indices);
  expectInts(op, indicesName, indices, [count]);
  return [count, dim];
}

export function linear(x: Tensor, w: Weight, bias?: Weight): Shape {
  const [tokens] = expectMatrix("linear", "x", x);
  const [out, inner] = expectMatrix("linear", "w", w);
  expectShape("linear", "x", x, [tokens, inner]);
  if (bias) expectShape("linear", "bias", bias, [out]);
  return [tokens, out];
}

export function linearInputGradient(dy: Tensor, w: Weight): Shape {
  const [tokens] = expectMatrix("linearInputGradient", "dy", dy);
  const [out, inner] = expectMatrix("linearInputGradient", "w", w);
  expectShape("linearInputGradient", "dy", dy, [tokens, out]);
  return [tokens, inner];
}

export function linearWeightGradient(dy: Tensor, x: Tensor): Shape {
  const [tokens, out] = expectMatrix("linearWeightGradient", "dy", dy);
  const [, inner] = expectMatrix("linearWeightGradient", "x", x);
  expectShape("linearWeightGradient", "x", x, [tokens, inner]);
  return [out, inner];
}

export function biasGradient(dy: Tensor): Shape {
  const [, out] = expectMatrix("biasGradient", "dy", dy);
  return [out];
}

export function norm(op: string, x: Tensor, gain: Weight, bias?: Weight): Shape {
  const [tokens, dim] = expectMatrix(op, "x", x);
  expectShape(op, "gain", gain, [dim]);
  if (bias) expectShape(op, "bias", bias, [dim]);
  return [tokens, dim];
}

export function normBackward(op: string, dy: Tensor, x: Tensor, gain: Weight): Shape {
  const shape = norm(op, x, gain);
  expectShape(op, "dy", dy, shape);
  return shape;
}

/** `rope` and its gradient. */
export function rope(x: Tensor, rotation: Tensor, headDim: number, op = "rope"): Shape {
  const [tokens, width] = expectMatrix(op, "x", x);
  const [, rotaryDim] = expectMatrix(op, "rotation", rotation);
  expectShape(op, "rotation", rotation, [tokens, rotaryDim]);
  if (width % headDim !== 0) throw new ShapeError(`${op}: x has rows of ${width}, expected whole heads of ${headDim}`);
  if (rotaryDim > headDim || rotaryDim % 2 !== 0) {
    throw new ShapeError(`${op}: rotation turns ${rotaryDim} entries of a head, expected an even number up to ${headDim}`);
  }
  return x.shape;
}

type AttendInputs = readonly [q: Tensor, k: Tensor, v: Tensor, view: AttentionView<Tensor>, spec: AttentionSpec];

export function attend(...inputs: AttendInputs): Shape {
  return attention("attend", ...inputs);
}

export function attendBackward(dy: Tensor, y: Tensor, ...inputs: AttendInputs): Shape {
  const shape = attention("attendBackward", ...inputs);
  expectShape("attendBackward", "dy", dy, shape);
  expectShape("attendBackward", "y", y, shape);
  return shape;
}

function attention(op: string, ...[q, k, v, view, spec]: AttendInputs): Shape {
  const { nHeads, nKvHeads, headDim } = spec;
  const [tokens] = expectMatrix(op, "q", q);
  const [keys] = expectMatrix(op, "k", k);
  if (nHeads % nKvHeads !== 0) throw new ShapeError(`${op}: ${nHeads} query heads, expected a multiple of the ${nKvHeads} key/value heads`);
  if (spec.alibiSlopes && spec.alibiSlopes.length !== nHeads) {
    throw new ShapeError(`${op}: ${spec.alibiSlopes.length} ALiBi slopes, expected one for each of the ${nHeads} heads`);
  }
  expectShape(op, "q", q, [tokens, nHeads * headDim]);
  expectShape(op, "k", k, [keys, nKvHeads * headDim]);
  expectShape(op, "v", v, [keys, nKvHeads * headDim]);
  expectInts(op, "view.first", view.first, [tokens]);
  expectInts(op, "view.end", view.end, [tokens]);
  if (view.paged) {
    const { cache, slots, sequence, pages } = view.paged;
    const { layout } = cache;
    if (keys !== tokens) throw new ShapeError(`${op}: with a cache, k has ${keys} rows, expected one for each of the ${tokens} tokens`);
    if (layout.nKvHeads !== nKvHeads || layout.headDim !== headDim) {
      throw new ShapeError(`${op}: the cache holds ${layout.nKvHeads} heads of ${layout.headDim}, expected ${nKvHeads} of ${headDim}`);
    }
    if (!(spec.layer >= 0 && spec.layer < layout.nLayers)) {
      throw new ShapeError(`${op}: layer ${spec.layer} of the cache, expected one from 0 to ${layout.nLayers - 1}`);
    }
    expectInts(op, "paged.slots", slots, [tokens]);
    expectInts(op, "paged.sequence", sequence, [tokens]);
    expectInts(op, "paged.pages", pages, expectTwo(op, "paged.pages", pages));
  }
  return q.shape;
}

/** Elementwise ops of one tensor, or of two of the same shape. */
export function elementwise(op: string, x: Tensor, y: Tensor = x): Shape {
  expectFloats(op, "the first argument", x);
  expectFloats(op, "the second argument", y);
  expectShape(op, "the second argument", y, x.shape);
  return x.shape;
}

/** Indices into `count` rows, where a backend knows their values when the op is called. */
export function indices(op: string, what: string, values: ArrayLike<number>, count: number): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isInteger(values[i]) && values[i] >= 0 && values[i] < count) continue;
    throw new ShapeError(`${op}: ${what} hold ${values[i]}, expected whole numbers from 0 to ${count - 1}`);
  }
}

export function logProbs(logits: Tensor, targets: Tensor, op = "logProbs"): Shape {
  const [tokens] = expectMatrix(op, "logits", logits);
  expectInts(op, "targets", targets, [tokens]);
  return [tokens];
}

export function logProbsBackward(dy: Tensor, logits: Tensor, targets: Tensor): Shape {
  expectShape("logProbsBackward", "dy", dy, logProbs(logits, targets, "logProbsBackward"));
  return logits.shape;
}

export function globalNorm(xs: readonly Tensor[]): Shape {
  if (xs.length === 0) throw new ShapeError("globalNorm: no tensors, expected one or more");
  for (const x of xs) expectFloats("globalNorm", "every argument", x);
  return [1];
}

export function adamW(w: Weight, m: Weight, v: Weight, gradient: Tensor, norm: Tensor | undefined): void {
  for (const [what, each] of [
    ["w", w],
    ["m", m],
    ["v", v],
  ] as const) {
    if (each.type !== "F32")
      throw new ShapeError(`adamW: ${what} is stored as ${each.type}, expected F32: other types cannot hold small changes`);
    expectShape("adamW", what, each, w.shape);
  }
  if (new Set([w, m, v]).size < 3) throw new ShapeError("adamW: w, m and v are not three weights, expected one each");
  expectFloats("adamW", "gradient", gradient);
  expectShape("adamW", "gradient", gradient, w.shape);
  if (norm) expectShape("adamW", "clip.norm", norm, [1]);
}
